"""Fourth step, whole: all that one report leads to, in records to send. Pure."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Final, Literal

from fusionbus.contract import ids, topics
from fusionbus.contract.codec import encode
from fusionbus.contract.incident import Incident, Link
from fusionbus.contract.records import ReceiptOutcome
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import AlertMsgType
from fusionbus.streams import outgoing
from fusionbus.streams.compose import ComposedAlert, Composer, News
from fusionbus.streams.engine import Output
from fusionbus.streams.ingress import Tally
from fusionbus.streams.registry import Registry
from fusionbus.streams.route import HUB_AGENCY
from fusionbus.streams.sightings import sightings_of
from fusionbus.streams.values import Candidate, Change, Enriched

_MSG_TYPES: Final = {
    ReceiptOutcome.NEW_INCIDENT: AlertMsgType.ALERT,
    ReceiptOutcome.CORROBORATION: AlertMsgType.UPDATE,
    ReceiptOutcome.RELAY: AlertMsgType.ALERT,
    ReceiptOutcome.UPDATE: AlertMsgType.UPDATE,
    ReceiptOutcome.CANCELLED: AlertMsgType.CANCEL,
    ReceiptOutcome.CONTROL_DONE: AlertMsgType.ALERT,
}


def tell(enriched: Enriched, change: Change, published_at: datetime, registry: Registry, now: datetime) -> list[Output]:
    """Alerts, receipt, audit record, and links to the doubtful neighbours."""
    report, incident = enriched.report, change.incident
    outputs = alerts_of(enriched, change, published_at, registry, now)
    outputs.extend(outgoing.routed(report, change, now))
    outputs.extend(doubtful("possible", incident, each, now) for each in change.possible)
    if change.doubt is not None:
        outputs.append(doubtful("possible_split", incident, change.doubt, now, report.report_id))
    gone = change.outcome is ReceiptOutcome.CANCELLED
    outputs.extend(sightings_of(change.member, incident.incident_id, incident.status, now, gone=gone))
    return outputs


def alerts_of(
    enriched: Enriched, change: Change, published_at: datetime, registry: Registry, now: datetime
) -> list[Output]:
    """The alerts alone."""
    report, incident = enriched.report, change.incident
    contact = registry.contact_of(HUB_AGENCY if report.is_masked else report.agency)
    msg_type = _MSG_TYPES[change.outcome]
    news = News(enriched, incident, change.member, msg_type, published_at, now, contact)
    name = incident.incident_id.encode()
    return [Output(topics.alerts_topic(a.recipient), name, a.body) for a in _alerts(news, change, registry)]


def _alerts(news: News, change: Change, registry: Registry) -> list[ComposedAlert]:
    recalls = [ruling for ruling in change.rulings if ruling.rule is Rule.RECALL]
    composed = Composer(news).compose(ruling for ruling in change.rulings if ruling.rule is not Rule.RECALL)
    if recalls:
        # Who loses a report may never have known whose it was.
        # From whom it is taken by narrower markings, it may not be held; what is withdrawn is only no longer true.
        narrowed = change.outcome is not ReceiptOutcome.CANCELLED
        told_so = replace(news, msg_type=AlertMsgType.CANCEL, contact=registry.contact_of(HUB_AGENCY), erases=narrowed)
        composed += Composer(told_so).compose(recalls)
    return composed


def doubtful(
    kind: Literal["possible", "possible_split"],
    incident: Incident,
    other: Candidate,
    now: datetime,
    report_id: str | None = None,
) -> Output:
    """A link for a person to judge."""
    link_id = ids.link_id(kind, incident.incident_id, other.incident_id)
    link = Link(
        link_id=link_id,
        incidents=(incident.incident_id, other.incident_id),
        type=kind,
        reasons=other.reasons,
        report_id=report_id,
        decided_by="correlate",
        at=now,
    )
    return Output(topics.LINKS, link_id.encode(), encode(link))


def tally_of(change: Change, agency: str) -> Tally:
    """What a report of this agency led to, to be counted."""
    tally: Tally = Counter({("outcome", change.outcome, agency): 1})
    for ruling in change.rulings:
        tally[("withheld", ruling.rule) if ruling.form is None else ("alert", ruling.agency, ruling.rule)] += 1
    return tally
