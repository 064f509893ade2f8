"""Second hop: accepted reports become incidents and alerts. State is read and written here only.

What a batch decides is made of pure steps; the index of open incidents is a shadow of the table and is thrown away
with every epoch, so that what a worker thinks is never older than what it owns.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from fusionbus.contract import codec, ids, topics
from fusionbus.contract.codec import Undecodable, encode
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.incident import Incident, Link, Reason
from fusionbus.contract.records import AcceptedAcknowledgement, AcceptedReport, ReceiptOutcome, RejectReason
from fusionbus.contract.vocabulary import AlertMsgType, MsgType
from fusionbus.shell.metrics import AGES
from fusionbus.streams import incidents, outgoing
from fusionbus.streams.acknowledge import acknowledge
from fusionbus.streams.change import cancelled, fused, opened, updated
from fusionbus.streams.compose import Composer, News, is_masked
from fusionbus.streams.correlate import OpenIncidents, correlate
from fusionbus.streams.engine import Decision, Event, Output, Table
from fusionbus.streams.enrich import enrich
from fusionbus.streams.ingress import Work, arrival_of
from fusionbus.streams.route import HUB_AGENCY
from fusionbus.streams.values import Change, Enriched, Fresh, Joined, Rejection

INCIDENT_BYTES_MAX: Final = 524_288
"""Half of the broker's message limit: an incident past it lists no further reports, it counts them."""

_OPEN, _CLOSED, _REPORT = b"i:", b"c:", b"r:"


class UnknownReport(Exception):  # noqa: N818 - it says what is the matter
    """A withdrawal of a report that its zone does not know."""


