"""How well a report fits an incident: its nearest member's findings and those on the incident as a whole."""

from dataclasses import dataclass
from math import log2

from fusionbus.contract.vocabulary import Kind
from fusionbus.streams.correlate.candidates import candidates
from fusionbus.streams.correlate.compare import Finding, Reading, compare, weigh
from fusionbus.streams.correlate.families import kind_family
from fusionbus.streams.correlate.open_incidents import Open, OpenIncidents
from fusionbus.streams.correlate.told import Told, told_by
from fusionbus.streams.correlate.weights import Weights
from fusionbus.streams.values import Enriched

MEMBERS_COMPARED_MAX = 3
"""Members of one incident that a report is compared with, the first one and the latest: a fourth changed no score."""


@dataclass(slots=True)
class Scored:
    """How well a report fits one open incident."""

    incident: Open
    nearest: Told
    findings: list[Finding]
    bits: float


def scores(enriched: Enriched, held: OpenIncidents, weights: Weights) -> list[Scored]:
    """The open incidents worth a look, each with its findings and bits, in no order."""
    report = enriched.report
    block = held.block(report.status, kind_family(report.kind))
    if block is None or not block.open:
        return []
    told = told_by(enriched)
    linked = report.source.derived_from
    rarity = held.frequencies.bits
    reading = Reading(told, {term: rarity(term) for term in told.terms}, rarity, weights.bits)
    crowd = log2(1 + len(block.open))
    found = []
    for incident in candidates(reading, linked, held, block):
        scored = _fit(reading, incident)
        if scored is not None:
            whole = _as_a_whole(told, linked, incident, crowd)
            scored.findings += whole
            scored.bits += weigh(whole, weights.bits)
            found.append(scored)
    return found


def _fit(reading: Reading, incident: Open) -> Scored | None:
    """The nearest member; None where every member is hopelessly far."""
    members = incident.told
    if len(members) > MEMBERS_COMPARED_MAX:
        members = [members[0], *members[1 - MEMBERS_COMPARED_MAX :]]
    nearest: Scored | None = None
    together, compared = 0.0, 0
    for member in members:
        if member.withdrawn:
            continue
        findings, bits = compare(reading, member)
        together += bits
        compared += 1
        if nearest is None or bits > nearest.bits:
            nearest = Scored(incident, member, findings, bits)
    if nearest is not None and compared > 1:
        others = [("others.less", nearest.bits - together / compared), ("others.count", log2(compared))]
        nearest.findings += others
        nearest.bits += weigh(others, reading.bits)
    return nearest


def _as_a_whole(told: Told, linked: tuple[str, ...], incident: Open, crowd: float) -> list[Finding]:
    found: list[Finding] = [("prior.open", 1.0), ("prior.crowd", crowd)]
    mine = [member for member in incident.told if member.agency == told.agency]
    if mine:
        register = told.kind is Kind.RECORD and any(member.kind is Kind.RECORD for member in mine)
        found.append(("agency.same_register" if register else "agency.same", 1.0))
    if told.several:
        found.append(("roundup.told", 1.0))
    if linked and any(member.report_id in linked for member in incident.told):
        found.append(("lineage.derived", 1.0))
    if told.source is not None and any(member.source == told.source for member in incident.told):
        found.append(("lineage.same_source", 1.0))
    return found
