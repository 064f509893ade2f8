"""Backups are whole or refused, in a sentence; a threat database is copied while it is written to."""

import json
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from builders import NOW, a_subscription, an_agency, an_alert
from fusionbus.consumers.handlers import Taken
from fusionbus.consumers.handlers.database import DatabaseHandler
from fusionbus.contract import ids
from fusionbus.contract.agency import Removal, registry_key
from fusionbus.contract.codec import encode
from fusionbus.contract.errors import FusionError, Misconfigured, RetryLater
from fusionbus.deploy.backup import database_copy, desk, manifest, registry_copy
from fusionbus.deploy.cli import commands

SUBSCRIPTION = a_subscription()
ENTRIES = {registry_key(entry): encode(entry) for entry in (an_agency(), an_agency(agency="IB"), SUBSCRIPTION)}


def run(*words: str) -> str:
    """What the command says; its fault is raised."""
    done = CliRunner().invoke(commands, words)
    if isinstance(done.exception, FusionError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def threats(tmp_path: Path) -> Path:
    """A threat database of one alert."""
    path = tmp_path / "threats.db"
    handler = DatabaseHandler(f"sqlite:{path}")
    handler.take(an_alert())
    handler.close()
    return path


@pytest.fixture
def kept(tmp_path: Path, threats: Path) -> Path:
    """A backup of it."""
    run("backup", str(tmp_path / "kept"), "--no-registry", "--database", str(threats))
    return tmp_path / "kept"


def alerts_in(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("SELECT count(*) FROM alerts").fetchone()[0])


def test_a_backup_is_its_owners_alone_counts_its_rows_and_leaves_nothing_unfinished(kept: Path, threats: Path) -> None:
    (part,) = manifest.read(kept).parts
    assert (part.name, part.counts["alerts"], part.origin) == ("threats.db", 1, str(threats))
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept.iterdir()} == {0o600}
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    assert sorted(path.name for path in kept.parent.iterdir() if path.is_dir()) == ["kept"]


def test_a_database_in_use_is_copied_as_of_one_moment_and_put_back_under_its_receiver(
    tmp_path: Path, threats: Path
) -> None:
    handler = DatabaseHandler(f"sqlite:{threats}")  # its log (WAL) holds what the file does not
    handler.take(an_alert(alert_id=ids.alert_id("i", 2, "IB")))
    run("backup", str(tmp_path / "two"), "--no-registry", "--database", str(threats))
    handler.take(an_alert(alert_id=ids.alert_id("i", 3, "IB")))
    assert alerts_in(threats) == 3
    with pytest.raises(Misconfigured, match="is there already, with 3 alerts: --replace"):
        run("restore", str(tmp_path / "two"), "--database", str(threats))
    assert "would be as it was" in run(
        "restore", str(tmp_path / "two"), "--database", str(threats), "--replace", "--dry-run"
    )
    assert alerts_in(threats) == 3
    run("restore", str(tmp_path / "two"), "--database", str(threats), "--replace")
    assert alerts_in(threats) == 2
    assert handler.take(an_alert()) is Taken.REPEAT
    assert handler.take(an_alert(alert_id=ids.alert_id("i", 3, "IB"))) is Taken.NEW
    handler.close()


def test_older_backups_are_deleted_when_that_is_asked_for_and_nothing_else_is(tmp_path: Path, threats: Path) -> None:
    words = ("--no-registry", "--database", str(threats))
    for name in ("old", "new"):
        run("backup", str(tmp_path / "all" / name), *words)
    says(made_at="2026-01-01T00:00:00Z")(tmp_path / "all" / "old")
    (tmp_path / "all" / "letters").mkdir()
    (tmp_path / "all" / "letters" / manifest.NAME).write_text('{"made_at": "2020-01-01T00:00:00Z"}', encoding="utf-8")
    said = run("backup", str(tmp_path / "all" / "newest"), *words, "--keep-days", "30")
    assert "old was older than 30 days and is deleted." in said
    assert sorted(path.name for path in (tmp_path / "all").iterdir()) == ["letters", "new", "newest"]


def test_a_lost_database_comes_back(tmp_path: Path, kept: Path) -> None:
    back = tmp_path / "elsewhere.db"
    assert "1 alerts" in run("restore", str(kept), "--database", str(back))
    assert stat.S_IMODE(back.stat().st_mode) == 0o600
    handler = DatabaseHandler(f"sqlite:{back}")
    assert handler.take(an_alert()) is Taken.REPEAT
    handler.close()


