"""The steps of the second hop over a file, without a broker: what would fuse with what, and why."""

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from fusionbus.contract.codec import Undecodable, decode_report
from fusionbus.contract.errors import FixTheReport, Misconfigured
from fusionbus.contract.incident import Incident
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import MsgType
from fusionbus.shell.plain import as_cell
from fusionbus.streams import event_record, incidents
from fusionbus.streams.correlate import OpenIncidents, correlate
from fusionbus.streams.correlate.said import line_of
from fusionbus.streams.enrich import enrich
from fusionbus.streams.values import Enriched, Fresh, Joined, Match

MAPPINGS = ("event-record", "report")


@dataclass(frozen=True, slots=True)
class Fused:
    """What became of one report."""

    report: ThreatReport
    incident_id: str
    match: Match
    again: bool
    """Whether this is a revision of a report that has its incident already."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no report, and why."""

    number: int
    sentence: str


class Fusion:
    """Reports in, in the order of their time; each comes out with its incident."""

    def __init__(self) -> None:
        self.open = OpenIncidents()
        self._incidents: dict[str, Incident] = {}

    def take(self, report: ThreatReport) -> Fused:
        """Where this report belongs, with its own time for `now`."""
        now = report.reported_at
        for gone in self.open.expire(now):
            self._incidents.pop(gone, None)
        enriched = enrich(report)
        match: Match = Fresh()
        held = self.open.incident_of(report.report_id)
        if held is not None:
            incident = _told_again(self._incidents[held], enriched, now)
        else:
            match = correlate(enriched, self.open, now)
            incident = (
                incidents.joined(self._incidents[match.incident_id], enriched, match, now)
                if isinstance(match, Joined)
                else incidents.opened(enriched, now)
            )
        self._incidents[incident.incident_id] = incident
        self.open.put(incident)
        return Fused(report, incident.incident_id, match, again=held is not None)


def _told_again(incident: Incident, enriched: Enriched, now: datetime) -> Incident:
    report = enriched.report
    if report.msg_type is MsgType.CANCEL:
        return incidents.withdrawn(incident, report.report_id, report.revision, now)
    return incidents.revised(incident, enriched, now)


def reader(mapping: str) -> Callable[[str], ThreatReport]:
    """How a line of this mapping becomes a report; what it returns raises FixTheReport."""
    if mapping == "report":
        return _decoded
    if mapping == "event-record":
        records = event_record.committed()
        return lambda line: records.report(_record(line))
    raise Misconfigured(f"There is no mapping `{mapping}`; there are {' and '.join(MAPPINGS)}.")


def fuse(lines: Iterator[str], read: Callable[[str], ThreatReport]) -> Iterator[Fused | BadLine]:
    """What becomes of each line, in order; empty lines are passed over."""
    fusion = Fusion()
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                report = read(line)
            except FixTheReport as exc:
                yield BadLine(number, str(exc))
                continue
            yield fusion.take(report)


def write(found: Iterator[Fused | BadLine], out: Path, explain: Path | None) -> Iterator[Fused | BadLine]:
    """Passes on what was found and writes assignments, and where asked the reasons, as they come."""
    with ExitStack() as stack:
        rows = csv.writer(stack.enter_context(out.open("w", encoding="utf-8", newline="")))
        reasons = stack.enter_context(explain.open("w", encoding="utf-8")) if explain else None
        rows.writerow(["report_id", "incident_id"])
        for one in found:
            if isinstance(one, Fused) and not one.again:
                rows.writerow([as_cell(one.report.local_ref), one.incident_id])
                if reasons is not None:
                    _explain(one, reasons)
            yield one


def _explain(fused: Fused, to: IO[str]) -> None:
    match = fused.match
    said: dict[str, object] = {"report_id": fused.report.local_ref, "incident_id": fused.incident_id}
    if isinstance(match, Joined):
        said |= {"outcome": match.relation.value, "origin": match.origin, "probability": round(match.probability, 4)}
        said["why"] = line_of(match.reasons)
        said["reasons"] = [reason.model_dump() for reason in match.reasons]
    else:
        said["outcome"] = "new"
        said["possible"] = [
            {
                "incident_id": candidate.incident_id,
                "probability": round(candidate.probability, 4),
                "why": line_of(candidate.reasons),
                "reasons": [reason.model_dump() for reason in candidate.reasons],
            }
            for candidate in match.possible
        ]
    to.write(json.dumps(said, ensure_ascii=False) + "\n")


def _decoded(line: str) -> ThreatReport:
    found = decode_report(line.encode())
    if isinstance(found, Undecodable):
        raise FixTheReport(found.sentence)
    return found


def _record(line: str) -> dict[str, object]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as exc:
        raise FixTheReport(f"not JSON ({exc})") from exc
    if not isinstance(record, dict):
        raise FixTheReport("not a JSON object")
    return record
