"""For tests of the picture: incidents as they are told and held, and pairs that wait."""

from datetime import timedelta
from typing import Any, Final

from analysts import OTHER_WORDS, A, B, the_blast, the_raid, told_of
from builders import NOW
from fusionbus.consumers.threats.found import IncidentLine, IncidentPage, Said, StoredAlert
from fusionbus.consumers.threats.picture import Waiting
from fusionbus.consumers.threats.rows import incident_row
from fusionbus.consumers.web.pages import incident_parts
from fusionbus.contract import ids
from fusionbus.contract.alert import Alert
from fusionbus.contract.incident import Incident, Link, Reason

EVIL: Final = '<img src=x onerror="alert(1)">\'"&'


def line_of(alert: Alert, **changes: Any) -> IncidentLine:
    row = incident_row(alert) | {"at": NOW, **changes}
    return IncidentLine.model_validate({name: row[name] for name in IncidentLine.model_fields if name in row})


def read_of(alert: Alert, held: Incident | None = None, *links: Link) -> incident_parts.Read:
    said = (Said(action="used", opinion=None, by=EVIL, at=NOW, note=EVIL),)
    stored = StoredAlert(alert=alert, received_at=NOW, withdrawn_by_revision=None, said=said)
    told = IncidentPage(incident=line_of(alert), alerts=(stored,), related=(line_of(alert),))
    return incident_parts.Read(alert.incident_id, told, held, links)


def a_decision(kind: str, minutes: int) -> Link:
    told = {"link_id": ids.link_id(kind, A, B), "incidents": (A, B), "type": kind, "decided_by": "NACTA"}
    return Link.model_validate(told | {"at": NOW + timedelta(minutes=minutes)})


def joined_incident() -> Incident:
    hub = told_of(the_blast(), the_blast("third", "IB", **OTHER_WORDS), the_blast("fourth", "POLICE-KP"))
    return hub.incidents()[A]


def waiting_pair(bits: float, decided: Link | None = None) -> Waiting:
    incidents = told_of(the_blast(), the_raid()).incidents()
    told = a_decision("possible", 0).model_copy(update={"reasons": (Reason(field="place", bits=bits, said="near"),)})
    return Waiting(told, (incidents[A], incidents[B]), decided)
