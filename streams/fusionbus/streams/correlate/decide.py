"""The decision: score the likeliest open incidents, weigh them against each other, and say why."""

from datetime import datetime
from math import log2

from fusionbus.contract.incident import Incident, Member, Reason
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import Kind, Status
from fusionbus.streams.correlate.compare import time
from fusionbus.streams.correlate.echo import echo_of
from fusionbus.streams.correlate.open_incidents import OpenIncidents
from fusionbus.streams.correlate.said import reasons_of
from fusionbus.streams.correlate.score import Scored, between, score_one, scores, scores_of
from fusionbus.streams.correlate.told import Open, Told, compared_of, told_by, told_of
from fusionbus.streams.correlate.weights import Weights, committed
from fusionbus.streams.values import Candidate, Enriched, Fresh, Joined, Match

POSSIBLE_MAX = 5
"""Doubtful incidents shown to a person; nobody reads more."""
RIVALS_COMPARED_MAX = 4
"""The best and at most so many rivals are held against each other, and only in doubt."""
ONE_EVENT_MIN = 0.75
"""Probability from which two incidents that a report fits alike are one event, as across zones."""
_BITS_MAX = 60.0
TEXT_SHOWN_MAX = 2_000
"""Characters of a report in which the words are looked up that its reasons show: as much as is read of it."""


def correlate(enriched: Enriched, open_incidents: OpenIncidents, now: datetime) -> Match:
    """The open incident this report tells of, or a fresh one; the window is kept by `OpenIncidents.expire`."""
    del now  # every comparison is between times that reports state
    return decide(enriched, open_incidents, committed())


def decide(enriched: Enriched, open_incidents: OpenIncidents, weights: Weights) -> Match:
    """The decision by these weights; what the centre found tells of many events, and is never one with any."""
    if enriched.report.kind is Kind.ASSESSMENT:
        return Fresh()
    told = told_by(enriched)
    open_incidents.decided(enriched.claim, told)
    report = enriched.report
    found = scores(enriched, told, open_incidents, weights)
    return _weighed(told, found, open_incidents, report.status, weights, text=_text(report))


def _text(report: ThreatReport) -> str:
    return f"{report.headline or ''} {report.narrative or ''}"[:TEXT_SHOWN_MAX]


def correlate_member(member: Member, incident_id: str, status: Status, open_incidents: OpenIncidents) -> Match:
    """The open incident that tells of what this report of another tells, or a fresh one where there is none."""
    told, weights = told_of(member), committed()
    scored = scores_of(told, status, open_incidents, weights)
    others = [each for each in scored if each.incident.incident_id != incident_id]
    return _weighed(told, others, open_incidents, status, weights)


def _weighed(
    told: Told, scored: list[Scored], held: OpenIncidents, status: Status, weights: Weights, *, text: str = ""
) -> Match:
    if not scored:
        return Fresh()
    scored.sort(key=lambda s: (-s.bits, s.incident.incident_id))
    odds = list(map(_odds, scored))
    best = scored[0]
    total = 1.0 + sum(odds) + odds[0] * double_of(best, weights)
    probability = odds[0] / total
    also = _also(scored, held, status, weights) if probability < weights.merge else []
    if also:
        total -= sum(map(_odds, also))
        probability = odds[0] / total
    if probability >= weights.merge:
        relation, origin = echo_of(told, best.incident)
        names = tuple(each.incident.incident_id for each in also)
        why = _reasons(best, total, weights, text=text)
        return Joined(best.incident.incident_id, relation, origin, probability, why, names)
    shares = [share for share in (each / total for each in odds[:POSSIBLE_MAX]) if share >= weights.possible]
    doubtful = zip(
        scored, shares, strict=False
    )  # from the most probable down, so the first are those that are possible
    return Fresh(
        tuple(
            Candidate(s.incident.incident_id, share, _reasons(s, total, weights, named=False)) for s, share in doubtful
        )
    )


def _also(scored: list[Scored], held: OpenIncidents, status: Status, weights: Weights) -> list[Scored]:
    """The rivals of the best incident that tell of the same event as it: they make no doubt which event is told of.

    Only looked for where rivals alone keep a report from joining; two that are one must say so by themselves.
    """
    best = scored[0]
    if _alone(best, weights) < weights.merge:
        return []
    found = []
    for other in scored[1:RIVALS_COMPARED_MAX]:
        near = between(best, other, held, status, weights) if _alone(other, weights) >= weights.merge else None
        if near is not None and _alone(near, weights) >= ONE_EVENT_MIN:
            found.append(other)
    return found


def _alone(scored: Scored, weights: Weights) -> float:
    """The probability of this incident without any rival."""
    odds = _odds(scored)
    return odds / (1.0 + odds * (1.0 + double_of(scored, weights)))


def no_longer_fits(enriched: Enriched, incident: Incident, open_incidents: OpenIncidents) -> Candidate | None:
    """How badly a corrected report fits the rest of its incident, where it would not be put there today; else none."""
    report, weights = enriched.report, committed()
    rest = Open(incident.incident_id)
    rest.told = [told_of(member) for member in incident.members if member.report_id != report.report_id]
    rest.compared = compared_of(rest.told)
    scored = score_one(enriched, told_by(enriched), rest, open_incidents, weights)
    if scored is None:
        return None
    total = 1.0 + _odds(scored) * (1.0 + double_of(scored, weights))
    probability = _odds(scored) / total
    if probability >= weights.merge:
        return None
    return Candidate(incident.incident_id, probability, _reasons(scored, total, weights))


def double_of(scored: Scored, weights: Weights) -> float:
    """How often what fits best is another attack like it, which no report here tells of: the less exact the times."""
    when = time(scored.reading.told, scored.nearest)
    return next((share for level, share in weights.doubles.items() if when.startswith(level)), 0.0)


def _odds(scored: Scored) -> float:
    return float(2.0 ** max(-_BITS_MAX, min(scored.bits, _BITS_MAX)))


def _reasons(
    scored: Scored, total: float, weights: Weights, *, named: bool = True, text: str = ""
) -> tuple[Reason, ...]:
    """Every field's bits; they sum to the log-odds of the probability that was given.

    Of a possible pair nothing is named: links are kept longer than the reports.
    """
    rivals = -log2(max(1.0, total - _odds(scored)))
    return reasons_of(scored, rivals, weights, named=named, text=text)
