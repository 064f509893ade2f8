"""Third hop: what stands in many reports together becomes a report of the centre, which then walks like every other.

A report of the centre is written to the table before it is sent, and sent by the next record: whatever a crash repeats
it repeats byte for byte, and what was written is sent in any case (docs/patterns.md).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from fusionbus.contract import codec, topics
from fusionbus.contract.base import slimmed
from fusionbus.contract.codec import Undecodable, encode
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.keeping import Purge
from fusionbus.contract.observation import Observation, ObservationMoved
from fusionbus.contract.records import Tick
from fusionbus.streams.engine import Decision, Event, Paged
from fusionbus.streams.ingress import Tally, Work, arrival_of
from fusionbus.streams.patterns.linking import untied
from fusionbus.streams.patterns.searches import SEARCHES
from fusionbus.streams.patterns.sweeping import Sweeper
from fusionbus.streams.patterns.teller import Teller
from fusionbus.streams.patterns.told import LAST_PURGE, Rows, Told
from fusionbus.streams.patterns.values import Search
from fusionbus.streams.patterns.watched import Watched
from fusionbus.streams.sweep import REST, Sweep
from fusionbus.streams.values import Rejection

_PURGED: Final = "a report that this finding rests on was purged"


@dataclass(slots=True)
class Patterns:
    """The observations of the partitions this worker owns, and what was told of them."""

    table: Paged
    epoch: Callable[[], int]
    """The engine's current epoch."""
    searches: Sequence[Callable[[], Search]] = SEARCHES
    sweep_rest: timedelta = REST
    _rows: Rows = field(init=False)
    _teller: Teller = field(init=False)
    _sweeper: Sweeper = field(init=False)
    _held: dict[int, Watched] = field(default_factory=dict)
    _held_epoch: int = -1
    _missed: Tally = field(default_factory=Counter)
    """What failed while state was read; counted with the next batch."""

    def __post_init__(self) -> None:
        self._rows = Rows(self.table)
        self._teller = Teller(self._rows)
        self._sweeper = Sweeper(self._rows, Sweep(self.table, self.sweep_rest))

    def ready(self, batch: Sequence[Event]) -> Iterator[None]:
        """Reads what the batch's partitions hold before it is decided, slice by slice."""
        self._forget_if_stale()
        for partition in dict.fromkeys(event.partition for event in batch):
            yield from self._reading(partition)

    def decide(self, batch: Sequence[Event], work: Work) -> Decision:
        """What a batch of observations and ticks leads to."""
        self._forget_if_stale()
        work.tally.update(self._missed)
        self._missed.clear()
        ticks: dict[int, tuple[Event, Tick]] = {}
        for event in batch:
            self._sweeper.look(work, event, self._watched(event.partition))
            said = codec.decode_observed(event.value or b"")
            match said:
                case Undecodable(reason=reason, sentence=sentence, field=name):
                    # Our own record, of another version of the hub: what follows will be the same.
                    work.poison.failed(Misconfigured(f"A record of {event.topic} cannot be read here: {sentence}"))
                    self._put_aside(work, event, Rejection(reason, sentence, name))
                case Tick():
                    ticks[event.partition] = event, said
                case _:
                    self._take(work, event, said)
        for event, tick in ticks.values():
            self._teller.tick(work, event, tick, self._watched(event.partition))
        return work.draft.decision()

    def is_due(self, partition: int, now: datetime) -> bool:
        """Whether a tick is wanted there: there may be something to tell, or that is not known yet."""
        if self._held_epoch != self.epoch() or partition not in self._held:
            return True
        return self._held[partition].is_due(now) or self._sweeper.sweep.is_time(partition, now)

    def count(self) -> tuple[int, int]:
        """How many reports are searched, and how many findings stand."""
        held = list(self._held.values())
        return sum(each.count for each in held), sum(len(each.open) for each in held)

    def _forget_if_stale(self) -> None:
        if self.epoch() != self._held_epoch:
            self._held.clear()
            self._held_epoch = self.epoch()

    def _reading(self, partition: int) -> Iterator[None]:
        if partition in self._held:
            return
        held = Watched(self.searches)
        for rows in self._rows.load(partition):
            held.read(rows, self._missed)
            yield
        self._held[partition] = held

    def _watched(self, partition: int) -> Watched:
        for _ in self._reading(partition):
            pass
        return self._held[partition]

    def _take(self, work: Work, event: Event, said: Observation | ObservationMoved) -> None:
        try:
            if isinstance(said, ObservationMoved):
                self._move(work, event, said)
            elif said.gone:
                self._lose(work, event, said)
            else:
                self._observe(work, event, said)
            work.poison.run = 0
        except Exception as error:  # noqa: BLE001 - a record that breaks a step is put aside, its neighbours pass
            self._put_aside(work, event, work.poison.failed(error))

    @staticmethod
    def _put_aside(work: Work, event: Event, rejection: Rejection) -> None:
        """No copy of it is kept: it holds tokens, and its report lies in its zone."""
        work.refuse(event._replace(value=None), arrival_of(event), rejection)

    def _observe(self, work: Work, event: Event, observation: Observation) -> None:
        before = self._rows.observation(work.draft, event, observation.report_id)
        if before is not None and (before.revision > observation.revision or before == observation):
            return
        self._rows.keep_observation(work.draft, event, observation)
        self._watched(event.partition).put(slimmed(observation), work.tally, before)

    def _move(self, work: Work, event: Event, moved: ObservationMoved) -> None:
        for standing in moved.reports:
            before = self._rows.observation(work.draft, event, standing.report_id)
            if before is not None:
                now = standing.model_dump() | {"incident_id": moved.incident_id, "zone": moved.zone}
                self._observe(work, event, before.model_copy(update=now))

    def _lose(self, work: Work, event: Event, gone: Observation) -> None:
        """Lets go of a report that is gone, and of what was told of it."""
        watched = self._watched(event.partition)
        before = self._rows.observation(work.draft, event, gone.report_id)
        if before is not None:
            self._rows.drop_observation(work.draft, event, gone.report_id)
            watched.drop(before, work.tally)
        if gone.purged:
            work.draft.mark(self.table, event, LAST_PURGE, gone.accepted_at.isoformat().encode())
        for report_id in self._rows.citing(work.draft, event, gone.report_id):
            told = self._rows.told(work.draft, event, report_id)
            if told is None:
                continue
            if gone.purged:
                self._purge(work, event, watched, told, gone.accepted_at)
            elif told.phase != "withdrawn" and not told.withdrawn:
                self._teller.lose(work, event, told, watched)

    def _purge(self, work: Work, event: Event, watched: Watched, told: Told, at: datetime) -> None:
        """Has the centre's own report purged like any other; what waits to be sent goes first, for it may have gone."""
        if told.waits and told.report is not None:
            work.draft.send(topics.reports_topic(topics.CENTRE), told.report_id.encode(), told.report.encode())
        if told.revision > 0:
            order = Purge(agency=topics.CENTRE, report_id=told.report_id, reason=_PURGED, at=at)
            work.draft.send(topics.reports_topic(topics.CENTRE), told.report_id.encode(), encode(order))
            work.draft.outputs.extend(untied(told.kind, told.report_id))
            work.tally["finding", told.kind, "purged"] += 1
        self._rows.let_go(work.draft, event, told)
        watched.forget(told)
        watched.changed = True
