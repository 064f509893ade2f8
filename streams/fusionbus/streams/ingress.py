"""First hop: an agency's messages become accepted traffic, or a receipt that says why not."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from fusionbus.contract import ids, topics
from fusionbus.contract.agency import Removal
from fusionbus.contract.codec import AnyControl, encode
from fusionbus.contract.control import (
    Acknowledgement,
    CatchUp,
    Judgement,
    SharingAnswer,
    SharingRequest,
    Split,
    Subscribe,
    Unsubscribe,
    Verdict,
)
from fusionbus.contract.crossing import RECONCILER, Meeting
from fusionbus.contract.keeping import AnyOrder
from fusionbus.contract.records import (
    AcceptedAcknowledgement,
    AcceptedCatchUp,
    AcceptedControl,
    AcceptedJudgement,
    AcceptedOrder,
    RejectReason,
)
from fusionbus.streams import outgoing
from fusionbus.streams.admit import (
    Arrival,
    admit_control,
    admit_report,
    decode_report,
    is_long_past,
    recall,
    remember,
)
from fusionbus.streams.engine import Decision, Draft, Event, Output, Table
from fusionbus.streams.enrich import zone_of_report
from fusionbus.streams.keeping import SEEN
from fusionbus.streams.orders import admit_order, no_such_report
from fusionbus.streams.poison import Poison
from fusionbus.streams.reading import ZONES
from fusionbus.streams.registry import Registry
from fusionbus.streams.sweep import Sweep
from fusionbus.streams.values import Admitted, Rejection, Repeat

Tally = Counter[tuple[str, ...]]
"""What happened, to be counted: metric name, then its labels."""


@dataclass(slots=True)
class Work:
    """One batch in the making: what is decided so far, by which registry, at which time, and what to count."""

    registry: Registry
    now: datetime
    tally: Tally
    poison: Poison = field(default_factory=Poison)
    draft: Draft = field(default_factory=Draft)
    published: list[datetime] = field(default_factory=list)
    """When the reports that were routed reached the broker: for the latency."""

    def refuse(self, event: Event, arrival: Arrival, rejection: Rejection) -> None:
        """Makes the message a dead letter with a receipt."""
        self.tally["rejected", arrival.agency, rejection.reason] += 1
        self.draft.outputs.extend(outgoing.rejected(event, arrival, rejection, self.now))


def arrival_of(event: Event) -> Arrival:
    """The record as admit sees it."""
    return Arrival(event.topic, event.key, event.value, event.written_at)


def admit_batch(batch: Sequence[Event], sweep: Sweep, work: Work) -> Decision:
    """What a batch of reports leads to; besides, reports so old that none may be kept any more are let go."""
    day = str((work.now - SEEN).date())
    for event in batch:
        for key, value in sweep.page(event.partition, work.now):
            if is_long_past(value, day):
                work.draft.mark(sweep.table, event, key, None)
    return decide_reports(batch, sweep.table, work)


def decide_reports(batch: Sequence[Event], seen: Table, work: Work) -> Decision:
    """What a batch of agencies' reports leads to. Raises: Misconfigured where the hub refuses almost everyone."""
    poison, registry = work.poison, work.registry
    for event in batch:
        arrival = arrival_of(event)
        try:
            taken = _one_report(work, event, arrival, seen)
            poison.run = 0
        except Exception as error:  # noqa: BLE001 - a record that breaks a step is put aside, its neighbours pass
            work.refuse(event, arrival, poison.failed(error))
            taken = False
        if registry.knows(arrival.agency) or not registry.agencies:  # who was put out tells nothing of the hub
            poison.heard(arrival.agency, taken=taken, now=work.now)
    poison.check(work.now)
    return work.draft.decision()


def _one_report(work: Work, event: Event, arrival: Arrival, seen: Table) -> bool:
    """Whether the report was taken, now or before."""
    work.tally["in", arrival.agency] += 1
    report = decode_report(arrival, work.registry, work.now)
    if isinstance(report, Rejection):
        order = admit_order(arrival, work.registry, work.now) if report.reason is RejectReason.SCHEMA else None
        if isinstance(order, AnyOrder):
            return _one_order(work, event, arrival, order, seen)
        work.refuse(event, arrival, order or report)
        return False
    canonical, key = encode(report), report.report_id.encode()
    known = recall(work.draft.read(seen, event, key))
    zone = known.zone if known is not None else zone_of_report(report)
    match admit_report(report, canonical, known, arrival.published_at, zone):
        case Admitted() as admitted:
            work.draft.mark(seen, event, key, remember(admitted, event.offset))
            work.draft.send(topics.ACCEPTED, zone.encode(), _accepted(admitted, canonical, work.now))
        case Repeat() if known is not None and event.offset <= known.offset:
            pass  # this very record, read again after a crash: what it led to was sent before it was marked
        case Repeat() as repeat:
            work.tally["duplicate", arrival.agency] += 1
            work.draft.outputs.extend(outgoing.repeated(event, repeat, work.now))
        case Rejection() as rejection:
            work.refuse(event, arrival, rejection)
            return False
    return True


