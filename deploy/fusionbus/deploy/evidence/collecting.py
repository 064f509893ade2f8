"""Reads what belongs to one incident from the bus: the only file of this package that does."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from fusionbus.contract import topics
from fusionbus.contract.agency import Agency
from fusionbus.contract.codec import Undecodable, decode, decode_registry
from fusionbus.contract.errors import Misconfigured, NotAllowed, RetryLater
from fusionbus.contract.incident import Incident
from fusionbus.contract.records import AuditRecord
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.seals import Seal
from fusionbus.deploy.evidence.package import Collected, Original, purged_at
from fusionbus.deploy.operators.bus import Bus, Written
from fusionbus.deploy.operators.seal_check import Keys, is_signed

MERGES_MAX: Final = 20
"""Incidents that were joined one into another are followed so far."""


def collect(bus: Bus, incident_id: str, exporter: str, keys: Keys) -> Collected:
    """All that the bus has of the incident. Raises: NotAllowed, Misconfigured, RetryLater."""
    agencies = _agencies(bus)
    if exporter not in agencies or not agencies[exporter].reviews:
        raise NotAllowed(f"{exporter} does not work for the hub's desk: only its agencies export evidence.")
    incident = _incident(bus, incident_id)
    seals = [(one.value or b"", seal) for one in bus.read(topics.AUDIT_SEALS) if (seal := _seal(one)) is not None]
    audit = tuple(_decisions(bus, incident, incident_id))
    return Collected(
        incident=incident,
        originals=tuple(_originals(bus, incident)),
        audit=audit,
        seals=tuple(covering(audit, seals, keys)),
        agencies={member.agency: agencies[member.agency] for member in incident.members if member.agency in agencies},
        seal_keys={name: key.public_bytes_raw() for name, key in keys.items()},
    )


def _agencies(bus: Bus) -> dict[str, Agency]:
    found = {}
    for one in bus.read(topics.REGISTRY):
        entry = decode_registry(one.value or b"")
        if isinstance(entry, Agency):
            found[entry.agency] = entry
    return found


def _incident(bus: Bus, incident_id: str) -> Incident:
    """The incident as it stands; of one that was joined to another that other."""
    newest = {one.key: one.value for one in bus.read(topics.INCIDENTS)}
    name = incident_id
    for _ in range(MERGES_MAX):
        incident = decode(Incident, newest.get(name.encode()) or b"")
        if isinstance(incident, Undecodable):
            break
        if incident.merged_into is None:
            return incident
        name = incident.merged_into
    raise Misconfigured(
        f"The hub holds no incident {incident_id}: copy the id from an alert or from `fusionbus review`."
    )


def _originals(bus: Bus, incident: Incident) -> Iterator[Original]:
    """Every revision of the reports behind it that the bus still has; of a purged one none, whatever is still there."""
    wanted = {member.report_id: member.agency for member in incident.members if purged_at(member) is None}
    seen: set[tuple[str, int]] = set()
    for agency in sorted(set(wanted.values())):
        for one in bus.read(topics.reports_topic(agency)):
            report = decode(ThreatReport, one.value or b"")
            if isinstance(report, Undecodable) or wanted.get(report.report_id) != agency:
                continue
            name = report.report_id, report.revision
            if name not in seen and report.agency == agency:
                seen.add(name)
                yield Original(report, one.value or b"")


def _decisions(bus: Bus, incident: Incident, asked: str) -> Iterator[Written]:
    reports = {member.report_id for member in incident.members}
    for one in bus.read(topics.AUDIT):
        record = decode(AuditRecord, one.value or b"")
        if isinstance(record, Undecodable):
            continue
        if record.incident_id in {incident.incident_id, asked} or record.report_id in reports:
            yield one


def _seal(one: Written) -> Seal | None:
    seal = decode(Seal, one.value or b"")
    return None if isinstance(seal, Undecodable) else seal


def covering(audit: Sequence[Written], seals: Iterable[tuple[bytes, Seal]], keys: Keys) -> Iterator[bytes]:
    """The seals from the first to the last of these records, in the order of what they cover, each once.

    Raises: RetryLater where a record is not sealed yet, Misconfigured where a seal is not signed by these keys.
    """
    spans: dict[int, tuple[int, int]] = {}
    for one in audit:
        first, last = spans.get(one.partition, (one.offset, one.offset))
        spans[one.partition] = min(first, one.offset), max(last, one.offset)
    ordered = sorted(seals, key=lambda one: (one[1].head.partition, one[1].first_offset, one[1].head.end_offset))
    covered: dict[int, int] = {}
    for raw, seal in ordered:
        head = seal.head
        first, last = spans.get(head.partition, (0, -1))
        if seal.first_offset > last or head.end_offset <= max(first, covered.get(head.partition, 0)):
            continue
        if fault := is_signed(head, keys):
            raise Misconfigured(f"A seal of the audit proves nothing: {fault}. Run `fusionbus audit verify`.")
        covered[head.partition] = head.end_offset
        yield raw
    if waiting := sum(one.offset >= covered.get(one.partition, 0) for one in audit):
        raise RetryLater(
            f"{waiting} decisions on it wait for a seal: try again in a few seconds, with a hub that runs."
        )
