"""An XLSX file of which any one part can be any bytes: the checksums of a zip would hide the parts from a fuzzer."""

import io
import zipfile
from datetime import datetime
from functools import cache

import openpyxl

_ROWS = (
    ("FIR No", "Date", "Police Station", "Offence", "Narrative", "Accused Phone", "Killed"),
    ("1/26", datetime(2026, 11, 14, 21, 40), "Sadar", "Firing", "Two men fired.", "0300-0000001", 1),  # noqa: DTZ001 - as spreadsheets are
)


@cache
def parts() -> dict[str, bytes]:
    """The parts of a good file, the sheet first."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in _ROWS:
        sheet.append(row)
    made = io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as whole:
        found = {name: whole.read(name) for name in whole.namelist()}
    return dict(sorted(found.items(), key=lambda part: ("sheet1" not in part[0], part[0])))


def workbook(part: int, content: bytes) -> bytes:
    """The file with one of its parts replaced by these bytes."""
    names = list(parts())
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as whole:
        for name, good in parts().items():
            whole.writestr(name, content if name == names[part % len(names)] else good)
    return made.getvalue()
