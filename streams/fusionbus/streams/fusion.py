"""Second hop: accepted reports become incidents and alerts. State is read and written here only.

What a batch decides is made of pure steps; the index of open incidents is a shadow of the table and is thrown away
with every epoch, so that what a worker thinks is never older than what it owns.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from fusionbus.contract import codec, topics
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.control import Acknowledgement, Judgement, judgement_id
from fusionbus.contract.crossing import Arrival, Carried, Coincidence, Meeting, Offer, Probe
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.incident import Incident, Member
from fusionbus.contract.records import (
    AcceptedAcknowledgement,
    AcceptedCatchUp,
    AcceptedControl,
    AcceptedJudgement,
    AcceptedOrder,
    AcceptedReport,
    AcceptedSighting,
    RejectReason,
    Tick,
)
from fusionbus.contract.vocabulary import MsgType
from fusionbus.streams import incidents, observing
from fusionbus.streams.abroad import narrowed
from fusionbus.streams.catching_up import CatchingUp
from fusionbus.streams.change import fused, opened
from fusionbus.streams.clerk import Clerk
from fusionbus.streams.crossing import probing
from fusionbus.streams.crossing.border import Border
from fusionbus.streams.crossing.moving import Mover
from fusionbus.streams.deconflict import Pointing, deconflict
from fusionbus.streams.engine import Decision, Event
from fusionbus.streams.enrich import enrich
from fusionbus.streams.ingress import Work, arrival_of
from fusionbus.streams.judge import standing
from fusionbus.streams.judging import carry_out
from fusionbus.streams.keeper import Keeper
from fusionbus.streams.reopen import with_doubt
from fusionbus.streams.revise import Refused, later_revision
from fusionbus.streams.sharing import needs_body
from fusionbus.streams.shelf import Shelf, is_too_large
from fusionbus.streams.sweep import REST, Sweep
from fusionbus.streams.tell import tally_of, tell
from fusionbus.streams.values import Change, Enriched, Fresh, Joined, Rejection
from fusionbus.streams.waiting import Waiting
from fusionbus.streams.zones import Zones

_Row = tuple[str | None, Member | None]
_Said = dict[tuple[int, str], list[tuple[Event, Acknowledgement]]]
"""Acknowledgements of a batch, by partition and incident."""


@dataclass(slots=True)
class Fusion:
    """The incidents of the partitions this worker owns."""

    shelf: Shelf
    epoch: Callable[[], int]
    """The engine's current epoch."""
    sweep_rest: timedelta = REST
    _keeper: Keeper = field(init=False)
    _clerk: Clerk = field(init=False)
    _catching_up: CatchingUp = field(init=False)
    _border: Border = field(init=False)
    _held_epoch: int = -1
    _waiting: Waiting = field(default_factory=Waiting)
    _zones: Zones = field(init=False)

    def __post_init__(self) -> None:
        self._keeper = Keeper(self.shelf, Sweep(self.shelf.table, self.sweep_rest), self._store, self._find)
        self._clerk = Clerk(self.shelf, self._waiting, self._store)
        self._zones = Zones(self.shelf, self._waiting)
        self._catching_up = CatchingUp(self.shelf, self._zones.open_in, self._store)
        self._border = Border(self.shelf, self._zones, Mover(self.shelf, self._zones, self._store))

    def ready(self, batch: Sequence[Event]) -> Iterator[None]:
        """Reads what the batch's partitions hold before it is decided, slice by slice."""
        self._forget_if_stale()
        for partition in dict.fromkeys(event.partition for event in batch):
            yield from self._zones.reading(partition)

    def decide(self, batch: Sequence[Event], work: Work) -> Decision:
        """What a batch of accepted traffic leads to."""
        self._forget_if_stale()
        said: _Said = {}
        ticks: dict[int, tuple[Event, Tick]] = {}
        for event in batch:
            self._keeper.look(work, event)
            accepted = codec.decode_accepted(event.value or b"")
            match accepted:
                case Undecodable(reason=reason, sentence=sentence, field=name):
                    # Our own record, of another version of the hub: what follows will be the same.
                    work.poison.failed(Misconfigured(f"A record of {event.topic} cannot be read here: {sentence}"))
                    work.refuse(event, arrival_of(event), Rejection(reason, sentence, name))
                case AcceptedReport():
                    # Before each report, not once a batch: a replay may come in other batches.
                    self._expire(work, event, accepted.report.reported_at)
                    self._one_report(work, event, accepted)
                case Tick():
                    ticks[event.partition] = event, accepted
                case Probe() | Meeting() | Offer() | Arrival() | Carried() | Coincidence():
                    self._answered(work, said)  # first: an incident may leave with this, and its answers with nobody
                    said.clear()
                    self._border.take(work, event, accepted)
                case AcceptedSighting():
                    self._keeper.take(work, event, accepted)
                case AcceptedCatchUp():
                    self._catching_up.hear(work, event, accepted)
                case _ if self._border.forward(work, event, accepted):
                    pass
                case AcceptedAcknowledgement(acknowledgement=message):
                    said.setdefault((event.partition, message.incident_id), []).append((event, message))
                case _:
                    self._say(work, event, accepted)
        self._catching_up.pass_on(work)
        self._answered(work, said)
        self._tick(work, ticks.values())
        work.draft.outputs[:] = narrowed(work.draft.outputs, work.registry)
        return work.draft.decision()

    def _answered(self, work: Work, said: _Said) -> None:
        for (_, about), messages in said.items():
            self._clerk.acknowledge(work, about, messages)

    def _say(self, work: Work, event: Event, accepted: AcceptedOrder | AcceptedJudgement | AcceptedControl) -> None:
        """What was said of reports and incidents that are here."""
        match accepted:
            case AcceptedOrder():
                self._keeper.take(work, event, accepted)
            case AcceptedJudgement(judgement=message):
                self._judge(work, event, message)
            case AcceptedControl():
                self._clerk.hear(work, event, accepted)

    def _tick(self, work: Work, ticks: Iterable[tuple[Event, Tick]]) -> None:
        """What became late; after the answers that came with the ticks."""
        for event, tick in ticks:
            self._zones.of(event.partition)
            self._clerk.tick(work, event, tick)
            self._catching_up.tick(work, event, tick)

    def open_count(self) -> int:
        """Incidents open in the partitions that were touched since the last rebalance."""
        return self._zones.count()

    def unacknowledged(self, now: datetime) -> dict[tuple[str, str], int]:
        """Awaited acknowledgements by agency and age band."""
        return self._waiting.by_age(now)

    def is_due(self, partition: int, at: datetime) -> bool:
        """Whether a tick is wanted there: something may be late or kept too long, or that is not known yet."""
        if self._held_epoch != self.epoch() or not self._zones.is_read(partition):
            return True
        waits = self._waiting.has_due(partition, at) or self._catching_up.is_waiting(partition)
        return waits or self._keeper.sweep.is_time(partition, at)

    def _forget_if_stale(self) -> None:
        epoch = self.epoch()
        if epoch != self._held_epoch:
            self._zones.forget()
            self._catching_up.forget()
            self._held_epoch = epoch

    def _one_report(self, work: Work, event: Event, accepted: AcceptedReport) -> None:
        """Decides first and writes after, so that a step that breaks leaves nothing half done."""
        report = accepted.report
        arrival = replace(arrival_of(event), topic=topics.reports_topic(report.agency))
        try:
            decided = self._decide_report(work, event, accepted)
            if decided is None:
                return  # a replay of what was done, or another zone's
            enriched, change, before = decided
            outputs = probing.shown(change, before, work.now)
            outputs += tell(enriched, change, accepted.published_at, work.registry, work.now)
            outputs += observing.observed(enriched, change, accepted.accepted_at)
            index = self._zones.open_in(event.partition, accepted.zone)
            look = partial(self._border.look, work, event, accepted.zone)
            pointed = deconflict(enriched, change, index, look, Pointing(change.incident, work.registry, work.now))
            work.poison.run = 0
        except Refused as refused:
            gone = refused.rejection.reason is RejectReason.PURGED  # then no copy of it is kept either
            work.refuse(event._replace(value=None) if gone else event, arrival, refused.rejection)
            return
        except Exception as error:  # noqa: BLE001 - a record that breaks a step is put aside, its neighbours pass
            rejection = work.poison.failed(error)
            work.refuse(event, arrival, replace(rejection, report_id=report.report_id, local_ref=report.local_ref))
            return
        change = replace(change, incident=pointed.incident)
        for other in pointed.others.values():
            self._store(work, event, other)
        # A row whose incident is not written yet is told again after a crash; an incident that is closed and written
        # before its rows would be told anew. What is not listed is the other way round: its row says it was told.
        listed = incidents.member_of(change.incident, change.member.report_id) is not None
        self.shelf.keep_body(work.draft, event, accepted, controlled=needs_body(report), listed=listed)
        if listed:
            self.shelf.keep_report(work.draft, event, change)
        self._store(work, event, change.incident)
        if not listed:
            self.shelf.keep_report(work.draft, event, change)
        work.draft.outputs.extend(outputs + pointed.outputs)
        work.tally.update(tally_of(change, report.agency) + pointed.tally)
        work.published.append(accepted.published_at)

    def _decide_report(
        self, work: Work, event: Event, accepted: AcceptedReport
    ) -> tuple[Enriched, Change, Member | None] | None:
        report = accepted.report
        enriched = replace(enrich(report), zone=accepted.zone)
        row = self.shelf.report(work.draft, event, report.report_id)
        held, before = self._find(work, event, accepted.zone, report.report_id, row)
        if held is not None and before is not None:
            enriched = incidents.as_masked_as(before, enriched)
            change = later_revision(work.registry, work.now, enriched, held, before)
            if change is None:
                return None
            doubted = with_doubt(change, enriched, before, held, self._zones.open_in(event.partition, held.zone))
            return enriched, doubted, before
        if self._border.follow(work, event, accepted, row[0]):
            return None
        if report.msg_type is MsgType.CANCEL:
            # It was admitted before, so this state was lost.
            why = "The report to withdraw is not known in its zone: ask the hub's desk what became of it."
            raise Refused(report, RejectReason.UNKNOWN_REPORT, why)
        change = self._first_revision(work, event, enriched, accepted)
        return None if change is None else (enriched, change, None)

    def _find(
        self, work: Work, event: Event, zone: str, report_id: str, row: _Row | None = None
    ) -> tuple[Incident | None, Member | None]:
        """The incident of a report and the report as its member, if it was here and all of it was written.

        Marks are written one by one: after a crash between two, an incident may hold a report that has no row yet, or
        a row may name an incident that does not hold it. The first was told in full, the second is told again.
        """
        told, unlisted = row or self.shelf.report(work.draft, event, report_id)
        name = told or self._zones.open_in(event.partition, zone).incident_of(report_id)
        held = standing(name, partial(self.shelf.incident, work.draft, event)) if name else None
        if held is None:
            return None, None
        return held, incidents.member_of(held, report_id) or unlisted

    def _first_revision(self, work: Work, event: Event, enriched: Enriched, accepted: AcceptedReport) -> Change | None:
        match self._border.match(work, event, enriched, accepted):
            case None:
                return None
            case Fresh(possible=possible):
                return opened(enriched, incidents.opened(enriched, work.now), work.registry, possible)
            case Joined() as match:
                held = self.shelf.incident(work.draft, event, match.incident_id)
                if held is None:
                    # The index is a shadow of the table in one epoch: this cannot be, and guessing would lose a report.
                    raise AssertionError(f"incident {match.incident_id} is indexed and not stored")
                after = incidents.joined(held, enriched, match, work.now)
                if is_too_large(after):
                    after = incidents.counted(held, work.now)
                return fused(enriched, after, match, work.registry)

    def _judge(self, work: Work, event: Event, message: Judgement) -> None:
        """A person's decision, once: what it moves is written where it comes to before it goes from where it was."""
        if self.shelf.was_judged(work.draft, event, judgement_id(message)):
            return
        try:
            done = carry_out(message, partial(self.shelf.incident, work.draft, event), work.registry, work.now)
        except Exception as error:  # noqa: BLE001 - as for a report
            work.refuse(
                event, replace(arrival_of(event), topic=topics.control_topic(message.agency)), work.poison.failed(error)
            )
            return
        if done.home is not None and done.left is not None:
            self._store(work, event, done.home)
            self.shelf.move_reports(work.draft, event, done.moved, done.home.incident_id)
            self._store(work, event, done.left)
            work.draft.outputs.extend(probing.moved(done.home, done.moved, work.now))
            work.draft.outputs.extend(observing.moved(done.home, done.moved))
        self.shelf.keep_judgement(work.draft, event, judgement_id(message))
        work.draft.outputs.extend(done.outputs)
        work.tally.update(done.tally)

    def _store(self, work: Work, event: Event, incident: Incident) -> None:
        """Writes the incident to its table, its topic and the index."""
        self.shelf.keep(work.draft, event, incident)
        self._zones.put(event.partition, incident)

    def _expire(self, work: Work, event: Event, reported_at: datetime) -> None:
        """Closes what nothing was heard of for the window, by the traffic's own clock."""
        for zone, index in self._zones.of(event.partition).items():
            for incident_id in index.expire(reported_at):
                if self._zones.guests.let_go(work.draft, event, zone, incident_id):
                    continue
                held = self.shelf.incident(work.draft, event, incident_id)
                if held is not None:
                    self.shelf.let_go_of_texts(work.draft, event, held)
                    self._store(work, event, held.model_copy(update={"closed": True, "updated_at": work.now}))
