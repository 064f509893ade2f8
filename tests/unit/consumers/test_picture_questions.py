"""What the picture asks of the database, alike in SQLite and in PostgreSQL: own rows only, and news that show."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest

from analysts import A, B, the_blast, the_raid, told_of
from builders import NOW, an_acknowledgement
from fusionbus.consumers.testing import sample_alert
from fusionbus.consumers.threats import picture
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.query import Query
from fusionbus.consumers.threats.rows import Row
from fusionbus.consumers.threats.store import insert_new, keep_acknowledgements
from fusionbus.consumers.threats.tables_hub import hub_incidents, link_incidents, links, receipts
from fusionbus.consumers.threats.viewer import Role, Viewer
from fusionbus.contract import codec, ids
from fusionbus.contract.errors import NotAllowed
from fusionbus.contract.incident import Incident, Link, Reason
from fusionbus.contract.records import Receipt, ReceiptOutcome
from fusionbus.contract.vocabulary import AckAction, Form, Severity
from threats import BOTH, KP, PB, empty_url, keep, rows

DESK = Viewer("NACTA", frozenset({Role.SUPERVISOR}), reviews=True)


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ThreatDatabase]:
    with closing(ThreatDatabase(empty_url(request.param, tmp_path, request))) as opened:
        yield opened


def a_link(kind: str, one: str = A, other: str = B, minutes: int = 0) -> Link:
    return Link.model_validate(
        {
            "link_id": ids.link_id(kind, one, other),
            "incidents": (one, other),
            "type": kind,
            "reasons": (Reason(field="place", bits=2.0, said="the same place"),),
            "decided_by": "hub",
            "at": NOW + timedelta(minutes=minutes),
        }
    )


def hold(database: ThreatDatabase, incidents: Iterable[Incident], ties: Iterable[Link]) -> None:
    """Keeps what the hub holds."""
    with database.writing() as db:
        for one in incidents:
            row: Row = {
                "incident_id": one.incident_id,
                "zone": one.zone,
                "status": one.status.value,
                "revision": one.revision,
                "closed": one.closed,
                "updated_at": one.updated_at,
                "json": codec.encode(one).decode(),
            }
            insert_new(db, hub_incidents, [row])
        for tie in ties:
            text = codec.encode(tie).decode()
            insert_new(db, links, [{"link_id": tie.link_id, "type": tie.type, "at": tie.at, "json": text}])
            both: list[Row] = [{"link_id": tie.link_id, "incident_id": name} for name in tie.incidents]
            insert_new(db, link_incidents, both)


def hear(database: ThreatDatabase, *found: Receipt) -> None:
    """Keeps receipts."""
    with database.writing() as db:
        for one in found:
            row: Row = {
                "receipt_id": one.receipt_id,
                "agency": one.agency,
                "at": one.at,
                "outcome": one.outcome.value,
                "incident_id": one.incident_id,
                "json": codec.encode(one).decode(),
            }
            insert_new(db, receipts, [row])


def a_receipt(agency: str = "CTD-KP", outcome: ReceiptOutcome = ReceiptOutcome.CONTROL_DONE) -> Receipt:
    name = ids.receipt_id("x", outcome, agency)
    return Receipt(receipt_id=name, agency=agency, at=NOW, outcome=outcome, incident_id=A, sentence="It is so.")


def test_the_map_has_the_viewers_incidents_and_no_others(database: ThreatDatabase) -> None:
    keep(database, [sample_alert("CTD-KP", 1), sample_alert("CTD-PB", 2)])
    (mine,) = picture.spots(database, KP, Query(), NOW)
    (theirs,) = picture.spots(database, PB, Query(), NOW)
    assert mine.incident_id != theirs.incident_id


def test_an_incident_without_coordinates_is_not_on_the_map(database: ThreatDatabase) -> None:
    alert = sample_alert()
    claim = alert.incident.claim.model_copy(update={"place": None})
    nowhere = alert.incident.model_copy(update={"claim": claim})
    keep(database, [sample_alert(body={"place": None}, incident=nowhere)])
    assert picture.spots(database, KP, Query(), NOW) == []


def test_only_what_was_told_lately_is_read_again(database: ThreatDatabase) -> None:
    old = sample_alert(number=1)
    late = sample_alert(number=2, published_at=old.issued_at + timedelta(minutes=5))
    keep(database, [old, late, sample_alert("CTD-PB", 3, published_at=late.issued_at)])
    (spot,) = picture.spots(database, KP, Query(), NOW, late.issued_at)
    assert spot.incident_id == late.incident_id
    assert picture.told_since(database, KP, late.issued_at) == {late.incident_id}
    assert picture.told_since(database, KP, old.issued_at) == {old.incident_id, late.incident_id}


def test_an_operator_reads_nothing_of_the_picture(database: ThreatDatabase) -> None:
    operator = Viewer("CTD-KP", frozenset({Role.OPERATOR}))
    with pytest.raises(NotAllowed):
        picture.spots(database, operator, Query(), NOW)
    with pytest.raises(NotAllowed):
        picture.receipts_in(database, operator, A)


def test_the_mark_of_news_changes_with_an_own_alert_or_answer_and_with_nothing_else(database: ThreatDatabase) -> None:
    alert = sample_alert()
    marks = [picture.newest(database, KP)]
    keep(database, [alert])
    marks.append(picture.newest(database, KP))
    with database.writing() as db:
        keep_acknowledgements(db, [an_acknowledgement(agency="CTD-KP", alert_id=alert.alert_id)])
    marks.append(picture.newest(database, KP))
    assert len(set(marks)) == 3
    keep(database, [sample_alert("CTD-PB", 2)])
    assert picture.newest(database, KP) == marks[-1]


def test_that_a_receiver_took_it_is_no_persons_answer(database: ThreatDatabase) -> None:
    taken, read = sample_alert(number=1), sample_alert(number=2)
    keep(database, [taken, read])
    with database.writing() as db:
        said = [(taken, AckAction.RECEIVED), (read, AckAction.READ)]
        keep_acknowledgements(
            db, [an_acknowledgement(agency="CTD-KP", alert_id=one.alert_id, action=action) for one, action in said]
        )
    assert picture.answered(database, KP, [taken.alert_id, read.alert_id]) == {read.alert_id}
    assert picture.answered(database, PB, [read.alert_id]) == frozenset()
    assert picture.answered(database, KP, []) == frozenset()


def test_receipts_and_the_hubs_answers_are_read_by_their_agency_alone(database: ThreatDatabase) -> None:
    receipt = a_receipt()
    hear(database, receipt)
    assert picture.receipts_in(database, KP, A) == [receipt]
    assert picture.receipts_in(database, PB, A) == []
    assert picture.hub_said(database, KP, {receipt.receipt_id}) == (True, "It is so.")
    assert picture.hub_said(database, PB, {receipt.receipt_id}) is None


def test_a_refusal_is_told_as_one(database: ThreatDatabase) -> None:
    receipt = a_receipt(outcome=ReceiptOutcome.REJECTED)
    hear(database, receipt)
    assert picture.hub_said(database, KP, {receipt.receipt_id}) == (False, "It is so.")


def test_what_waits_is_read_by_the_hubs_desk_alone(database: ThreatDatabase) -> None:
    with pytest.raises(NotAllowed):
        picture.waiting(database, KP)
    with pytest.raises(NotAllowed):
        picture.ties(database, KP, A)


@pytest.mark.parametrize("last", ["same", "split"])
def test_a_pair_waits_until_a_person_has_decided_it(database: ThreatDatabase, last: str) -> None:
    incidents = told_of(the_blast(), the_raid()).incidents().values()
    hold(database, incidents, [a_link("possible"), a_link("shared_token", minutes=1)])
    (pair,) = picture.waiting(database, DESK)
    assert pair.is_open
    assert {incident.incident_id for incident in pair.incidents} == {A, B}
    hold(database, (), [a_link(last, minutes=2)])
    (pair,) = picture.waiting(database, DESK)
    assert not pair.is_open
    assert [tie.type for tie in picture.ties(database, DESK, A)] == [last, "shared_token", "possible"]


@pytest.mark.parametrize("order", list(permutations((0, 1, 2))))
def test_a_pointer_does_not_make_an_incident_less_grave(database: ThreatDatabase, order: tuple[int, ...]) -> None:
    told = [
        sample_alert(revision=1, body={"severity": Severity.MODERATE}),
        sample_alert(revision=2, body={"severity": Severity.EXTREME}),
        sample_alert(revision=3, body={"severity": Severity.UNKNOWN}, form=Form.POINTER),
    ]
    for number in order:
        keep(database, [told[number]])
    assert rows(database, "SELECT revision, severity, severity_rank > 1 FROM incidents") == [(3, "Extreme", True)]
