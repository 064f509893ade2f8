"""A month at the hub in which everything happens that oversight counts, and a book that holds it."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Final

from builders import NOW, a_handling, a_place, a_report, a_token
from fusionbus.consumers.oversight.book import Book
from fusionbus.consumers.oversight.figures import Period
from fusionbus.consumers.oversight.folding import Noted, Place
from fusionbus.contract import ids
from fusionbus.contract.alert import Alert
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.handling import Legal, Source
from fusionbus.contract.records import AuditRecord
from fusionbus.contract.report import Person, ThreatReport
from fusionbus.contract.vocabulary import TLP, AckAction, Province, SubjectRole, Urgency
from hub import HubOnPaper
from sharers import ask, controlled

CNIC: Final = a_token("cnic", 77)
"""Of a person who does not exist."""
WITNESS: Final = Person(role=SubjectRole.WITNESS, id_tokens=(CNIC,))
PERIOD: Final = Period(NOW - timedelta(days=1), NOW + timedelta(days=9))


def noted(records: Iterable[AuditRecord]) -> list[Noted]:
    """The records as they would lie on a topic of one partition."""
    return [Noted(Place(0, offset), record) for offset, record in enumerate(records)]


def a_book(folder: Path, records: Iterable[AuditRecord] = ()) -> Book:
    """A book that holds these records."""
    book = Book(f"sqlite:{folder}/oversight.db")
    some = noted(records)
    book.take(some, {0: len(some)})
    return book


def answer(alert: Alert, action: AckAction, hub: HubOnPaper) -> Acknowledgement:
    """What a recipient says of its alert."""
    return Acknowledgement(
        agency=alert.recipient,
        at=hub.now,
        alert_id=alert.alert_id,
        incident_id=alert.incident_id,
        incident_revision=alert.incident_revision,
        zone=alert.zone,
        action=action,
    )


def far(number: int, **changes: object) -> ThreatReport:
    """A report of an event of its own: another place and day than every other number."""
    at = NOW - timedelta(days=20 * number)
    spot = a_place(lat=31.0 + number, lon=70.5, name=f"Place {number}", district=None)
    told = {"local_ref": f"KP-{number}", "place": spot, "headline": f"Event {number}", "narrative": f"Matter {number}"}
    made: dict[str, object] = told | {"reported_at": at, "occurred": None, "urgency": Urgency.PAST}
    return a_report(**made | changes)


def a_month() -> HubOnPaper:
    """Nine days: one override, one false alarm, one ring, one review overdue, one breach, one question, one forgery."""
    hub = HubOnPaper.of()
    named = a_handling(tlp=TLP.GREEN, releasable_to=("NACTA", "IB"))
    # POLICE-KP is not among those named; life is in danger on its ground.
    danger = a_report(handling=named, urgency=Urgency.IMMEDIATE, tearline="Keep clear of the bazaar.")
    hub.send(danger.model_copy(update={"persons": (WITNESS,)}))
    hub.tell(answer(hub.alerts_of("NACTA")[-1], AckAction.FALSE_ALARM, hub))
    hub.tell(answer(hub.alerts_of("IB")[-1], AckAction.USED, hub))
    hub.send(far(2, legal=Legal(review_due=NOW + timedelta(days=3))))
    hub.send(far(3, legal=Legal(review_due=NOW + timedelta(days=300))))
    hub.send(far(4, legal=Legal(retention_until=NOW + timedelta(days=4))))
    subject = Person(role=SubjectRole.CRIMINAL_SUBJECT, id_tokens=(CNIC,))
    hub.send(far(5).model_copy(update={"persons": (subject,)}))
    hub.put("reports-CTD-PB", danger.report_id.encode(), danger.model_dump_json(exclude_none=True).encode())
    a_ring(hub)
    hub.send(
        controlled(local_ref="KP-7", place=a_place(province=Province.BALOCHISTAN, district="Quetta"), occurred=None)
    )
    ask(hub)
    hub.later(timedelta(days=8))
    return hub


def a_ring(hub: HubOnPaper) -> None:
    """Three agencies that quote each other: two origins at first, and then none of them is one."""
    names = ("CTD-PB", "IB", "NACTA")
    quoted = {"CTD-PB": "NACTA", "IB": "CTD-PB", "NACTA": "IB"}
    spot = a_place(province=Province.PUNJAB, district="Lahore", name="Anarkali", lat=31.57, lon=74.31)
    for name in names:
        source = Source(derived_from=(ids.report_id(quoted[name], f"{quoted[name]}/ring"),))
        words = {"headline": "Blast in Anarkali, Lahore", "narrative": f"{name}: a parcel went off in Anarkali bazaar."}
        hub.send(a_report(agency=name, local_ref=f"{name}/ring", place=spot, source=source, **words))
