"""What recipients say of their alerts, folded into the incident. Pure."""

from collections.abc import Iterable

from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.incident import Incident
from fusionbus.contract.vocabulary import AckAction


def may_answer(incident: Incident, message: Acknowledgement) -> bool:
    """Whether its writer was told of this incident, in a revision that there was."""
    told = message.agency in incident.awaited or message.agency in incident.acknowledged
    return told and message.incident_revision <= incident.revision


def acknowledge(incident: Incident, messages: Iterable[Acknowledgement]) -> Incident:
    """The incident after these words of its recipients; its revision stays, for alert ids are made from it."""
    awaited, acknowledged = dict(incident.awaited), dict(incident.acknowledged)
    used, false_alarm = list(incident.used_by), list(incident.false_alarm_by)
    for message in messages:
        agency = message.agency
        if not may_answer(incident, message):
            continue
        acknowledged[agency] = max(message.incident_revision, acknowledged.get(agency, 0))
        waiting = awaited.get(agency)
        if waiting is not None and waiting.revision <= message.incident_revision:
            del awaited[agency]
        if message.action is AckAction.USED and agency not in used:
            used.append(agency)
        if message.action is AckAction.FALSE_ALARM and agency not in false_alarm:
            false_alarm.append(agency)
    return incident.model_copy(
        update={
            "awaited": awaited,
            "acknowledged": acknowledged,
            "used_by": tuple(used),
            "false_alarm_by": tuple(false_alarm),
        },
    )
