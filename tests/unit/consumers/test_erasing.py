"""What a recipient keeps of a report that may not be kept: nothing, wherever its handlers put it."""

import io
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from builders import a_token
from desks import wait_for
from fusionbus.consumers.append_file import AppendFile
from fusionbus.consumers.dead_letters import DeadLetters, RawAlert
from fusionbus.consumers.delivery import Delivery
from fusionbus.consumers.handlers import Handler, Taken
from fusionbus.consumers.handlers.database import DatabaseHandler
from fusionbus.consumers.handlers.jsonl import JsonlHandler
from fusionbus.consumers.handlers.terminal import TerminalHandler
from fusionbus.consumers.settings import ConsumerSettings
from fusionbus.consumers.stopping import Stop
from fusionbus.consumers.testing import RecordingHandler, sample_alert
from fusionbus.consumers.threats.columns import METADATA
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.errors import FixTheReport
from fusionbus.contract.incident import Claim
from fusionbus.contract.keeping import Erasure
from fusionbus.contract.records import RejectReason
from fusionbus.contract.report import Entity, Person
from fusionbus.contract.vocabulary import AlertKind, AlertMsgType, EntityType, MsgType, Sex, Status, SubjectRole
from postgresql import PostgreSQL

MARK = "zarghunmarker"
OTHER = "what another agency said"


def marked(number: int = 1, revision: int = 1, **changes: Any) -> Alert:
    """An alert whose report, and the incident's summary with it, hold the marker wherever words may stand."""
    body: dict[str, Any] = {
        "headline": f"Blast {MARK}",
        "narrative": f"It went off near the {MARK}. " * 200,
        "tearline": MARK,
        "unit": MARK,
        "persons": (Person(role=SubjectRole.WITNESS, released_name=f"{MARK} Khan", sex=Sex.MALE),),
        "entities": (Entity(type=EntityType.PHONE, token=a_token(), released_value=f"{MARK} 0300"),),
    }
    alert = sample_alert(number=number, revision=revision, body=body, **changes)
    view = alert.incident.model_copy(update={"claim": Claim(headline=f"Blast {MARK}", actor=MARK)})
    return alert.model_copy(update={"incident": view})


def beside(number: int = 1, revision: int = 2) -> Alert:
    """Another report on the same incident: its words stand, the summary was made from both."""
    alert = sample_alert(number=number, revision=revision, body={"headline": OTHER, "narrative": OTHER})
    return alert.model_copy(update={"incident": alert.incident.model_copy(update={"claim": Claim(headline=MARK)})})


def purge_of(*alerts: Alert, revision: int = 9) -> Alert:
    """The hub's order to erase these."""
    order = sample_alert(
        revision=revision,
        kind=AlertKind.RECALL,
        msg_type=AlertMsgType.CANCEL,
        body={"msg_type": MsgType.CANCEL, "headline": None, "narrative": None, "unit": None, "local_ref": None},
    )
    erasure = Erasure(alerts=tuple(alert.alert_id for alert in alerts), incidents=(alerts[0].incident_id,))
    view = order.incident.model_copy(update={"claim": Claim(headline=OTHER)})
    return order.model_copy(update={"erase": erasure, "incident": view})


