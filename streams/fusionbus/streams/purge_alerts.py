"""The alerts that tell recipients to erase a report; made without the report, of which nothing is left."""

from collections.abc import Iterator
from datetime import datetime

from fusionbus.contract import ids, topics
from fusionbus.contract.alert import Alert, AlertBody, AlertHandling
from fusionbus.contract.codec import encode
from fusionbus.contract.incident import Member
from fusionbus.contract.vocabulary import PAP, AlertKind, AlertMsgType, MsgType
from fusionbus.streams.deadlines import deadline_of
from fusionbus.streams.engine import Output
from fusionbus.streams.erasure import erasure_of
from fusionbus.streams.registry import Registry
from fusionbus.streams.retell import seen_by, view_for
from fusionbus.streams.route import HUB_AGENCY
from fusionbus.streams.values import Change


def purge_alerts(change: Change, registry: Registry, now: datetime) -> Iterator[Output]:
    """One alert for every agency that was told of the purged report, with what it may still know of the incident."""
    incident, member = change.incident, change.member
    body = AlertBody(
        msg_type=MsgType.CANCEL,
        kind=member.kind,
        reported_at=member.reported_at,
        contact=registry.contact_of(HUB_AGENCY),
    )
    for ruling in change.rulings:
        recipient = ruling.agency
        if ruling.form is None:
            continue
        alert = Alert(
            alert_id=ids.alert_id(incident.incident_id, incident.revision, recipient),
            kind=AlertKind.RECALL,
            recipient=recipient,
            status=incident.status,
            msg_type=AlertMsgType.CANCEL,
            incident_id=incident.incident_id,
            incident_revision=incident.revision,
            zone=incident.zone,
            issued_at=now,
            published_at=now,
            rule=ruling.rule,
            why=ruling.why,
            form=ruling.form,
            handling=AlertHandling(tlp=member.tlp, pap=PAP.RED, classification=member.classification),
            incident=view_for(seen_by(registry.agencies[recipient], incident.members)),
            body=body.model_copy(update=_named(member, recipient)),
            acknowledge_by=deadline_of(incident.awaited[recipient]),
            erase=erasure_of(member, recipient, incident),
        )
        yield Output(topics.alerts_topic(recipient), incident.incident_id.encode(), encode(alert))


def _named(member: Member, recipient: str) -> dict[str, object]:
    """Which report it was, where the recipient knew."""
    form = member.forms.get(recipient)
    if member.masked or form is None or not form.is_open:
        return {}
    return {"report_id": member.report_id, "agency": member.agency, "revision": member.revision}
