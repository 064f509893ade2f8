"""Ends a worker of which a partition's commit stands still while records wait that it does not fetch."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiokafka.errors import ConsumerStoppedError, KafkaError
from faust.exceptions import ConsumerNotStarted
from faust.types import TP

from fusionbus.streams.engine.die import RESTART, die

if TYPE_CHECKING:
    from fusionbus.streams.engine.consumer import EngineConsumer

LOOKS = 12  # in the time of a standstill; a look is one request of a millisecond
Place = tuple[str, int]
UNANSWERED = (TimeoutError, KafkaError, ConsumerStoppedError, ConsumerNotStarted)  # the last two at the end


@dataclass(slots=True)
class Standstill:
    """Compares commits with ends as the broker tells them, look by look. No I/O.

    Only time between two looks counts, so the time of a rebalance, when nobody looks, does not.

    Works around: a resume that Faust forgets leaves a partition paused for ever. Nothing of it is fetched, so nothing
    is handed out, nothing waits for an acknowledgement, and the fetcher's own idea of its end is as old as the last
    fetch. May go when Faust asks the broker.
    """

    _stood: dict[Place, tuple[int, float]] = field(default_factory=dict)  # the commit, and how long it has stood

    def look(
        self, committed: Mapping[Place, int], ends: Mapping[Place, int], passed_s: float
    ) -> dict[Place, tuple[int, float]]:
        """The partitions that are behind: their commit and how long it stood; `passed_s` is since the last look."""
        behind = {place: committed[place] for place, end in ends.items() if committed.get(place, end) < end}
        self._stood = {
            place: (offset, self._stood[place][1] + passed_s if self._stood.get(place, (-1,))[0] == offset else 0.0)
            for place, offset in behind.items()
        }
        return self._stood


async def watch(consumer: "EngineConsumer") -> None:
    """Looks until the consumer stops, and ends the process at a standstill."""
    engine, standstill, slices = consumer.engine, Standstill(), 0
    limit_s = engine.settings.standstill_s
    while not consumer.should_stop:
        await consumer.sleep(limit_s / LOOKS)
        ends = await _ends(consumer) if consumer.flows else {}
        if not (ends and consumer.flows):
            continue
        engine.counters.end.update(ends)
        if engine.counters.slices != slices:  # state is being read, and records wait for that
            standstill, slices = Standstill(), engine.counters.slices
        for place, (offset, stood_s) in standstill.look(engine.counters.committed, ends, limit_s / LOOKS).items():
            if stood_s >= limit_s and await _is_deaf(consumer, place, ends[place]):
                die(
                    f"the commit of {place[0]}[{place[1]}] stood at {offset} for {stood_s:.0f} s and "
                    f"{ends[place] - offset} records wait that are not fetched",
                    RESTART,
                )


async def _ends(consumer: "EngineConsumer") -> dict[Place, int]:
    """Where the assigned source partitions end, or nothing if the broker does not say so in time."""
    wanted = [TP(*place) for place in consumer.engine.counters.committed]
    if not wanted:
        return {}
    try:
        async with asyncio.timeout(consumer.engine.settings.request_timeout_s):
            told = await consumer.highwaters(*wanted)
    except UNANSWERED:
        return {}  # without a broker nothing can move; sends and commits have limits of their own
    assigned = consumer.assignment()
    return {(tp.topic, tp.partition): end for tp, end in told.items() if tp in assigned}


async def _is_deaf(consumer: "EngineConsumer", place: Place, end: int) -> bool:
    """Whether the fetcher stands before the end too. The end of a transaction is counted there and is no record."""
    try:
        async with asyncio.timeout(consumer.engine.settings.request_timeout_s):
            return (await consumer.position(TP(*place)) or 0) < end
    except UNANSWERED:
        return False  # it is not ours any more, or the broker is away: the next look tells
