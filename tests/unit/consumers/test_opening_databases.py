"""Opening a threat database: made, brought up to date, or refused in a sentence that holds no password."""

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fusionbus.consumers.handlers import Taken, open_handler
from fusionbus.consumers.handlers.database import DatabaseHandler
from fusionbus.consumers.testing import sample_alert
from fusionbus.consumers.threats.columns import when
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.query import Query
from fusionbus.consumers.threats.search import incident_page, search
from fusionbus.contract import codec
from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.contract.vocabulary import AlertMsgType, MsgType
from postgresql import PostgreSQL
from threats import BOTH, KP, PB, empty_url, rows

SECRET = "zarghunpassword"
FIRST_FORM = """
CREATE TABLE schema_version (version INTEGER NOT NULL);
CREATE TABLE incidents (incident_id TEXT PRIMARY KEY);
CREATE TABLE alerts (alert_id TEXT PRIMARY KEY, incident_id TEXT REFERENCES incidents, received_at TEXT, json TEXT);
CREATE TABLE bodies (alert_id TEXT PRIMARY KEY REFERENCES alerts);
CREATE TABLE persons (alert_id TEXT REFERENCES alerts);
CREATE TABLE entities (alert_id TEXT REFERENCES alerts);
CREATE TABLE tokens (token TEXT, alert_id TEXT REFERENCES alerts);
CREATE TABLE acknowledgements (alert_id TEXT, action TEXT, opinion TEXT, agency TEXT, by TEXT, at TEXT, note TEXT);
CREATE INDEX incidents_by_time ON incidents (incident_id);
INSERT INTO schema_version VALUES (1);
"""


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, " * 100, encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"notes\.txt is not a threat database"):
        ThreatDatabase(f"sqlite:{tmp_path}/notes.txt")


@pytest.mark.parametrize("kind", BOTH)
def test_a_database_of_a_newer_version_is_left_alone(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = empty_url(kind, tmp_path, request)
    with closing(ThreatDatabase(url)) as database, database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Misconfigured, match="of version 9999, this software knows 0"):
        ThreatDatabase(url)


def test_a_locked_file_can_be_tried_again(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path}/threats.db"
    with (
        closing(DatabaseHandler(url, busy_s=0.05)) as impatient,
        closing(sqlite3.connect(tmp_path / "threats.db")) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RetryLater, match="cannot be written now"):
            impatient.take(sample_alert())
        other.rollback()
        assert impatient.take(sample_alert()) is Taken.NEW


def test_a_database_of_the_first_form_is_brought_up_to_date_with_all_that_it_held(tmp_path: Path) -> None:
    told = [
        sample_alert(revision=1),
        sample_alert("CTD-PB", revision=1),
        sample_alert(revision=2, msg_type=AlertMsgType.CANCEL, body={"msg_type": MsgType.CANCEL}),
    ]
    at = datetime(2026, 2, 1, tzinfo=UTC)
    with closing(sqlite3.connect(tmp_path / "threats.db")) as before:
        before.executescript(FIRST_FORM)
        before.execute("INSERT INTO incidents VALUES (?)", (told[0].incident_id,))
        for alert in told:
            row = (alert.alert_id, alert.incident_id, when(at), codec.encode(alert).decode())
            before.execute("INSERT INTO alerts VALUES (?, ?, ?, ?)", row)
            before.execute("INSERT INTO bodies VALUES (?)", (alert.alert_id,))
        said = (told[0].alert_id, "used", "", "CTD-KP", "Desk", when(at), "Two arrests.")
        before.execute("INSERT INTO acknowledgements VALUES (?, ?, ?, ?, ?, ?, ?)", said)
        before.commit()
    for _ in range(2):
        with closing(ThreatDatabase(f"sqlite:{tmp_path}/threats.db")) as database:
            page = incident_page(database, KP, told[0].incident_id)
            assert page is not None
            assert [stored.alert for stored in page.alerts] == [told[0], told[2]]
            assert [stored.withdrawn_by_revision for stored in page.alerts] == [2, None]
            assert [one.note for one in page.alerts[0].said] == ["Two arrests."]
            assert page.alerts[0].received_at == at
            assert search(database, PB, Query(text="bomb")).total == 1
            assert rows(database, "SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'") == [(0,)]


def test_tables_of_others_are_not_touched(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "theirs.db")) as other:
        other.execute("CREATE TABLE alerts (x TEXT)")
    with pytest.raises(Misconfigured, match=r"holds tables of others \(alerts\): name another database"):
        ThreatDatabase(f"sqlite:{tmp_path}/theirs.db")


@pytest.mark.parametrize("kind", BOTH)
def test_many_may_open_a_new_database_at_once(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = empty_url(kind, tmp_path, request)
    faults: list[Exception] = []

    def take(number: int) -> None:
        try:
            with closing(DatabaseHandler(url, busy_s=30)) as handler:
                handler.take(sample_alert(number=number))
                handler.take(sample_alert(number=99))
        except Exception as exc:  # noqa: BLE001 - a thread's fault has to be seen outside
            faults.append(exc)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with closing(ThreatDatabase(url)) as database:
        assert rows(database, "SELECT count(*) FROM alerts") == [(5,)]


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://fusion:{SECRET}@{{}}/nowhere",
        f"postgresql://nobody:{SECRET}@{{}}/postgres",
        f"mysql://fusion:{SECRET}@127.0.0.1/threats",
        f"postgresql//{SECRET}",
        f"postgresql://fusion:{SECRET}@127.0.0.1:x/threats",
        "sqlite:",
        "sqlite:///:memory:",
    ],
)
def test_what_cannot_be_opened_is_one_sentence_without_the_password(url: str, postgresql: PostgreSQL) -> None:
    meant = url.replace("@{}", "@").replace("/nowhere", f"/nowhere?host={postgresql.folder}")
    meant = meant.replace("/postgres", f"/postgres?host={postgresql.folder}")
    with pytest.raises(Misconfigured) as caught:
        open_handler(f"database:{meant}")
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_that_does_not_answer_can_be_tried_again(tmp_path: Path) -> None:
    with pytest.raises(RetryLater, match="does not answer") as caught:
        ThreatDatabase(f"postgresql://fusion:{SECRET}@/threats?host={tmp_path}")
    assert SECRET not in str(caught.value)


def test_a_server_that_restarts_is_asked_anew(postgresql: PostgreSQL) -> None:
    with closing(DatabaseHandler(postgresql.new_database())) as handler:
        handler.take(sample_alert())
        postgresql.control("restart")
        assert handler.take(sample_alert()) is Taken.REPEAT
