"""The threat database: what is kept of alerts, alike in SQLite and in PostgreSQL."""

import warnings
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from builders import NOW, a_token, an_acknowledgement, minutes
from fusionbus.consumers.handlers import KeepsAcknowledgements
from fusionbus.consumers.handlers.database import DatabaseHandler
from fusionbus.consumers.testing import sample_alert
from fusionbus.consumers.threats import tables_hub, tables_people
from fusionbus.consumers.threats.columns import METADATA
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.report import Entity, Person
from fusionbus.contract.vocabulary import AckAction, AlertKind, AlertMsgType, EntityType, MsgType, SubjectRole
from threats import BOTH, empty_url, keep, rows


@pytest.fixture(params=BOTH)
def handler(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseHandler]:
    with closing(DatabaseHandler(empty_url(request.param, tmp_path, request))) as opened:
        yield opened


def _rows(handler: DatabaseHandler, query: str) -> list[Any]:
    return rows(handler.database, query)


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_an_incident_keeps_its_newest_revision_in_whatever_order_they_come(
    handler: DatabaseHandler, order: tuple[int, ...]
) -> None:
    for revision in order:
        handler.take(sample_alert(revision=revision))
    assert _rows(handler, "SELECT revision, independent_origins FROM incidents") == [(3, 3)]
    assert _rows(handler, "SELECT count(*) FROM alerts") == [(3,)]


@pytest.mark.parametrize("kind", [AlertKind.ESCALATION, AlertKind.DECONFLICTION])
@pytest.mark.parametrize("notice_first", [False, True])
def test_a_notice_takes_nothing_from_what_an_alert_told(
    handler: DatabaseHandler, notice_first: bool, kind: AlertKind
) -> None:
    told = [sample_alert(revision=1), sample_alert(revision=2, kind=kind)]
    for alert in reversed(told) if notice_first else told:
        handler.take(alert)
    assert _rows(handler, "SELECT revision, alert_kind FROM incidents") == [(1, "incident")]
    assert _rows(handler, "SELECT count(*) FROM alerts") == [(2,)]


@pytest.mark.parametrize("withdrawn_first", [False, True])
def test_a_withdrawal_marks_what_came_from_the_report(handler: DatabaseHandler, withdrawn_first: bool) -> None:
    alerts = [
        sample_alert(revision=1),
        sample_alert(
            revision=2,
            kind=AlertKind.RECALL,
            msg_type=AlertMsgType.CANCEL,
            body={"msg_type": MsgType.CANCEL, "narrative": None},
        ),
        sample_alert(number=2),
    ]
    for alert in reversed(alerts) if withdrawn_first else alerts:
        handler.take(alert)
    marks = dict(_rows(handler, "SELECT alert_id, withdrawn_by_revision FROM bodies"))
    assert marks == {alerts[0].alert_id: 2, alerts[1].alert_id: None, alerts[2].alert_id: None}


def test_persons_and_things_are_found_by_token(handler: DatabaseHandler) -> None:
    person = Person(role=SubjectRole.WITNESS, id_tokens=(a_token("cnic", 1),), name_tokens=(a_token("name", 2),))
    entity = Entity(type=EntityType.PHONE, token=a_token("phone", 3))
    alert = sample_alert(body={"persons": (person,), "entities": (entity, entity)})
    handler.take(alert)
    found = _rows(handler, "SELECT token, belongs_to, number FROM tokens ORDER BY token, number")
    assert found == [
        (a_token("cnic", 1), "person", 0),
        (a_token("name", 2), "person_name", 0),
        (a_token("phone", 3), "entity", 0),
        (a_token("phone", 3), "entity", 1),
    ]


def test_a_masked_report_is_kept_without_its_source(handler: DatabaseHandler) -> None:
    handler.take(sample_alert(body={"report_id": None, "agency": None, "unit": None, "local_ref": None}))
    assert _rows(handler, "SELECT report_id, agency FROM bodies") == [(None, None)]


def test_the_newest_word_of_each_kind_is_kept(handler: DatabaseHandler) -> None:
    assert isinstance(handler, KeepsAcknowledgements)
    alert = sample_alert()
    for minute, action, note in ((2, AckAction.USED, "newer"), (1, AckAction.USED, "older"), (1, AckAction.READ, None)):
        handler.acknowledged(
            Acknowledgement(
                agency="CTD-KP",
                at=datetime(2026, 1, 15, 10, minute, tzinfo=UTC),
                alert_id=alert.alert_id,
                incident_id=alert.incident_id,
                incident_revision=1,
                zone=alert.zone,
                action=action,
                note=note,
            )
        )
    assert _rows(handler, "SELECT action, note FROM acknowledgements ORDER BY action") == [
        ("read", None),
        ("used", "newer"),
    ]