def _one_order(work: Work, event: Event, arrival: Arrival, order: AnyOrder, seen: Table) -> bool:
    """Sends an order about a report to the report's zone; the partition is the report's, for the key is."""
    known = recall(work.draft.read(seen, event, order.report_id.encode()))
    if known is None:
        work.refuse(event, arrival, no_such_report(order))
        return False
    accepted = AcceptedOrder(zone=known.zone, accepted_at=work.now, order=order)
    work.draft.send(topics.ACCEPTED, known.zone.encode(), encode(accepted))
    return True


def _accepted(admitted: Admitted, canonical: bytes, now: datetime) -> bytes:
    """An AcceptedReport; the report's bytes are joined in, not encoded a second time."""
    head = (
        f'{{"type":"report","zone":"{admitted.zone}","accepted_at":"{now.isoformat()}",'
        f'"published_at":"{admitted.published_at.isoformat()}","report":'
    )
    return head.encode() + canonical + b"}"


def decide_control(batch: Sequence[Event], work: Work) -> Decision:
    """What a batch of acknowledgements and subscriptions leads to."""
    for event in batch:
        arrival = arrival_of(event)
        message = admit_control(arrival, work.registry, work.now)
        if isinstance(message, Rejection):
            work.refuse(event, arrival, message)
        else:
            _one_control(work, event, arrival, message)
    return work.draft.decision()


def _one_control(work: Work, event: Event, arrival: Arrival, message: AnyControl) -> None:
    draft, now = work.draft, work.now
    match message:
        case Acknowledgement():
            accepted = AcceptedAcknowledgement(zone=message.zone, accepted_at=now, acknowledgement=message)
            draft.send(topics.ACCEPTED, message.zone.encode(), encode(accepted))
        case Subscribe() | Unsubscribe():
            _one_wish(work, event, arrival, message)
        case Verdict() | Split():
            if not work.registry.agencies[arrival.agency].reviews:
                why = (
                    f"{arrival.agency} may not join or part incidents: in the agencies file it has no `reviews: true`."
                )
                work.refuse(event, arrival, Rejection(RejectReason.NOT_YOURS, why, "agency"))
                return
            draft.outputs.extend(_judgement(message, now))
        case SharingRequest() | SharingAnswer():
            if message.zone is None or message.incident_id is None:
                why = "`incident_id` and `zone` are missing: copy them from the alert that asked."
                work.refuse(event, arrival, Rejection(RejectReason.UNKNOWN_REQUEST, why, "zone"))
                return
            about = AcceptedControl(zone=message.zone, accepted_at=now, control=message)
            draft.send(topics.ACCEPTED, message.zone.encode(), encode(about))
        case CatchUp():
            request = AcceptedCatchUp(zone=ZONES[0], accepted_at=now, catch_up=message)
            draft.send(topics.ACCEPTED, ZONES[0].encode(), encode(request))


def _judgement(message: Judgement, now: datetime) -> list[Output]:
    """A person's decision on its way: to the incidents' zone, and where it is on a pair to the reconciler."""
    found = []
    zones = message.zone, getattr(message, "other_zone", None) or message.zone
    if zones[0] == zones[1]:
        judged = AcceptedJudgement(zone=message.zone, accepted_at=now, judgement=message)
        found.append(Output(topics.ACCEPTED, message.zone.encode(), encode(judged)))
    if isinstance(message, Verdict) and (zones[0] != zones[1] or message.decision == "not_same"):
        found.append(
            Output(topics.ACCEPTED, RECONCILER, encode(Meeting(zones=zones, verdict=message, accepted_at=now)))
        )
    return found


def _one_wish(work: Work, event: Event, arrival: Arrival, message: Subscribe | Unsubscribe) -> None:
    draft, now = work.draft, work.now
    match message:
        case Subscribe(subscription=subscription):
            name = subscription.subscription_id
            if name != ids.subscription_id(arrival.agency, subscription.name):
                # Otherwise an agency could take another's id, before or after it.
                why = "`subscription_id` is not the id made from `agency` and `name`."
                work.refuse(event, arrival, Rejection(RejectReason.NOT_YOURS, why, "subscription.subscription_id"))
                return
            draft.send(topics.REGISTRY, f"subscription:{name}".encode(), encode(subscription))
            sentence = f"Subscription “{subscription.name[:200]}” is in force."
            draft.outputs.extend(outgoing.control_done(arrival.agency, name, sentence, message.at, now))
        case Unsubscribe(subscription_id=name):
            held = work.registry.subscriptions.get(name)
            if held is None or held.agency != arrival.agency:
                why = "This agency has no such subscription."
                work.refuse(event, arrival, Rejection(RejectReason.NOT_YOURS, why, "subscription_id"))
                return
            removal = Removal(subscription_id=name, agency=arrival.agency, removed_at=now)
            draft.send(topics.REGISTRY, f"subscription:{name}".encode(), encode(removal))
            sentence = f"Subscription “{held.name[:200]}” has ended."
            draft.outputs.extend(outgoing.control_done(arrival.agency, name, sentence, message.at, now))
