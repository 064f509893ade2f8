"""Incidents as CSV (RFC 4180) that a spreadsheet program opens, in which no cell is a formula."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from fusionbus.consumers.threats.found import IncidentLine
from fusionbus.shell.plain import as_cell

COLUMNS = tuple(IncidentLine.model_fields)


def table(incidents: Iterable[IncidentLine]) -> bytes:
    """A head line and a line for each incident, in UTF-8 with the mark by which Excel knows it, so that Urdu shows."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for line in incidents:
        fields = line.model_dump(mode="json")
        writer.writerow([_cell(fields[name]) for name in COLUMNS])
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> Any:
    return as_cell(value) if isinstance(value, str) else value
