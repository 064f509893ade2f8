"""Reads spreadsheets: CSV, XLSX and flat JSON lines, one row at a time, with the number that the user sees."""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, Final
from zipfile import ZipFile

from fusionbus.contract.errors import FusionError, Misconfigured
from fusionbus.producers.mapping import Mapping
from fusionbus.shell.plain import from_cell

CELL_CHARACTERS_MAX: Final = 100_000
"""Of one cell; an XLSX cell holds 32,767 and a report's narrative 20,000."""
COLUMNS_MAX: Final = 1_000
EMPTY_ROWS_MAX: Final = 20_000
"""One after the other: a second of reading; a sheet may claim a thousand million of them."""
UNPACKED_BYTES_MAX: Final = 268_435_456
"""Of an XLSX file, unpacked: 256 MiB hold some million rows of a register; a bomb of 40 kB may claim gigabytes."""
SAMPLE_CHARACTERS: Final = 8_192

Cell = str | datetime | date


@dataclass(frozen=True, slots=True)
class Row:
    """One row that is not empty: its number as a spreadsheet shows it, and its cells by folded heading."""

    number: int
    cells: dict[str, Cell]
    fault: str | None = None
    """Why it could not be read as a row at all."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file's headings as written, and its rows."""

    headings: tuple[str, ...] | None
    """None for JSON lines: each may have others."""
    rows: Iterator[Row]


def fold_heading(heading: str) -> str:
    """The heading without regard to letter case and blanks."""
    return " ".join(heading.split()).casefold()


def open_sheet(file: Path, mapping: Mapping) -> Sheet:
    """The headings and rows of a file.

    Raises: Misconfigured when it cannot be read or is none of CSV, XLSX and JSONL.
    """
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        raise Misconfigured(f"{file.name} is none of {', '.join(_READERS)}: save it as one of them.")
    try:
        return reader(file, mapping)
    except OSError as exc:
        raise Misconfigured(f"{file} cannot be read ({exc.strerror}): check the name.") from exc
    except UnicodeDecodeError as exc:
        raise Misconfigured(
            f"{file.name} is not UTF-8 text: in the spreadsheet program save it as “CSV UTF-8”, or as XLSX."
        ) from exc


def _csv(file: Path, mapping: Mapping) -> Sheet:
    encoding = _encoding(file)
    with file.open(encoding=encoding, newline="") as stream:
        sample = stream.read(SAMPLE_CHARACTERS)
    first = next(iter(sample.splitlines()[mapping.heading_row - 1 :]), "")
    delimiter = max(",;\t|", key=first.count)
    csv.field_size_limit(CELL_CHARACTERS_MAX)
    lines = csv.reader(_text_lines(file, encoding), delimiter=delimiter)
    return _sheet(file, _numbered(file, lines), mapping)


def _encoding(file: Path) -> str:
    with file.open("rb") as raw:
        return "utf-16" if raw.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _text_lines(file: Path, encoding: str) -> Iterator[str]:
    with file.open(encoding=encoding, newline="") as stream:
        yield from stream


def _numbered(file: Path, lines: Iterator[list[str]]) -> Iterator[list[Any]]:
    try:
        yield from lines
    except UnicodeDecodeError as exc:
        raise Misconfigured(f"{file.name} is not UTF-8 text throughout: save it as “CSV UTF-8”, or as XLSX.") from exc
    except csv.Error as exc:
        raise Misconfigured(f"{file.name} is not CSV ({exc}): look for a quotation mark that is not closed.") from exc


def _xlsx(file: Path, mapping: Mapping) -> Sheet:
    return _sheet(file, _xlsx_lines(file, mapping.sheet), mapping)


