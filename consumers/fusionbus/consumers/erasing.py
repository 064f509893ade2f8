"""What is left of an alert whose report may not be kept any longer. Pure; every handler erases by this."""

from fusionbus.contract.alert import Alert, AlertBody, IncidentView
from fusionbus.contract.incident import Claim
from fusionbus.contract.keeping import Erasure


def left_of(alert: Alert, erasure: Erasure, by: str) -> Alert:
    """What is kept of an alert after this erasure; the same alert where it does not touch it.

    `by` is the id of the alert that orders the erasure, of which nothing goes.
    """
    if alert.alert_id == by:
        return alert
    if alert.alert_id in erasure.alerts:
        return _tombstone(alert)
    if alert.incident_id in erasure.incidents:
        return alert.model_copy(update={"incident": _counts(alert.incident)})
    return alert


def _tombstone(alert: Alert) -> Alert:
    """Ids, times and markings; nothing of what the report said."""
    body = alert.body
    kept = AlertBody(
        report_id=body.report_id,
        agency=body.agency,
        revision=body.revision,
        msg_type=body.msg_type,
        kind=body.kind,
        reported_at=body.reported_at,
    )
    handling = alert.handling.model_copy(update={"caveats": ()})
    return alert.model_copy(update={"body": kept, "handling": handling, "incident": _counts(alert.incident)})


def _counts(view: IncidentView) -> IncidentView:
    """The summary of an incident without its words: they were made from more than one report."""
    return view.model_copy(update={"claim": Claim(), "reasons": ()})
