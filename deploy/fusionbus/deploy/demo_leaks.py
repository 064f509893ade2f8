"""What an alert may hold for its recipient: the demo's own reading, apart from the hub's."""

from collections.abc import Iterator
from typing import Final

from fusionbus.contract.alert import Alert
from fusionbus.contract.incident import Claim
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import TLP, AlertMsgType, Form, Kind
from fusionbus.deploy.demo_evidence import Evidence
from fusionbus.deploy.demo_oracle import Answer, Told

_STRICTEST: Final = (TLP.RED, TLP.AMBER_STRICT, TLP.AMBER, TLP.GREEN, TLP.CLEAR)
_THIN: Final = (Form.TEARLINE, Form.POINTER)


def leaks_of(evidence: Evidence, agency: str, alert: Alert, told: Told) -> Iterator[str]:
    """What this agency should not have received, one sentence a fault."""
    if alert.msg_type is AlertMsgType.CANCEL:
        yield from _recall(evidence, agency, alert, told)
    else:
        yield from _audience(evidence, agency, alert, told)
    yield from _form(evidence, agency, alert, told)
    yield from view_faults(evidence, agency, alert)


def pointer_faults(agency: str, alert: Alert, told: Told) -> Iterator[str]:
    """What a pointer to another's desk should not hold: it tells an agency of its own report whom to call."""
    if told.report.agency != agency:
        yield "a pointer on a report that is not its own"
    shown = alert.body.model_dump(exclude_defaults=True, exclude_none=True).keys()
    if more := shown - {"report_id", "msg_type", "kind", "reported_at", "contact"}:
        yield f"a pointer that shows {', '.join(sorted(more))}"
    if alert.incident.reports != 1 or alert.incident.claim != Claim() or alert.incident.reasons:
        yield "a pointer that tells of the incident"
    if not alert.body.contact:
        yield "a pointer to nobody"


def _recall(evidence: Evidence, agency: str, alert: Alert, told: Told) -> Iterator[str]:
    """A recall goes to those, and only those, who hold the report or an echo of it, or told an echo themselves."""
    held = {
        other.report.report_id
        for before, other in evidence.got[agency]
        if before.msg_type is not AlertMsgType.CANCEL and before.issued_at <= alert.issued_at
    }
    echoes = {other.report.report_id for other in evidence.sent if other.origin == told.origin}
    whole = evidence.whole(alert.incident_id)
    incident = {name for name, number in evidence.incident_of.items() if number == whole}
    own = {other.report.report_id for other in evidence.sent if other.report.agency == agency}
    if not held & (echoes | incident | {told.report.report_id}) and not own & echoes:
        yield "a recall of something it never had"


def _audience(evidence: Evidence, agency: str, alert: Alert, told: Told) -> Iterator[str]:
    verdict = evidence.oracle.verdict(told, agency)
    if verdict.tearline_only and alert.form not in _THIN:
        yield f"rule {verdict.rule} leaves it the tearline at most"
    if verdict.answer is not Answer.NEVER:
        return
    told_itself = agency in evidence.tellers_of.get(evidence.whole(alert.incident_id), ())
    # An earlier alert on the incident, or on a part that was joined to it.
    had_it = any(
        evidence.whole(other.incident_id) == evidence.whole(alert.incident_id)
        and (other.incident_id != alert.incident_id or other.incident_revision < alert.incident_revision)
        for other, _ in evidence.got[agency]
    )
    if verdict.rule == "interest" and alert.rule is Rule.MEMBER and (told_itself or had_it):
        return
    yield f"rule {verdict.rule} forbids it"


def _form(evidence: Evidence, agency: str, alert: Alert, told: Told) -> Iterator[str]:
    member, body, report = evidence.oracle.agencies[agency], alert.body, told.report
    if member.foreign and alert.form is Form.FULL:
        yield "a partner abroad never gets the full form"
    if report.kind is Kind.OPERATION and alert.form is not Form.POINTER:
        yield "of a planned operation others learn only whom to call"
    private = any(p.privacy for p in body.persons) or any(e.privacy for e in body.entities)
    if private and (not member.personal_data or alert.form is not Form.FULL):
        yield "it holds personal data"
    if report.handling.mask_source and (body.agency or body.report_id or body.local_ref or body.unit):
        yield "the masked source shows"
    if alert.form in _THIN and (body.narrative or body.casualties or body.persons or body.place):
        yield "it holds more than its form allows"
    if _STRICTEST.index(alert.handling.tlp) > _STRICTEST.index(report.handling.tlp):
        yield "its TLP is weaker than the report's"
    if alert.handling.classification.level < report.handling.classification.level:
        yield "its classification is lower than the report's"


def view_faults(evidence: Evidence, agency: str, alert: Alert) -> Iterator[str]:
    """The incident may only be made of reports that this agency sent or received."""
    own = {told.report.report_id for told in evidence.sent if told.report.agency == agency}
    visible = own | evidence.got_reports.get(agency, set())
    whole = evidence.whole(alert.incident_id)
    inside = sum(1 for name in visible if evidence.incident_of.get(name) == whole)
    if alert.incident.reports > inside:
        yield f"its incident is made of {alert.incident.reports} reports, of which it may know {inside}"
