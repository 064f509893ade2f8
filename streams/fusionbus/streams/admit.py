"""First step: who wrote it may say it, it is well formed, and it was not here before."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from fusionbus.contract import codec, ids, topics
from fusionbus.contract.codec import AnyControl, Undecodable
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.records import RejectReason
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import Kind, MsgType
from fusionbus.streams.registry import Registry
from fusionbus.streams.values import Admitted, Rejection, Repeat, SeenReport
from fusionbus.streams.verify import signature_fault

CLOCK_SKEW_MAX = timedelta(minutes=5)
"""How far ahead an agency's clock may run. Source: Kerberos (RFC 4120) tolerates five minutes for the same reason."""

_SEPARATOR = "\x1f"
_FIRST_VERSION = b'{"schema_version":"1.0",'
"""What a report begins with; digests of the first minor version stay as they are in the hub's state."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as it came: where it lay, who could write there, when the broker took it."""

    topic: str
    key: bytes | None
    value: bytes | None
    published_at: datetime

    @property
    def agency(self) -> str:
        """The writer, by the topic's name: the broker's access rules make it proof."""
        return topics.agency_of(self.topic) or ""


def decode_report(arrival: Arrival, registry: Registry, now: datetime) -> ThreatReport | Rejection:
    """The report, if its writer may send it and it is one; otherwise why not."""
    agency = arrival.agency
    if not registry.knows(agency):
        return Rejection(
            RejectReason.UNKNOWN_AGENCY,
            f"{agency} is not an active agency of this federation: ask the hub to register it.",
        )
    report = codec.decode_report(arrival.value or b"")
    if isinstance(report, Undecodable):
        return _undecodable(report, arrival)
    fault = _fault(report, arrival, now) or _unsigned(report, arrival, registry)
    return report if fault is None else fault


def _fault(report: ThreatReport, arrival: Arrival, now: datetime) -> Rejection | None:
    def refuse(reason: RejectReason, sentence: str, field: str) -> Rejection:
        return Rejection(reason, sentence, field, report.report_id, report.local_ref, report.revision)

    if report.agency != arrival.agency:
        return refuse(
            RejectReason.WRONG_AGENCY,
            f"The report says it is from {report.agency}, and this is the topic of {arrival.agency}: "
            "each agency writes on its own topic, in its own name.",
            "agency",
        )
    if arrival.key != report.report_id.encode():
        return refuse(
            RejectReason.WRONG_KEY,
            "The record's key is not the report_id: set the key, it keeps the revisions of a report in order.",
            "key",
        )
    if report.kind is Kind.ASSESSMENT and report.agency != topics.CENTRE:
        return refuse(
            RejectReason.NOT_YOURS,
            f"An assessment is what the centre itself finds ({topics.CENTRE}): send what you know as another kind.",
            "section.kind",
        )
    latest = now + CLOCK_SKEW_MAX
    if report.reported_at > latest:
        return refuse(
            RejectReason.FUTURE_DATED,
            "reported_at lies in the future: set the clock of the sending machine, or mend the date.",
            "reported_at",
        )
    if report.occurred is not None and report.occurred.start > latest:
        return refuse(
            RejectReason.FUTURE_DATED,
            "occurred begins in the future: a planned act is kind `threat`, with its time in section.expected.",
            "occurred.start",
        )
    return None


def _unsigned(report: ThreatReport, arrival: Arrival, registry: Registry) -> Rejection | None:
    entry = registry.agencies[arrival.agency]
    why = signature_fault(report, arrival.value or b"", arrival.published_at, entry)
    if why is None:
        return None
    return Rejection(RejectReason.BAD_SIGNATURE, why, "signature", report.report_id, report.local_ref, report.revision)