@dataclass(slots=True)
class Fusion:
    """The incidents of the partitions this worker owns."""

    fused: Table
    epoch: Callable[[], int]
    """The engine's current epoch."""
    _held_epoch: int = -1
    _open: dict[int, dict[str, OpenIncidents]] = field(default_factory=dict)
    """By partition and zone: zones that happen to share a partition do not see each other."""
    _waiting: dict[int, dict[str, dict[str, datetime]]] = field(default_factory=dict)
    """By partition and incident: since when whose acknowledgement is awaited."""

    def decide(self, batch: Sequence[Event], work: Work) -> Decision:
        """What a batch of accepted traffic leads to."""
        self._forget_if_stale()
        said: dict[str, list[tuple[Event, Acknowledgement]]] = {}
        newest: dict[int, tuple[datetime, Event]] = {}
        for event in batch:
            accepted = codec.decode_accepted(event.value or b"")
            match accepted:
                case Undecodable(reason=reason, sentence=sentence, field=name):
                    work.refuse(event, arrival_of(event), Rejection(reason, sentence, name))
                case AcceptedReport():
                    told = accepted.report.reported_at, event
                    newest[event.partition] = max(told, newest.get(event.partition, told))
                    self._one_report(work, event, accepted)
                case AcceptedAcknowledgement(acknowledgement=message):
                    said.setdefault(message.incident_id, []).append((event, message))
        for about, messages in said.items():
            self._acknowledge(work, about, messages)
        for reported_at, event in newest.values():
            self._expire(work, event, reported_at)
        return work.draft.decision()

    def open_count(self) -> int:
        """Incidents open in the partitions that were touched since the last rebalance."""
        return sum(len(index) for zones in self._open.values() for index in zones.values())

    def unacknowledged(self, now: datetime) -> dict[tuple[str, str], int]:
        """Awaited acknowledgements by agency and age band."""
        found: Counter[tuple[str, str]] = Counter()
        for partition in self._waiting.values():
            for since in partition.values():
                for agency, sent_at in since.items():
                    age_s = (now - sent_at).total_seconds()
                    band = next(name for name, bound_s in AGES if age_s <= bound_s)
                    found[agency, band] += 1
        return found

    def _forget_if_stale(self) -> None:
        epoch = self.epoch()
        if epoch != self._held_epoch:
            self._open.clear()
            self._waiting.clear()
            self._held_epoch = epoch

    def _open_in(self, partition: int, zone: str) -> OpenIncidents:
        """The open incidents of a zone."""
        zones = self._zones_of(partition)
        held = zones.get(zone)
        if held is None:
            held = zones[zone] = OpenIncidents()
        return held

    def _zones_of(self, partition: int) -> dict[str, OpenIncidents]:
        """The index of a partition, rebuilt from its table when it is first asked for."""
        zones = self._open.get(partition)
        if zones is not None:
            return zones
        zones = self._open[partition] = {}
        stored = [
            incident
            for key, value in self.fused.items_of(partition)
            if key.startswith(_OPEN) and isinstance(incident := codec.decode(Incident, value), Incident)
        ]
        for incident in sorted(stored, key=lambda each: (each.opened_at, each.incident_id)):
            zones.setdefault(incident.zone, OpenIncidents()).put(incident)
            self._note_waiting(partition, incident)
        return zones

    def _one_report(self, work: Work, event: Event, accepted: AcceptedReport) -> None:
        """Decides first and writes after, so that a step that breaks leaves nothing half done."""
        report = accepted.report
        arrival = replace(arrival_of(event), topic=topics.reports_topic(report.agency))
        try:
            decided = self._decide_report(work, event, accepted)
            outputs = [] if decided is None else tell(work, accepted, *decided)
            work.poison.run = 0
        except UnknownReport:
            why = "The report to withdraw is not known in its zone: ask the hub's desk what became of it."
            work.refuse(event, arrival, Rejection(RejectReason.UNKNOWN_REPORT, why, None, report.report_id))
            return
        except Exception as error:  # noqa: BLE001 - a record that breaks a step is put aside, its neighbours pass
            rejection = work.poison.failed(error)
            work.refuse(event, arrival, replace(rejection, report_id=report.report_id, local_ref=report.local_ref))
            return
        if decided is None:
            return  # a replay of what was done
        _, change = decided
        self._store(work, event, change.incident)
        key = _REPORT + report.report_id.encode()
        work.draft.mark(self.fused, event, key, change.incident.incident_id.encode())
        work.draft.outputs.extend(outputs)
        _count(work, accepted, change)

    def _decide_report(self, work: Work, event: Event, accepted: AcceptedReport) -> tuple[Enriched, Change] | None:
        report = accepted.report
        enriched = replace(enrich(report), zone=accepted.zone)
        known = work.draft.read(self.fused, event, _REPORT + report.report_id.encode())
        if known is None:
            if report.msg_type is MsgType.CANCEL:
                raise UnknownReport  # admitted before it was lost: a wiped state; its writer must know
            return enriched, self._first_revision(work, event, enriched)
        held = self._load(work, event, known.decode())
        change = None if held is None else _later_revision(work, enriched, held)
        return None if change is None else (enriched, change)

    def _first_revision(self, work: Work, event: Event, enriched: Enriched) -> Change:
        match correlate(enriched, self._open_in(event.partition, enriched.zone), work.now):
            case Fresh(possible=possible):
                return opened(enriched, incidents.opened(enriched, work.now), work.registry, possible)
            case Joined() as match:
                held = self._load(work, event, match.incident_id)
                if held is None:
                    # The index is a shadow of the table in one epoch: this cannot be, and guessing would lose a report.
                    raise AssertionError(f"incident {match.incident_id} is indexed and not stored")
                after = incidents.joined(held, enriched, match, work.now)
                if len(encode(after)) > INCIDENT_BYTES_MAX:
                    after = incidents.counted(held, work.now)
                return fused(enriched, after, match, work.registry)

    def _acknowledge(self, work: Work, about: str, messages: list[tuple[Event, Acknowledgement]]) -> None:
        """All acknowledgements of one incident in a batch at once: one write, one receipt a report."""
        event = messages[0][0]
        held = self._load(work, event, about)
        for each, message in messages:
            if held is None or not any(message.agency in member.forms for member in held.members):
                why = "No alert on this incident was sent to this agency."
                agency = topics.control_topic(message.agency)
                rejection = Rejection(RejectReason.NOT_YOURS, why, "incident_id")
                work.refuse(each, replace(arrival_of(each), topic=agency), rejection)
        if held is None:
            return
        after = acknowledge(held, [message for _, message in messages])
        if after == held:
            return
        self._store(work, event, after)
        newest = max(message.at for _, message in messages).isoformat()
        speakers = {message.agency for _, message in messages}
        for member in after.members:
            if speakers & member.forms.keys():
                work.draft.outputs.append(outgoing.acknowledged(after, member, newest, work.now))
        for _, message in messages:
            work.tally["acknowledged", message.agency, message.action] += 1

    def _load(self, work: Work, event: Event, incident_id: str) -> Incident | None:
        for prefix in (_OPEN, _CLOSED):
            value = work.draft.read(self.fused, event, prefix + incident_id.encode())
            if value is not None:
                incident = codec.decode(Incident, value)
                if isinstance(incident, Undecodable):
                    raise AssertionError(f"stored incident {incident_id} cannot be read: {incident.sentence}")
                return incident
        return None

    def _store(self, work: Work, event: Event, incident: Incident) -> None:
        """Writes the incident to its table, its topic and the index."""
        name, value = incident.incident_id.encode(), encode(incident)
        here, there = (_CLOSED, _OPEN) if incident.closed else (_OPEN, _CLOSED)
        work.draft.mark(self.fused, event, here + name, value)
        if work.draft.read(self.fused, event, there + name) is not None:
            work.draft.mark(self.fused, event, there + name, None)
        work.draft.send(topics.INCIDENTS, name, value)
        index = self._open_in(event.partition, incident.zone)
        if incident.closed:
            index.remove(incident.incident_id)
        else:
            index.put(incident)
        self._note_waiting(event.partition, incident)

    def _note_waiting(self, partition: int, incident: Incident) -> None:
        waiting = self._waiting.setdefault(partition, {})
        if incident.awaited:
            waiting[incident.incident_id] = {agency: each.sent_at for agency, each in incident.awaited.items()}
        else:
            waiting.pop(incident.incident_id, None)

    def _expire(self, work: Work, event: Event, reported_at: datetime) -> None:
        """Closes what nothing was heard of for the window, by the traffic's own clock."""
        for index in self._zones_of(event.partition).values():
            for incident_id in index.expire(reported_at):
                held = self._load(work, event, incident_id)
                if held is not None:
                    self._store(work, event, held.model_copy(update={"closed": True, "updated_at": work.now}))


