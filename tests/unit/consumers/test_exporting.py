"""What was found, in the formats of others, and the commands that ask."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import stix2
from typer.testing import CliRunner

from builders import a_token
from fusionbus.consumers.cli import commands
from fusionbus.consumers.testing import sample_alert
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.exporting import Format, export
from fusionbus.consumers.threats.query import Query
from fusionbus.consumers.threats.search import search
from fusionbus.contract.errors import FusionError
from fusionbus.contract.report import Place
from threats import KP, PB, keep, told, with_subjects

FORMULA = '=HYPERLINK("http://example.invalid")'


@pytest.fixture
def database(tmp_path: Path) -> Iterator[ThreatDatabase]:
    with closing(ThreatDatabase(f"sqlite:{tmp_path}/threats.db")) as opened:
        yield opened


def exported(database: ThreatDatabase, how: Format, viewer: Any = KP) -> bytes:
    return export(database, viewer, search(database, viewer, Query()), how).content


def test_a_cell_is_no_formula_and_urdu_is_readable(database: ThreatDatabase) -> None:
    keep(database, [told(1, headline=FORMULA), told(2, headline="دھماکہ")])
    rows = list(csv.DictReader(io.StringIO(exported(database, Format.CSV).decode("utf-8-sig"))))
    assert {row["headline"] for row in rows} == {"'" + FORMULA, "دھماکہ"}
    assert {row["lat"] for row in rows} == {"32.99"}


def test_a_map_gets_points_longitude_first_and_what_has_no_place_too(database: ThreatDatabase) -> None:
    keep(database, [told(1, place=Place(lat=33.5, lon=71.5)), told(2, place=Place())])
    made = json.loads(exported(database, Format.GEOJSON))
    geometries = {feature["id"]: feature["geometry"] for feature in made["features"]}
    assert geometries == {
        told(1).incident_id: {"type": "Point", "coordinates": [71.5, 33.5]},
        told(2).incident_id: None,
    }


def test_a_bundle_holds_each_object_once_and_another_library_reads_it(database: ThreatDatabase) -> None:
    keep(database, [sample_alert(), sample_alert(revision=2), sample_alert(number=2)])
    bundle = stix2.parse(exported(database, Format.STIX).decode())
    names = [one.id for one in bundle.objects]
    assert len(names) == len(set(names))
    assert len([one for one in bundle.objects if one.type == "incident"]) == 2


def test_cap_is_one_document_an_incident_and_the_same_each_time(database: ThreatDatabase) -> None:
    keep(database, [sample_alert(), sample_alert(revision=2), sample_alert(number=2)])
    packed = exported(database, Format.CAP)
    with zipfile.ZipFile(io.BytesIO(packed)) as files:
        named = {sample_alert(revision=2).alert_id, sample_alert(number=2).alert_id}
        assert {name.removesuffix(".xml") for name in files.namelist()} == named
    assert packed == exported(database, Format.CAP)


@pytest.mark.parametrize("how", Format)
def test_no_format_holds_anything_of_another_agency(database: ThreatDatabase, how: Format) -> None:
    keep(database, [told(1, headline="mineonly"), told(1, headline="theirsonly", recipient="CTD-PB")])
    mine, theirs = exported(database, how), exported(database, how, PB)
    if how is Format.CAP:
        mine, theirs = (_unpacked(one) for one in (mine, theirs))
    assert b"mineonly" in mine
    assert b"theirsonly" not in mine
    assert b"theirsonly" in theirs
    assert b"mineonly" not in theirs


def _unpacked(packed: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(packed)) as files:
        return b"".join(files.read(name) for name in files.namelist())


def test_nothing_found_is_a_whole_file_in_every_format(database: ThreatDatabase) -> None:
    assert json.loads(exported(database, Format.STIX)).keys() == {"type", "id"}
    assert _unpacked(exported(database, Format.CAP)) == b""
    assert json.loads(exported(database, Format.GEOJSON))["features"] == []
    assert exported(database, Format.CSV).decode("utf-8-sig").startswith("incident_id,")


def run(database: ThreatDatabase, *words: str, typed: str | None = None) -> Any:
    line = [*words, "--agency", "ctd-kp", "--database", f"sqlite:{database.path}"]
    done = CliRunner().invoke(commands, line, input=typed, env={"COLUMNS": "200"})
    if isinstance(done.exception, FusionError):
        raise done.exception
    return done


def test_the_command_shows_what_is_found_and_writes_files(database: ThreatDatabase, tmp_path: Path) -> None:
    keep(database, [told(1, headline="Blast [bold]x[/]\x1b[2J"), told(2, headline="other", recipient="CTD-PB")])
    shown = run(database, "search", "blast", "--near", "33,70.6,50").output
    assert "Blast [bold]x[/]" in shown
    assert "\x1b" not in shown
    assert "1 of 1 incidents" in shown
    run(database, "search", "--format", "csv", "--out", str(tmp_path / "found.csv"))
    assert "other" not in (tmp_path / "found.csv").read_text(encoding="utf-8")
    with pytest.raises(FusionError, match=r"cannot be written \(No such file"):
        run(database, "search", "--format", "json", "--out", str(tmp_path / "no" / "folder"))
    with pytest.raises(FusionError, match="--format 'x' is not known"):
        run(database, "search", "--format", "x")


def test_an_officer_is_told_hit_or_no_hit(database: ThreatDatabase) -> None:
    keep(database, [with_subjects("CTD-KP", 1)])
    hit = run(database, "check", "-", typed=a_token("plate", 2) + "\n")
    assert hit.exit_code == 0
    assert "call: Duty desk, Police Khyber Pakhtunkhwa" in hit.output
    missed = run(database, "check", a_token("plate", 3))
    assert (missed.exit_code, "No hit" in missed.output) == (1, True)
    with pytest.raises(FusionError, match="token: string should match pattern"):
        run(database, "check", "LEA-1234")


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    line = ["search", "--agency", "CTD-KP", "--database", f"sqlite:{tmp_path}/none.db"]
    assert "There is no threat database at" in str(CliRunner().invoke(commands, line).exception)
    assert list(tmp_path.iterdir()) == []