def test_a_database_that_somebody_holds_is_not_touched(
    tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_copy, "BUSY_S_MAX", 0.1)
    back = tmp_path / "held.db"
    run("restore", str(kept), "--database", str(back))
    with closing(sqlite3.connect(back, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(RetryLater, match="stop the program that holds it"):
            database_copy.put_back(kept / "threats.db", back)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def says(**changes: object) -> Callable[[Path], None]:
    """The manifest with other fields."""

    def change(folder: Path) -> None:
        told = json.loads((folder / manifest.NAME).read_text(encoding="utf-8"))
        (folder / manifest.NAME).write_text(json.dumps(told | changes), encoding="utf-8")

    return change


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda folder: cut(folder / "threats.db"), "threats.db is damaged"),
        (lambda folder: flip(folder / "threats.db"), "threats.db is damaged"),
        (lambda folder: (folder / "threats.db").unlink(), "lacks .*threats.db"),
        (lambda folder: cut(folder / manifest.NAME), "manifest.json is damaged|is whole"),
        (lambda folder: (folder / manifest.NAME).write_text("{", encoding="utf-8"), "manifest.json is damaged"),
        (lambda folder: (folder / manifest.NAME).unlink(), "holds no backup: manifest.json cannot be read"),
        (says(format="tar"), "not of fusionbus"),
        (says(format_version=2), "made by a newer fusionbus"),
        (says(wire="9.0"), "holds wire 9.0 and this software speaks"),
        (
            says(
                parts=[{"name": "../x", "kind": "database", "sha256": "0" * 64, "size": 0, "counts": {}, "origin": ""}]
            ),
            "name",
        ),
    ],
)
def test_a_damaged_or_foreign_backup_is_refused_before_anything_is_written(
    tmp_path: Path, kept: Path, damage: Callable[[Path], None], sentence: str
) -> None:
    damage(kept)
    if "whole" in sentence:
        return  # the manifest's last byte is a line's end: nothing is lost with it
    with pytest.raises(Misconfigured, match=sentence):
        run("restore", str(kept), "--database", str(tmp_path / "back.db"))
    assert not (tmp_path / "back.db").exists()


def test_a_backup_is_refused_where_one_is_and_of_what_is_no_threat_database(tmp_path: Path, kept: Path) -> None:
    with pytest.raises(Misconfigured, match="is there already: a backup goes into a new folder"):
        run("backup", str(kept), "--no-registry", "--database", str(kept / "threats.db"))
    text, other = tmp_path / "text.db", tmp_path / "other.db"
    text.write_text("no database", encoding="utf-8")
    with closing(sqlite3.connect(other)) as database:
        database.execute("CREATE TABLE mine (x)")
    for path, sentence in (
        (text, "is no database"),
        (other, "no threat database of fusionbus"),
        (tmp_path / "none.db", "is not there"),
    ):
        with pytest.raises(Misconfigured, match=sentence):
            run("backup", str(tmp_path / "new"), "--no-registry", "--database", str(path))
        assert not (tmp_path / "new").exists()
    with pytest.raises(Misconfigured, match="Nothing to back up"):
        run("backup", str(tmp_path / "new"), "--no-registry")


# -- the registry as a file -------------------------------------------------------------------------------------------
@given(st.dictionaries(st.text(max_size=20), st.text(max_size=60).map(str.encode), max_size=8))
def test_any_registry_of_text_reads_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, entries: dict[str, bytes]
) -> None:
    path = tmp_path_factory.mktemp("registry") / registry_copy.FILE
    registry_copy.write(path, entries)
    assert registry_copy.read(path, registry_copy.counts(entries)) == entries


def test_entries_are_counted_by_type_and_a_file_that_holds_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / registry_copy.FILE
    registry_copy.write(path, ENTRIES)
    assert registry_copy.counts(ENTRIES) == {"agency": 2, "subscription": 1}
    with pytest.raises(Misconfigured, match="does not hold what its manifest counts"):
        registry_copy.read(path, {"agency": 3})


def test_a_plan_writes_what_is_missing_names_what_differs_and_leaves_the_rest() -> None:
    gone = Removal(subscription_id=SUBSCRIPTION.subscription_id, agency="CTD-KP", removed_at=NOW)
    there = {
        "agency:IB": json.dumps(json.loads(ENTRIES["agency:IB"]), indent=1).encode(),  # the same, written otherwise
        registry_key(SUBSCRIPTION): encode(gone),
        "agency:FIA": encode(an_agency(agency="FIA")),
    }
    todo = registry_copy.plan(ENTRIES, there)
    assert todo.missing == ("agency:CTD-KP",)
    assert todo.differing == (registry_key(SUBSCRIPTION),)
    assert (todo.same, todo.only_there) == (1, 1)


def test_a_registry_without_a_common_agency_is_foreign_unless_one_is_empty() -> None:
    others = {"agency:FIA": b"{}"}
    assert registry_copy.is_foreign(ENTRIES, others)
    assert not registry_copy.is_foreign(ENTRIES, ENTRIES)
    assert not registry_copy.is_foreign(ENTRIES, {})


def test_a_database_of_the_backup_is_chosen_by_name_or_as_the_only_one(tmp_path: Path) -> None:
    one, two = (
        manifest.Part(name=name, kind="database", sha256="0" * 64, size=0, counts={}, origin="") for name in ("a", "b")
    )
    at = datetime.now(UTC)
    both = manifest.Manifest(made_at=at, software="1", parts=(one, two))
    assert desk.part_for(both, tmp_path / "b") == two
    assert desk.part_for(manifest.Manifest(made_at=at, software="1", parts=(one,)), tmp_path / "c") == one
    with pytest.raises(Misconfigured, match=r"no database called c; it has a, b"):
        desk.part_for(both, tmp_path / "c")