def _later_revision(work: Work, enriched: Enriched, held: Incident) -> Change | None:
    report = enriched.report
    member = incidents.member_of(held, report.report_id)
    if member is None or member.revision >= report.revision:
        return None
    if report.msg_type is MsgType.CANCEL:
        after = incidents.withdrawn(held, report.report_id, report.revision, work.now)
        return cancelled(enriched, after, member, work.registry)
    return updated(enriched, incidents.revised(held, enriched, work.now), member, work.registry)


def tell(work: Work, accepted: AcceptedReport, enriched: Enriched, change: Change) -> list[Output]:
    """Alerts, receipt, audit record, and links to the doubtful neighbours."""
    report, incident = accepted.report, change.incident
    agency = work.registry.agencies.get(HUB_AGENCY if is_masked(report) else report.agency)
    contact = agency.contact if agency else f"the hub, about incident {incident.incident_id}"
    outputs = []
    for msg_type, rulings in ((_MSG_TYPES[change.outcome], change.rulings), (AlertMsgType.CANCEL, change.recalls)):
        if not rulings:
            continue
        news = News(enriched, incident, change.member, msg_type, accepted.published_at, work.now, contact)
        for alert in Composer(news).compose(rulings):
            topic = topics.alerts_topic(alert.recipient)
            outputs.append(Output(topic, incident.incident_id.encode(), alert.body))
    outputs.extend(outgoing.routed(report, change, work.now))
    outputs.extend(_possible(incident, each.incident_id, each.reasons, work.now) for each in change.possible)
    return outputs


def _count(work: Work, accepted: AcceptedReport, change: Change) -> None:
    work.tally["outcome", change.outcome, accepted.report.agency] += 1
    for ruling in (*change.rulings, *change.recalls):
        if ruling.form is not None:
            work.tally["alert", ruling.agency, ruling.rule] += 1
        else:
            work.tally["withheld", ruling.rule] += 1
    work.published.append(accepted.published_at)


_MSG_TYPES: Final = {
    ReceiptOutcome.NEW_INCIDENT: AlertMsgType.ALERT,
    ReceiptOutcome.CORROBORATION: AlertMsgType.UPDATE,
    ReceiptOutcome.RELAY: AlertMsgType.ALERT,
    ReceiptOutcome.UPDATE: AlertMsgType.UPDATE,
    ReceiptOutcome.CANCELLED: AlertMsgType.CANCEL,
}


def _possible(incident: Incident, other: str, reasons: tuple[Reason, ...], now: datetime) -> Output:
    link_id = ids.link_id("possible", incident.incident_id, other)
    link = Link(
        link_id=link_id,
        incidents=(incident.incident_id, other),
        type="possible",
        reasons=reasons,
        decided_by="correlate",
        at=now,
    )
    return Output(topics.LINKS, link_id.encode(), encode(link))
