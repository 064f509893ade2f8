"""What the demo sends: the scenario among simulated reports, in order of time, and messages that must be refused."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from fusionbus.contract import codec, ids, topics
from fusionbus.contract.base import SCHEMA_VERSION
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.handling import Handling
from fusionbus.contract.records import RejectReason
from fusionbus.contract.report import REPORT_BYTES_MAX, Place, ThreatReport
from fusionbus.contract.sections import IncidentSection
from fusionbus.contract.vocabulary import TLP, MsgType, Province, Status
from fusionbus.deploy.demo_evidence import Bad, Expectation
from fusionbus.deploy.demo_oracle import Told


@dataclass(frozen=True, slots=True)
class Traffic:
    """Lines to replay with what is true of each, and what a person expects of the scenario."""

    told: tuple[Told, ...]
    expectations: tuple[Expectation, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """A raw record to be refused."""

    bad: Bad
    key: bytes
    value: bytes

    @property
    def record(self) -> tuple[str, bytes, bytes]:
        """Topic, key and value."""
        return topics.reports_topic(self.bad.agency), self.key, self.value


def read(pairs: Iterable[tuple[Path, Path]]) -> Traffic:
    """The reports of several files with their truth, oldest first. Raises: Misconfigured where they do not fit."""
    told: list[Told] = []
    expectations: list[Expectation] = []
    for reports, truth in pairs:
        rows = [json.loads(line) for line in truth.read_text(encoding="utf-8").splitlines()]
        lines = reports.read_bytes().splitlines()
        facts = [row for row in rows if row["type"] == "report"]
        if len(lines) != len(facts):
            raise Misconfigured(
                f"{reports} has {len(lines)} reports and {truth} tells of {len(facts)}: make both anew."
            )
        told.extend(_told(line, row, reports) for line, row in zip(lines, facts, strict=True))
        expectations.extend(
            Expectation(row["event"], tuple(row["must"]), tuple(row["never"]))
            for row in rows
            if row["type"] == "incident"
        )
    told.sort(key=lambda each: each.report.reported_at)
    return Traffic(tuple(told), tuple(expectations))


def ends_of(path: Path) -> tuple[datetime, datetime]:
    """When the first and the last report of a file were reported; they are in this order."""
    lines = path.read_bytes().splitlines()
    first, last = (datetime.fromisoformat(json.loads(lines[n])["reported_at"]) for n in (0, -1))
    return first, last


def _told(line: bytes, row: dict[str, Any], where: Path) -> Told:
    report = codec.decode_report(line)
    if isinstance(report, Undecodable):
        raise Misconfigured(f"{where}, line {row['line']}: {report.sentence}")
    if (report.report_id, report.revision) != (row["report_id"], row["revision"]):
        raise Misconfigured(f"{where}, line {row['line']}: the truth tells of another report: make both anew.")
    return Told(report, row["relation"], row["event"], row["origin"], row["district"])


_FUTURE: Final = timedelta(days=2)


def bad_messages(now: datetime) -> tuple[Message, ...]:
    """One message for each way to be refused at the door."""
    strange = codec.encode(_plain("POLICE-KP", "version", now)).replace(SCHEMA_VERSION.encode(), b"9.0", 1)
    gone = _plain("CTD-SD", "unknown", now, msg_type=MsgType.CANCEL, revision=2)
    return (
        _raw("POLICE-PB", "broken JSON", RejectReason.NOT_JSON, b'{"report_id": "half of a rep'),
        _raw("POLICE-SD", "oversized", RejectReason.TOO_LARGE, b'"' + b"x" * (REPORT_BYTES_MAX + 1) + b'"'),
        _raw(
            "POLICE-KP",
            "unknown version",
            RejectReason.UNKNOWN_VERSION,
            strange,
        ),
        _raw("ANF", "binary", RejectReason.NOT_JSON, bytes(range(128, 256)) * 4),
        _raw("NCCIA", "no field fits", RejectReason.SCHEMA, b'{"schema_version":"1.0","agency":"NCCIA"}'),
        _raw("PFC-SD", "wrong key", RejectReason.WRONG_KEY, codec.encode(_plain("PFC-SD", "key", now))),
        _report("CTD-BA", "another agency's name", RejectReason.WRONG_AGENCY, _plain("CTD-KP", "stranger", now)),
        _report("CTD-SD", "withdraws the unknown", RejectReason.UNKNOWN_REPORT, gone),
        _report("POLICE-BA", "future", RejectReason.FUTURE_DATED, _plain("POLICE-BA", "future", now + _FUTURE)),
    )


def _raw(agency: str, what: str, reason: RejectReason, value: bytes) -> Message:
    return Message(Bad(agency, what, reason.value), b"some key", value)


def _report(agency: str, what: str, reason: RejectReason, report: ThreatReport) -> Message:
    return Message(Bad(agency, what, reason.value), report.report_id.encode(), codec.encode(report))


def test_report(agency: str, province: Province, number: int, at: datetime) -> Told:
    """A report of status Test, which the hub carries like any other and which only testers receive."""
    place = Place(province=province)
    report = _plain(agency, f"warm-up-{number}", at, status=Status.TEST, place=place)
    return Told(report, "original", f"warm-up {province}", report.report_id, "")


def _plain(agency: str, name: str, at: datetime, *, status: Status = Status.ACTUAL, **more: Any) -> ThreatReport:
    local_ref = f"DEMO/{name}/{at.astimezone(UTC):%Y%m%d%H%M%S%f}"
    return ThreatReport(
        report_id=ids.report_id(agency, local_ref),
        agency=agency,
        local_ref=local_ref,
        status=status,
        reported_at=at,
        narrative="A message of the demo itself.",
        handling=Handling(tlp=TLP.GREEN),
        section=IncidentSection(),
        **more,
    )
