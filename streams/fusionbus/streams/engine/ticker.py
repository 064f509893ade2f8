"""Records by the clock: the one way in which a worker writes without having read. Time becomes an event like others."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from fusionbus.streams.engine.app import EngineApp, is_ready

if TYPE_CHECKING:
    from fusionbus.streams.engine.producer import EngineProducer

Word = Callable[[int], bytes | None]


async def tick(app: EngineApp, topic: str, every_s: float, word: Word) -> None:
    """Writes what `word` says of each partition of a source topic that this worker owns, every so often.

    The first time after a rebalance is let pass, so that what waited meanwhile is read first. A worker that lost its
    partitions unawares may write one tick too many: whoever reads ticks must bear a repeated one.
    """
    seen = -1
    while not app.should_stop:
        await asyncio.sleep(every_s)
        counters = app.engine.counters
        if not is_ready(app) or app.should_stop:
            continue
        if counters.epochs != seen:
            seen = counters.epochs
            continue
        sender = cast("EngineProducer", app.producer).sender
        for partition in sorted(number for name, number in counters.committed if name == topic):
            said = word(partition)
            if said is not None:
                sender.produce(topic, None, said, partition, None)
