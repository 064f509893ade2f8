"""The truth beside a file of reports: CSV labels, or what `fusionbus simulate` writes."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

from fusionbus.contract.report import ThreatReport


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of the reports of a file, by report."""

    incident: dict[str, str]
    origin: dict[str, str]
    """Of simulated reports: the report that the origin goes back to."""

    def key(self, report: ThreatReport) -> str:
        """The name under which the labels know this report."""
        return report.report_id if report.report_id in self.incident else report.local_ref


def read_truth(path: Path, subset: str | None = None) -> Truth:
    """The truth in a file; of CSV only the rows of `subset`, where one is named."""
    with path.open(encoding="utf-8", newline="") as lines:
        if path.suffix == ".jsonl":
            rows = [row for row in map(json.loads, lines) if row.get("type") == "report"]
            return Truth(
                {row["report_id"]: row["event"] for row in rows}, {row["report_id"]: row["origin"] for row in rows}
            )
        labels = [row for row in csv.DictReader(lines) if subset in {None, row.get("subset")}]
        return Truth({row["report_id"]: row["incident_id"] for row in labels}, {})