def admit_report(
    report: ThreatReport,
    canonical: bytes,
    seen: SeenReport | None,
    published_at: datetime,
    zone: str,
) -> Admitted | Repeat | Rejection:
    """Whether this revision is news, given what was seen of the report before.

    `canonical` are the report's encoded bytes; `zone` is where a first revision would go.
    """

    def refuse(reason: RejectReason, sentence: str) -> Rejection:
        return Rejection(reason, sentence, "revision", report.report_id, report.local_ref, report.revision)

    digest = digest_of(canonical)
    if seen is None:
        if report.msg_type is MsgType.CANCEL:
            return refuse(RejectReason.UNKNOWN_REPORT, "There is no report with this local_ref to withdraw.")
        return Admitted(report, zone, published_at, digest)
    if report.revision < seen.revision:
        return Repeat(report, seen.revision)
    if report.revision == seen.revision:
        if digest == seen.digest:
            return Repeat(report, seen.revision)
        return refuse(
            RejectReason.CONTENT_CHANGED,
            f"Revision {report.revision} of this report is here with other content: "
            f"send the change as revision {report.revision + 1} with msg_type `update`.",
        )
    if seen.withdrawn:
        return refuse(RejectReason.WITHDRAWN, "This report was withdrawn: send a new one under a new local_ref.")
    if report.msg_type is MsgType.REPORT:
        return refuse(
            RejectReason.CONTENT_CHANGED,
            f"Revision {report.revision} of a known report says what it does: msg_type `update` or `cancel`.",
        )
    return Admitted(report, seen.zone, published_at, digest)


def admit_control(arrival: Arrival, registry: Registry, now: datetime) -> AnyControl | Rejection:
    """The control message, if its writer may send it; otherwise why not."""
    agency = arrival.agency
    if not registry.knows(agency):
        return Rejection(RejectReason.UNKNOWN_AGENCY, f"{agency} is not an active agency of this federation.")
    message = codec.decode_control(arrival.value or b"")
    if isinstance(message, Undecodable):
        return _undecodable(message, arrival)
    if message.agency != agency:
        return Rejection(
            RejectReason.WRONG_AGENCY,
            f"The message says it is from {message.agency}, and this is the topic of {agency}.",
            "agency",
        )
    if message.at > now + CLOCK_SKEW_MAX:
        return Rejection(RejectReason.FUTURE_DATED, "`at` lies in the future: set the clock of this machine.", "at")
    if isinstance(message, Acknowledgement) and message.alert_id != ids.alert_id(
        message.incident_id,
        message.incident_revision,
        agency,
    ):
        return Rejection(
            RejectReason.NOT_YOURS,
            "No such alert was sent to this agency: copy alert_id, incident_id and incident_revision from one alert.",
            "alert_id",
        )
    return message


def digest_of(canonical: bytes) -> str:
    """What tells two contents of one revision apart.

    When it was sent, who sealed it and in which minor version are no content: a script that is run again, also by newer
    software, says the same thing. No mark can stand inside a text, for JSON escapes its quotation marks.
    """
    before, _, after = canonical.partition(b'"reported_at":"')
    before = _FIRST_VERSION + before.partition(b",")[2]
    body, _, _ = after.partition(b'"')[2].rpartition(b',"signature":{')
    told = hashlib.blake2b(before, digest_size=16)
    told.update(body or after.partition(b'"')[2].removesuffix(b"}"))
    return told.hexdigest()


def remember(admitted: Admitted, offset: int) -> bytes:
    """The state to keep of an admitted report, which lay at this offset."""
    report = admitted.report
    gone = "1" if report.msg_type is MsgType.CANCEL else "0"
    day = str(admitted.published_at.date())
    return _SEPARATOR.join((str(report.revision), admitted.zone, admitted.digest, gone, str(offset), day)).encode()


def recall(state: bytes | None) -> SeenReport | None:
    """What was kept of a report."""
    if state is None:
        return None
    revision, zone, digest, gone, offset, *_ = state.decode().split(_SEPARATOR)
    return SeenReport(int(revision), zone, digest, gone == "1", int(offset))


def is_long_past(state: bytes, day: str) -> bool:
    """Whether the report's newest revision was admitted before this day (ISO date)."""
    *_, last = state.decode().split(_SEPARATOR)
    return "-" in last and last < day  # a row of an earlier version ends with an offset: it stays


def _undecodable(fault: Undecodable, arrival: Arrival) -> Rejection:
    """A rejection that names the report as far as the broken message lets us, so that its writer finds it."""
    local_ref = None
    try:
        told = json.loads(arrival.value or b"")
        if isinstance(told, dict) and isinstance(told.get("local_ref"), str):
            local_ref = told["local_ref"][:120]
            local_ref.encode()  # half of a surrogate pair is JSON and no text: it cannot be told back
    except (ValueError, RecursionError):
        local_ref = None
    known = local_ref and ids.report_id(arrival.agency, local_ref)
    return Rejection(fault.reason, fault.sentence, fault.field, known or None, local_ref)
