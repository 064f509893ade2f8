"""How well a report fits an incident: its nearest member's findings and those on the incident as a whole."""

from dataclasses import dataclass
from math import log2

from fusionbus.contract.vocabulary import Kind, Status
from fusionbus.streams.correlate.candidates import candidates
from fusionbus.streams.correlate.compare import Finding, Reading, compare, findings, weigh
from fusionbus.streams.correlate.families import kind_family
from fusionbus.streams.correlate.open_incidents import Block, OpenIncidents
from fusionbus.streams.correlate.told import Open, Told
from fusionbus.streams.correlate.weights import Weights
from fusionbus.streams.values import Enriched


@dataclass(slots=True)
class Scored:
    """How well a report fits one open incident, by its nearest member."""

    reading: Reading
    incident: Open
    nearest: Told
    whole: list[Finding]
    """What was found on the incident as a whole."""
    bits: float

    @property
    def findings(self) -> list[Finding]:
        """Everything that was weighed; together they weigh `bits`."""
        return findings(self.reading, self.nearest) + self.whole


def scores(enriched: Enriched, told: Told, held: OpenIncidents, weights: Weights) -> list[Scored]:
    """The open incidents worth a look, each with its bits, in no order."""
    return scores_of(told, enriched.report.status, held, weights)


def scores_of(told: Told, status: Status, held: OpenIncidents, weights: Weights) -> list[Scored]:
    """The same for what was told, wherever it is kept."""
    block = held.block(status, kind_family(told.kind))
    if block is None or not block.open:
        return []
    reading, prior = _reading(told, block, weights), _prior(told, block)
    prior_bits = weigh(prior, weights.bits)
    found = []
    for incident in candidates(reading, held, block):
        fit = _fit(reading, incident)
        if fit is not None:
            fit.whole += prior
            fit.bits += prior_bits
            found.append(fit)
    return found


def score_one(enriched: Enriched, told: Told, incident: Open, held: OpenIncidents, weights: Weights) -> Scored | None:
    """How well the report fits this incident, as if it came now; none where nobody's word is left in it."""
    block = held.block(enriched.report.status, kind_family(enriched.report.kind))
    fit = _fit(_reading(told, block, weights), incident) if block is not None else None
    if block is None or fit is None:
        return None
    prior = _prior(told, block)
    fit.whole += prior
    fit.bits += weigh(prior, weights.bits)
    return fit


def between(best: Scored, other: Scored, held: OpenIncidents, status: Status, weights: Weights) -> Scored | None:
    """How well what is nearest in another incident fits the best one, as if it came now."""
    block = held.block(status, kind_family(best.reading.told.kind))
    fit = _fit(_reading(other.nearest, block, weights), best.incident) if block is not None else None
    if block is not None and fit is not None:
        prior = _prior(other.nearest, block)
        fit.whole += prior
        fit.bits += weigh(prior, weights.bits)
    return fit


def _reading(told: Told, block: Block, weights: Weights) -> Reading:
    frequencies = block.frequencies
    return Reading(told, frequencies.bits_of(told.terms), frequencies.bits, weights.bits)


def _prior(told: Told, block: Block) -> list[Finding]:
    """What speaks against any match, before anything is compared."""
    found: list[Finding] = [("prior.open", 1.0), ("prior.crowd", log2(1 + len(block.open)))]
    if told.several:
        found.append(("roundup.told", 1.0))
    return found


def _fit(reading: Reading, incident: Open) -> Scored | None:
    """The nearest member; None where none stands."""
    members = incident.compared
    compared = len(members)
    nearest: Told | None = None
    best, together = 0.0, 0.0
    for member in members:
        bits = compare(reading, member)
        together += bits
        if nearest is None or bits > best:
            nearest, best = member, bits
    if nearest is None:
        return None
    whole = _as_a_whole(reading.told, incident)
    if compared > 1:
        whole += [("others.less", best - together / compared), ("others.count", log2(compared))]
    return Scored(reading, incident, nearest, whole, best + weigh(whole, reading.bits))


def _as_a_whole(told: Told, incident: Open) -> list[Finding]:
    found: list[Finding] = []
    agency, source = told.agency, told.source
    mine = [member for member in incident.told if member.agency == agency]
    if mine:
        register = told.kind is Kind.RECORD and any(member.kind is Kind.RECORD for member in mine)
        found.append(("agency.same_register" if register else "agency.same", 1.0))
    derived = told.derived
    for member in incident.told:
        if (derived or member.derived) and _one_lineage(told, member):
            found.append(("lineage.derived", 1.0))
            break
    if source is not None and any(member.source == source for member in incident.told):
        found.append(("lineage.same_source", 1.0))
    return found


def _one_lineage(told: Told, member: Told) -> bool:
    """Whether one was made out of the other, or both out of a third."""
    if told.report_id in member.derived or member.report_id in told.derived:
        return True
    return not set(told.derived).isdisjoint(member.derived)
