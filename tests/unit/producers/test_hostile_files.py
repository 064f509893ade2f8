"""Files made to hurt: bombs are refused in a sentence and in no time, names lead nowhere, formulas stay text."""

import csv
import io
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from fusionbus.contract.errors import FusionError, Misconfigured
from fusionbus.producers.cli import commands
from fusionbus.producers.mapping import load_mapping
from fusionbus.producers.rows import EMPTY_ROWS_MAX, UNPACKED_BYTES_MAX, open_sheet

TIPS = load_mapping("tip-line")
SOON_S = 10.0
"""Each takes a second at the most; a bomb that goes off takes minutes, or all memory."""
SHEET = "xl/worksheets/sheet1.xml"
ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUSION_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FUSION_BOOTSTRAP", "127.0.0.1:1")


@contextmanager
def soon() -> Iterator[None]:
    begun = time.process_time()
    yield
    assert time.process_time() - begun < SOON_S


def a_book(tmp_path: Path, change: Callable[[str, bytes], bytes], claims: int = 0) -> Path:
    """A small XLSX file, each part of it changed; with `claims` its sheet says that it unpacks to so many bytes."""
    book, plain, file = openpyxl.Workbook(), io.BytesIO(), tmp_path / "tips.xlsx"
    sheet = book.active
    assert sheet is not None
    sheet.append(["Call ID", "What was said"])
    sheet.append(["1", "made up"])
    book.save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        if claims:
            new.getinfo(SHEET).file_size = claims
    return file


def in_sheet(change: Callable[[bytes], bytes]) -> Callable[[str, bytes], bytes]:
    return lambda name, old: change(old) if name == SHEET else old


def test_a_book_that_would_unpack_to_a_flood_is_refused(tmp_path: Path) -> None:
    file = a_book(tmp_path, in_sheet(bytes), claims=UNPACKED_BYTES_MAX)
    with soon(), pytest.raises(Misconfigured, match="would unpack to"):
        open_sheet(file, TIPS)


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "entities that stand for a billion others": lambda xml: (
        b'<!DOCTYPE x [<!ENTITY e0 "boom">'
        + ENTITIES.encode()
        + b"]>"
        + xml.replace(b"<sheetData>", b"<sheetData>&e9;")
    ),
    "an entity that is a file of this machine": lambda xml: (
        b'<!DOCTYPE x [<!ENTITY own SYSTEM "file:///etc/hostname">]>' + xml.replace(b"Call ID", b"&own;")
    ),
    "XML that ends early": lambda xml: xml[: len(xml) // 2],
    "a row number beyond all bounds": lambda xml: xml.replace(b'r="2"', b'r="99999999999"'),
    "a row number that is none": lambda xml: xml.replace(b'r="2"', b'r="two"'),
    "a column beyond all bounds": lambda xml: xml.replace(b'r="A2"', b'r="ZZZZZZZ2"'),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_sheet_made_to_hurt_is_refused_or_read_in_no_time(how: str, tmp_path: Path) -> None:
    file = a_book(tmp_path, in_sheet(BROKEN[how]))
    with soon():
        try:
            rows = list(open_sheet(file, TIPS).rows)
        except Misconfigured as exc:
            assert file.name in str(exc)  # noqa: PT017 - either is well, a traceback or a hang is not
        else:
            assert len(rows) <= 1
            assert not any("boom" in str(row.cells) for row in rows)


def test_a_sheet_cannot_be_counted_through_for_ever(tmp_path: Path) -> None:
    file = a_book(
        tmp_path, in_sheet(lambda xml: re.sub(rb"<dimension[^>]*>", b"", xml).replace(b'r="2"', b'r="99999999999"'))
    )
    with soon(), pytest.raises(Misconfigured, match=f"more than {EMPTY_ROWS_MAX:,} empty rows"):
        list(open_sheet(file, TIPS).rows)


def test_a_mapping_that_stands_for_a_billion_values_is_refused(tmp_path: Path) -> None:
    bomb = "a: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    path = tmp_path / "bomb.yaml"
    path.write_text(bomb, encoding="utf-8")
    with soon(), pytest.raises(Misconfigured, match="alias"):
        load_mapping(str(path))


# -- formulas ---------------------------------------------------------------------------------------------------------
def test_rejects_hold_no_formula_and_can_be_mended_and_imported_again(tmp_path: Path) -> None:
    said = '=HYPERLINK("http://x.invalid?"&A1,"open")'
    file, rejects = tmp_path / "calls.csv", tmp_path / "rejects.csv"
    headings = ["Call ID", "Received", "District", "Place", "What was said", "Channel", "Vehicle No"]
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([headings, ["+92-1", "not a date", "-", "@home", said, "web", ""]])
    words = ["import", str(file), "--mapping", "tip-line", "--agency", "NACTA-TIPS", "--dry-run"]
    assert CliRunner().invoke(commands, [*words, "--rejects", str(rejects)]).exit_code == 1
    with rejects.open(encoding="utf-8-sig", newline="") as stream:
        shown = list(csv.reader(stream))
    assert [cell for row in shown for cell in row if cell[:1] in tuple("=+-@\t\r")[:4] and cell] == []
    assert f"'{said}" in shown[1]
    mended = [[cell.replace("not a date", "01-11-2026 10:00") for cell in row] for row in shown]
    with rejects.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows(mended)
    (row,) = open_sheet(rejects, TIPS).rows
    assert row.cells["what was said"] == said
    assert row.cells["call id"] == "+92-1"


# -- names that lead elsewhere ----------------------------------------------------------------------------------------
TRICKS = ("../../IB", "/etc/passwd", "IB/../CTD-KP", "IB\\..\\x", "IB\n", "IB\x00", "..", "%2e%2e", "IB;rm -rf x")


@pytest.mark.parametrize("trick", TRICKS)
def test_no_agencys_name_leads_out_of_its_folder(trick: str, tmp_path: Path) -> None:
    calls = tmp_path / "calls.csv"
    calls.write_text("Call ID,Received,What was said,Channel\n1,01-11-2026 10:00,made up,web\n", encoding="utf-8")
    before = set(tmp_path.rglob("*"))
    for words in (
        ["outbox", "send", "--agency", trick],
        ["outbox", "status", "--agency", trick],
        ["import", str(calls), "--mapping", "tip-line", "--agency", trick, "--outbox"],
    ):
        done = CliRunner().invoke(commands, words)
        assert isinstance(done.exception, FusionError | SystemExit), words
        assert done.exit_code != 0, words
    assert {path for path in set(tmp_path.rglob("*")) - before if path.is_file()} == set()


@pytest.mark.parametrize("trick", ["/etc/passwd", "../../../../etc/passwd", "..", "station-register/../x", "\x00"])
def test_a_mapping_that_is_another_file_tells_nothing_of_it(trick: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        load_mapping(trick)
    assert "root:" not in str(caught.value)
