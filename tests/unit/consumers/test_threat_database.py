"""The threat database in its first form."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from builders import a_token
from fusionbus.consumers.handlers import KeepsAcknowledgements
from fusionbus.consumers.handlers.sqlite import SqliteHandler
from fusionbus.consumers.testing import sample_alert
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.contract.report import Entity, Person
from fusionbus.contract.vocabulary import AckAction, AlertKind, AlertMsgType, EntityType, MsgType, SubjectRole


@pytest.fixture
def handler(tmp_path: Path) -> Iterator[SqliteHandler]:
    with closing(SqliteHandler(tmp_path / "threats.db")) as opened:
        yield opened


def _rows(handler: SqliteHandler, query: str) -> list[Any]:
    with closing(sqlite3.connect(handler.path)) as database:
        return database.execute(query).fetchall()


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_an_incident_keeps_its_newest_revision_in_whatever_order_they_come(
    handler: SqliteHandler, order: tuple[int, ...]
) -> None:
    for revision in order:
        handler.take(sample_alert(revision=revision))
    assert _rows(handler, "SELECT revision, independent_origins FROM incidents") == [(3, 3)]
    assert _rows(handler, "SELECT count(*) FROM alerts") == [(3,)]


@pytest.mark.parametrize("kind", [AlertKind.ESCALATION, AlertKind.DECONFLICTION])
@pytest.mark.parametrize("notice_first", [False, True])
def test_a_notice_takes_nothing_from_what_an_alert_told(
    handler: SqliteHandler, notice_first: bool, kind: AlertKind
) -> None:
    told = [sample_alert(revision=1), sample_alert(revision=2, kind=kind, recipient="NACTA")]
    for alert in reversed(told) if notice_first else told:
        handler.take(alert)
    assert _rows(handler, "SELECT revision, alert_kind FROM incidents") == [(1, "incident")]
    assert _rows(handler, "SELECT count(*) FROM alerts") == [(2,)]


@pytest.mark.parametrize("withdrawn_first", [False, True])
def test_a_withdrawal_marks_what_came_from_the_report(handler: SqliteHandler, withdrawn_first: bool) -> None:
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


def test_persons_and_things_are_found_by_token(handler: SqliteHandler) -> None:
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


def test_a_masked_report_is_kept_without_its_source(handler: SqliteHandler) -> None:
    handler.take(sample_alert(body={"report_id": None, "agency": None, "unit": None, "local_ref": None}))
    assert _rows(handler, "SELECT report_id, agency FROM bodies") == [(None, None)]


def test_the_newest_word_of_each_kind_is_kept(handler: SqliteHandler) -> None:
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


def test_hostile_text_is_data(handler: SqliteHandler) -> None:
    evil = "x'); DROP TABLE alerts; --"
    handler.take(sample_alert(body={"headline": evil}))
    assert _rows(handler, "SELECT headline FROM bodies") == [(evil,)]


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, " * 100, encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"notes\.txt is not a threat database"):
        SqliteHandler(tmp_path / "notes.txt")


def test_a_database_of_a_newer_version_is_left_alone(handler: SqliteHandler) -> None:
    with closing(sqlite3.connect(handler.path)) as database:
        database.execute("UPDATE schema_version SET version = 9")
        database.commit()
    with pytest.raises(Misconfigured, match="version 9, this software knows 1"):
        SqliteHandler(handler.path)


def test_a_locked_database_can_be_tried_again(handler: SqliteHandler) -> None:
    with (
        closing(SqliteHandler(handler.path, busy_s=0.05)) as impatient,
        closing(sqlite3.connect(handler.path)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RetryLater, match="cannot be written now"):
            impatient.take(sample_alert())
        other.rollback()
        impatient.take(sample_alert())
    assert _rows(handler, "SELECT count(*) FROM alerts") == [(1,)]