def files_hold(folder: Path, word: str) -> list[str]:
    """The files below a folder that hold a word in any place, a database's free pages too."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and word.encode() in path.read_bytes())


def texts(folder: Path) -> dict[str, str]:
    """Every stored alert by its id, as its handler keeps it."""
    if (folder / "alerts.sqlite").exists():
        with closing(sqlite3.connect(folder / "alerts.sqlite")) as database:
            return dict(database.execute("SELECT alert_id, json FROM alerts").fetchall())
    lines = (folder / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
    return {json.loads(line)["alert_id"]: line for line in lines}


@pytest.fixture(params=["sqlite", "jsonl"])
def handler(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Handler]:
    path = tmp_path / f"alerts.{request.param}"
    opened: Handler = DatabaseHandler(f"sqlite:{path}") if request.param == "sqlite" else JsonlHandler(path)
    with closing(opened):
        yield opened


def test_after_a_purge_no_byte_of_the_report_is_in_any_file_and_other_reports_stand(
    handler: Handler, tmp_path: Path
) -> None:
    alerts = [marked(), beside(), marked(revision=3), sample_alert(number=2)]
    for alert in alerts:
        handler.take(alert)
    assert files_hold(tmp_path, MARK)
    assert handler.take(purge_of(alerts[0], alerts[2])) is Taken.NEW
    assert files_hold(tmp_path, MARK) == []
    assert files_hold(tmp_path, OTHER)
    assert files_hold(tmp_path, alerts[3].body.headline or "")


def test_an_erased_alert_that_comes_again_is_not_taken_again(handler: Handler, tmp_path: Path) -> None:
    first = marked()
    handler.take(first)
    order = purge_of(first)
    handler.take(order)
    assert handler.take(first) is Taken.REPEAT
    assert handler.take(order) is Taken.REPEAT
    assert files_hold(tmp_path, MARK) == []


def test_what_is_left_is_who_told_it_when_and_under_which_markings(tmp_path: Path) -> None:
    first = marked()
    with closing(DatabaseHandler(f"sqlite:{tmp_path}/threats.db")) as handler:
        handler.take(first)
        handler.take(purge_of(first))
    with closing(sqlite3.connect(tmp_path / "threats.db")) as database:
        (text,) = database.execute("SELECT json FROM alerts WHERE alert_id = ?", (first.alert_id,)).fetchone()
        left = database.execute(
            "SELECT (SELECT count(*) FROM persons) + (SELECT count(*) FROM entities) + (SELECT count(*) FROM tokens)"
        )
        assert left.fetchone() == (0,)
        (headline,) = database.execute("SELECT headline FROM incidents").fetchone()
    kept = codec.decode(Alert, text.encode())
    assert isinstance(kept, Alert)
    assert (kept.body.report_id, kept.body.agency, kept.handling.tlp) == (
        first.body.report_id,
        first.body.agency,
        first.handling.tlp,
    )
    assert kept.issued_at == first.issued_at
    assert headline == OTHER


def test_an_exercise_is_erased_alone(handler: Handler, tmp_path: Path) -> None:
    drill, actual = marked(number=7, status=Status.EXERCISE), marked(number=8)
    handler.take(drill)
    handler.take(actual)
    order = purge_of(drill)
    handler.take(order.model_copy(update={"incident_id": drill.incident_id, "status": Status.EXERCISE}))
    kept = texts(tmp_path)
    assert MARK not in kept[drill.alert_id]
    assert MARK in kept[actual.alert_id]


def test_a_database_from_before_is_written_anew_once_so_that_old_free_pages_go(tmp_path: Path) -> None:
    path = tmp_path / "threats.db"
    with closing(DatabaseHandler(f"sqlite:{path}")) as handler:
        handler.take(marked())
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA secure_delete = OFF")
        for table in ("texts", "bodies", "persons", "entities", "tokens", "alerts", "incidents"):
            database.execute(f"DELETE FROM {table}")  # noqa: S608 - the tables named here
        database.execute("INSERT INTO texts_words (texts_words) VALUES ('optimize')")
        database.execute("PRAGMA user_version = 0")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert files_hold(tmp_path, MARK)
    DatabaseHandler(f"sqlite:{path}").close()
    assert files_hold(tmp_path, MARK) == []


def test_a_reader_of_the_database_delays_the_emptying_of_its_log_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "threats.db"
    with closing(DatabaseHandler(f"sqlite:{path}", busy_s=0.05)) as handler:
        handler.take(marked())
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM alerts").fetchone()
            handler.take(purge_of(marked()))
            reader.execute("COMMIT")
        handler.take(sample_alert(number=3))
        assert files_hold(tmp_path, MARK) == []


def test_a_dead_letter_loses_its_body_and_keeps_its_digest(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path / "letters.jsonl")
    failing = RecordingHandler(failures=[FixTheReport("no room for this one")])
    delivery = Delivery("CTD-KP", [failing], dead_letters=letters, settings=ConsumerSettings(), stop=Stop())
    for offset, alert in enumerate((marked(), purge_of(marked()))):
        delivery.deliver(RawAlert("alerts-CTD-KP", 0, offset, b"key", codec.encode(alert)))
    letters.write(RawAlert("alerts-CTD-KP", 0, 9, b"k", b"other"), Undecodable(RejectReason.NOT_JSON, "It is no JSON."))
    letters.close()
    first, second = (tmp_path / "letters.jsonl").read_text().splitlines()
    assert '"body_base64":""' in first
    assert '"body_bytes":0' not in first
    assert '"body_base64":"b3RoZXI="' in second


def test_the_screen_tells_a_person_what_to_erase() -> None:
    shown = io.StringIO()
    TerminalHandler(shown, width=200).take(purge_of(marked()))
    assert f"every copy of what you had by alert {marked().alert_id}" in shown.getvalue()


def test_a_file_is_rewritten_for_every_process_that_has_it_open(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    one, other = AppendFile(path, "alert_id"), AppendFile(path, "alert_id")
    with closing(one), closing(other):
        lines = [b'{"alert_id":"%036d"}' % number for number in range(4)]
        one.append("0" * 36, lines[0])
        assert other.rewrite(lambda line: line.replace(b"}", b',"left":1}'))
        assert not other.rewrite(lambda line: line)
        assert one.append(f"{1:036d}", lines[1])
        assert other.append(f"{2:036d}", lines[2])
        assert not one.append("0" * 36, lines[0])
    found = path.read_bytes().splitlines()
    assert found == [lines[0].replace(b"}", b',"left":1}'), lines[1], lines[2]]
    assert [name.name for name in tmp_path.iterdir()] == ["lines.jsonl"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_lines_that_come_while_a_file_is_rewritten_are_all_there_after(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"

    def append(start: int) -> None:
        with closing(AppendFile(path, "alert_id")) as file:
            for number in range(start, start + 100):
                file.append(f"{number:036d}", b'{"alert_id":"%036d"}' % number)

    threads = [threading.Thread(target=append, args=(start,)) for start in (0, 100)]
    for thread in threads:
        thread.start()
    with closing(AppendFile(path, "alert_id")) as file:
        for number in range(50):
            file.rewrite(lambda line, number=number: line.split(b"}")[0] + b"}%d" % number)  # type: ignore[misc]
    for thread in threads:
        thread.join()
    assert len(path.read_bytes().splitlines()) == 200


def test_in_postgresql_no_row_holds_anything_of_a_purged_report_and_others_stand(postgresql: PostgreSQL) -> None:
    with closing(DatabaseHandler(postgresql.new_database())) as handler:
        for alert in (marked(), beside(), marked(revision=3), sample_alert(number=2)):
            handler.take(alert)
        theirs = marked().model_copy(update={"recipient": "CTD-PB", "alert_id": sample_alert("CTD-PB").alert_id})
        handler.take(theirs)
        handler.take(purge_of(marked(), marked(revision=3)))
        with handler.database.reading() as connection:
            held = {
                (table.name, row.get("recipient"))
                for table in METADATA.sorted_tables
                for row in connection.execute(table.select()).mappings()
                if any(MARK in str(value) for value in row.values())
            }
        wait_for(lambda: _vacuumed(handler) >= {"alerts", "bodies", "texts"})
    assert {recipient for _, recipient in held} <= {"CTD-PB", None}  # another recipient has its own order
    assert ("texts", None) in held
    assert ("alerts", "CTD-PB") in held


def _vacuumed(handler: DatabaseHandler) -> set[str]:
    """Tables of which PostgreSQL says so; it says it a moment later."""
    with handler.database.reading() as connection:
        asked = "SELECT relname FROM pg_stat_user_tables WHERE last_vacuum IS NOT NULL"
        return set(connection.exec_driver_sql(asked).scalars())