def test_hostile_text_is_data(handler: DatabaseHandler) -> None:
    evil = "x'); DROP TABLE alerts; --"
    handler.take(sample_alert(body={"headline": evil}))
    assert _rows(handler, "SELECT headline FROM bodies") == [(evil,)]


def test_characters_that_only_one_database_can_hold_are_kept_in_neither(handler: DatabaseHandler) -> None:
    handler.take(sample_alert(body={"headline": "a\0b", "narrative": "𐍈 \ufeff\u202e end"}))
    assert _rows(handler, "SELECT headline FROM bodies") == [("ab",)]


def test_one_incident_told_to_two_agencies_is_a_row_of_each(handler: DatabaseHandler) -> None:
    for agency in ("CTD-KP", "CTD-PB"):
        handler.take(sample_alert(agency))
    assert _rows(handler, "SELECT recipient, incident_id FROM incidents ORDER BY recipient") == [
        ("CTD-KP", sample_alert().incident_id),
        ("CTD-PB", sample_alert().incident_id),
    ]


def test_a_withdrawal_told_to_one_agency_marks_nothing_of_anothers(handler: DatabaseHandler) -> None:
    handler.take(sample_alert("CTD-PB"))
    handler.take(sample_alert("CTD-KP", revision=2, body={"msg_type": MsgType.CANCEL}))
    assert _rows(handler, "SELECT withdrawn_by_revision FROM bodies WHERE recipient = 'CTD-PB'") == [(None,)]


def test_an_agencys_word_on_an_alert_replaces_no_other_agencys(handler: DatabaseHandler) -> None:
    handler.acknowledged(an_acknowledgement(agency="CTD-PB", note="ours"))
    handler.acknowledged(an_acknowledgement(agency="CTD-SD", note="forged", at=NOW + minutes(9)))
    assert _rows(handler, "SELECT note FROM acknowledgements WHERE agency = 'CTD-PB'") == [("ours",)]


def test_incidents_that_were_found_to_be_one_and_apart_again_are_marked_so(handler: DatabaseHandler) -> None:
    gone, home = sample_alert(number=1), sample_alert(number=2)
    handler.take(gone)
    handler.take(home)
    handler.take(sample_alert(number=2, revision=2, merged_from=(gone.incident_id,)))
    merged = "SELECT merged_into FROM incidents ORDER BY id LIMIT 1"
    assert _rows(handler, merged) == [(home.incident_id,)]
    handler.take(sample_alert(number=2, revision=3, apart_from=(gone.incident_id,)))
    assert _rows(handler, merged) == [(None,)]


def test_a_batch_keeps_what_the_same_alerts_one_by_one_keep(handler: DatabaseHandler, tmp_path: Path) -> None:
    alerts = [
        sample_alert(agency, number, revision=revision)
        for number in (1, 2)
        for revision in (2, 1, 3)
        for agency in ("CTD-KP", "CTD-PB")
    ]
    keep(handler.database, [*alerts, *alerts])
    with closing(DatabaseHandler(f"sqlite:{tmp_path}/one-by-one.db")) as other:
        for alert in alerts:
            other.take(alert)
        for query in (
            "SELECT recipient, incident_id, revision, reports FROM incidents ORDER BY 1, 2",
            "SELECT alert_id, recipient, json FROM alerts ORDER BY 1",
            "SELECT recipient, text FROM texts JOIN incidents USING (id) ORDER BY recipient, incident_id",
        ):
            assert _rows(handler, query) == _rows(other, query)


def test_the_tables_are_those_that_the_migrations_make(handler: DatabaseHandler) -> None:
    def ours(_thing: Any, name: str | None, kind: str, *_more: Any) -> bool:
        return kind != "table" or not (name or "").startswith("texts_words")

    with handler.database.reading() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Alembic cannot compare an index over an expression
        assert tables_hub.links.metadata is tables_people.accounts.metadata is METADATA
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        found = [one for one in compare_metadata(context, METADATA) if "texts_words" not in str(one)]
    assert found == []