def _xlsx_lines(file: Path, name: str | None) -> Iterator[list[Any]]:
    """The rows of the sheet of this name, or the first. Raises: Misconfigured, at any row: they are read one by one."""
    from openpyxl import load_workbook  # noqa: PLC0415 - a third of a second; other commands need not

    try:
        with file.open("rb") as stream:  # openpyxl leaves a file open that it opened and could not read
            _refuse_bomb(file, stream)
            sheet = _named_sheet(file, load_workbook(stream, read_only=True, data_only=True), name)
            yield from _lines(file, sheet.iter_rows(values_only=True, max_col=COLUMNS_MAX))
    except (OSError, FusionError):
        raise
    except Exception as exc:
        # openpyxl has no error of its own: a damaged file ends in whatever its parts happen to hit (found by fuzzing:
        # ParseError, KeyError, IndexError, TypeError, ValueError, zlib.error and more).
        raise Misconfigured(f"{file.name} is no XLSX file: open it in a spreadsheet program and save it anew.") from exc


def _refuse_bomb(file: Path, stream: IO[bytes]) -> None:
    with ZipFile(stream) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())  # zipfile unpacks no more than it says here
    if unpacked > UNPACKED_BYTES_MAX:
        raise Misconfigured(
            f"{file.name} would unpack to {unpacked:,} bytes and the limit is {UNPACKED_BYTES_MAX:,}: save it as CSV, "
            "or in parts."
        )


def _named_sheet(file: Path, book: Any, name: str | None) -> Any:
    if name is not None and name not in book.sheetnames:
        raise Misconfigured(f"{file.name} has no sheet `{name}`; it has {', '.join(book.sheetnames)}.")
    return book[name or book.sheetnames[0]]


def _lines(file: Path, rows: Iterator[tuple[Any, ...]]) -> Iterator[list[Any]]:
    """The rows; up to a row number out of all bounds they would be empty for ever."""
    empty = 0
    for row in rows:
        empty = 0 if any(row) else empty + 1
        if empty > EMPTY_ROWS_MAX:
            raise Misconfigured(
                f"{file.name} has more than {EMPTY_ROWS_MAX:,} empty rows one after the other: delete them in the "
                "spreadsheet program, also below the last one, and save it anew."
            )
        yield list(row)


def _sheet(file: Path, lines: Iterator[list[Any]], mapping: Mapping) -> Sheet:
    headings: list[str] = []
    for _ in range(mapping.heading_row):
        headings = [from_cell(str(cell).strip()) if cell is not None else "" for cell in next(lines, [])]
    if not any(headings):
        raise Misconfigured(f"{file.name} has no headings in row {mapping.heading_row}.")
    folded = [fold_heading(heading) for heading in headings]
    doubled = next((name for name in folded if name and folded.count(name) > 1), None)
    if doubled is not None:
        raise Misconfigured(f"{file.name} has two columns `{doubled}`: rename one.")
    return Sheet(tuple(filter(None, headings)), _rows(folded, lines, mapping.heading_row + 1))


def _rows(headings: list[str], lines: Iterator[list[Any]], number: int) -> Iterator[Row]:
    for at, line in enumerate(lines, start=number):
        cells = {name: _cell(value) for name, value in zip(headings, line, strict=False) if name}
        if any(cells.values()):
            yield Row(at, cells)


def _jsonl(file: Path, mapping: Mapping) -> Sheet:
    del mapping  # it has no heading row and no sheets
    file.open("rb").close()
    return Sheet(None, _json_rows(file))


def _json_rows(file: Path) -> Iterator[Row]:
    with file.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            try:
                found = json.loads(line.decode("utf-8-sig"))
            except (ValueError, RecursionError):
                found = None
            if isinstance(found, dict):
                yield Row(number, {fold_heading(name): _cell(value) for name, value in found.items()})
            else:
                yield Row(number, {}, "the line is not a JSON object")


def _cell(value: Any) -> Cell:
    if isinstance(value, datetime | date):
        return value
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # a spreadsheet keeps a phone number or a CNIC as a number
    return from_cell(str(value).strip()[:CELL_CHARACTERS_MAX])


_READERS: Final[dict[str, Callable[[Path, Mapping], Sheet]]] = {".csv": _csv, ".xlsx": _xlsx, ".jsonl": _jsonl}
