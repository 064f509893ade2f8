"""The truth beside simulated reports: one row for each line sent, in the same order."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from fusionbus.contract import codec
from fusionbus.contract.report import ThreatReport


class Told(StrEnum):
    """What a line is to its event."""

    ORIGINAL = "original"
    INDEPENDENT = "independent"
    RELAY = "relay"
    UPDATE = "update"
    CANCEL = "cancel"
    REPEAT = "repeat"
    EXERCISE = "exercise"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of an event, for checks that must not trust what agencies write."""

    event: str
    kind: str
    province: str
    district: str
    series: str | None = None
    pattern: str | None = None
    """What a finding should call it: a pattern of payments, or somebody wanted who was met."""
    account: str | None = None
    """The token of the account or paper it is about."""


@dataclass(frozen=True, slots=True)
class Line:
    """One report as sent, and what is true of it."""

    report: ThreatReport
    told: Told
    origin: str
    """The report that its origin goes back to; its own id if it is one."""
    facts: Facts

    def truth(self, number: int) -> dict[str, object]:
        """The row of the truth file; lines are numbered from 1."""
        return {
            "type": "report",
            "line": number,
            "report_id": self.report.report_id,
            "revision": self.report.revision,
            "agency": self.report.agency,
            "status": self.report.status.value,
            "relation": self.told.value,
            "origin": self.origin,
            **asdict(self.facts),
        }


def write(lines: Iterable[Line], reports: Path, truth: Path | None, more: Iterable[dict[str, object]] = ()) -> None:
    """Writes reports and truth as JSON lines; `more` rows end the truth file."""
    rows: list[dict[str, object]] = []
    with reports.open("wb") as out:
        for number, line in enumerate(lines, start=1):
            out.write(codec.encode(line.report) + b"\n")
            rows.append(line.truth(number))
    if truth is not None:
        rows.extend(more)
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        truth.write_text(text, encoding="utf-8")
