"""Which of a recipient's alerts told it of a report: what it erases when it may not hold the report any more. Pure."""

from itertools import islice

from fusionbus.contract import ids
from fusionbus.contract.incident import Incident, Member
from fusionbus.contract.keeping import ERASED_ALERTS_MAX, Erasure


def erasure_of(member: Member, recipient: str, now_in: Incident) -> Erasure:
    """Every alert that told this recipient of the report, but the one of the incident's present revision."""
    told = ((name, revision) for name, revisions in member.told.items() for revision in revisions)
    this = now_in.incident_id, now_in.revision
    alerts = (ids.alert_id(name, revision, recipient) for name, revision in told if (name, revision) != this)
    return Erasure(
        alerts=tuple(islice(alerts, ERASED_ALERTS_MAX)),
        incidents=tuple(dict.fromkeys((*member.told, now_in.incident_id))),
    )
