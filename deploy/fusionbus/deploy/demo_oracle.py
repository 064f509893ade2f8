"""Who must, may and must never receive a report: the demo's own reading of the routing rules.

It shares no code with the hub. Where an agency left a field empty the hub may read it from the text; there the answer
is "may", for this file reads no text.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from fusionbus.contract.agency import Agency, Subscription
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import TLP, Certainty, Kind, Severity, Status, Urgency
from fusionbus.deploy.agencies import Federation

NATIONAL_CENTRE: Final = "NACTA"
"""It runs the hub; whether that puts it inside every originator's circle is the federation's decision: "may"."""

_RANK: Final = (Severity.UNKNOWN, Severity.MINOR, Severity.MODERATE, Severity.SEVERE, Severity.EXTREME)
_KM_A_DEGREE: Final = 111.2


class Answer(IntEnum):
    """Lowest first: all rules together say what the strictest says."""

    NEVER = 0
    MAY = 1
    MUST = 2


@dataclass(frozen=True, slots=True)
class Told:
    """One line that was sent, with what is true of it."""

    report: ThreatReport
    relation: str
    event: str
    origin: str
    district: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one agency, the rule that gave it, and whether only the tearline may go."""

    answer: Answer
    rule: str
    tearline_only: bool = False


class Oracle:
    """Answers for the agencies of one federation."""

    def __init__(self, federation: Federation) -> None:
        self.agencies = {agency.agency: agency for agency in federation.agencies}
        self._subscriptions: dict[str, list[Subscription]] = {name: [] for name in self.agencies}
        for subscription in federation.subscriptions:
            self._subscriptions[subscription.agency].append(subscription)

    def verdict(self, told: Told, name: str) -> Verdict:
        """What the rules say about this agency and this report."""
        agency, report = self.agencies[name], told.report
        if not agency.active or name == report.agency:
            return Verdict(Answer.NEVER, "echo" if agency.active else "inactive")
        subscriptions = self._subscriptions[name]
        if report.status is not Status.ACTUAL and not any(report.status in s.statuses for s in subscriptions):
            return Verdict(Answer.NEVER, "status")
        answer, rule = min(self._rules(agency, told), key=lambda each: each[0])
        if answer is not Answer.MUST and _in_danger(agency, told):
            danger = min(_on_ground(agency, told), Answer.MUST if report.tearline else Answer.MAY)
            return Verdict(max(answer, danger), rule, tearline_only=answer is Answer.NEVER)
        return Verdict(answer, rule)

    def handling(self, told: Told, name: str) -> Answer:
        """Whether this agency may have the report at all, or what rests on it, whether or not it wants to."""
        rules = self._rules(self.agencies[name], told)
        return min(answer for answer, rule in rules if rule != "interest")

    def _rules(self, agency: Agency, told: Told) -> Iterable[tuple[Answer, str]]:
        handling, name = told.report.handling, agency.agency
        named = name in handling.releasable_to
        yield _of(told.report.handling.classification.level <= agency.clearance.level), "clearance"
        yield _of(not agency.foreign or named or handling.tlp is TLP.CLEAR), "foreign"
        yield self._tlp(agency, told.report, named=named), "tlp"
        yield _of(named or not handling.releasable_to), "releasable_to"
        if handling.originator_control and not named:
            yield (Answer.MAY if name == NATIONAL_CENTRE else Answer.NEVER), "originator_control"
        yield _of(told.report.kind in agency.kinds), "need_to_know"
        yield self._interest(agency, told), "interest"

    def _tlp(self, agency: Agency, report: ThreatReport, *, named: bool) -> Answer:
        match report.handling.tlp:
            case TLP.CLEAR | TLP.GREEN:
                return Answer.MUST
            case TLP.RED:
                return _of(named)
            case strictness:
                sender = self.agencies[report.agency]
                served = strictness is TLP.AMBER and agency.agency in sender.serves
                if served or sender.organisation == agency.organisation:
                    return Answer.MUST
                return Answer.MAY if named or agency.agency == NATIONAL_CENTRE else Answer.NEVER

    def _interest(self, agency: Agency, told: Told) -> Answer:
        wishes = [_wish(subscription, told) for subscription in self._subscriptions[agency.agency]]
        if told.report.status is Status.ACTUAL:
            wishes.append(_on_ground(agency, told))
        return max(wishes, default=Answer.NEVER)


def _of(yes: bool) -> Answer:
    return Answer.MUST if yes else Answer.NEVER


def _on_ground(agency: Agency, told: Told) -> Answer:
    """Whether it happened in the agency's territory."""
    province = _province([p.value for p in agency.provinces], told)
    if not agency.districts or province is Answer.NEVER:
        return province if agency.provinces else Answer.NEVER
    return min(province, _district(agency.districts, told))


def _in_danger(agency: Agency, told: Told) -> bool:
    """Imminent danger to life on the agency's ground."""
    report = told.report
    return (
        report.status is Status.ACTUAL
        and report.kind in {Kind.INCIDENT, Kind.THREAT}
        and report.urgency is Urgency.IMMEDIATE
        and report.severity in {Severity.SEVERE, Severity.EXTREME}
        and report.certainty in {Certainty.OBSERVED, Certainty.LIKELY}
        and not agency.foreign
        and _on_ground(agency, told) is not Answer.NEVER
    )


def _wish(subscription: Subscription, told: Told) -> Answer:
    """Whether the subscription asks for the report; a list that is empty does not narrow."""
    report = told.report
    if report.status not in subscription.statuses or subscription.findings:
        return Answer.NEVER
    answers = [
        _among(subscription.kinds, report.kind),
        _among(subscription.categories, report.category),
        _among(subscription.target_sectors, report.target_sector),
        _among(subscription.urgencies, report.urgency),
    ]
    if subscription.severity_min is not None:
        answers.append(_of(_RANK.index(report.severity) >= _RANK.index(subscription.severity_min)))
    if subscription.provinces:
        answers.append(_province([p.value for p in subscription.provinces], told))
    if subscription.districts:
        answers.append(_district(subscription.districts, told))
    if subscription.actors:
        stated = report.actor.name if report.actor else None
        answers.append(Answer.MUST if stated in subscription.actors else Answer.MAY)
    if subscription.near is not None:
        answers.append(_near(subscription, report))
    return min(answers)


def _among(wanted: Sequence[object], stated: object | None) -> Answer:
    if not wanted or stated in wanted:
        return Answer.MUST
    return Answer.MAY if stated is None else Answer.NEVER


def _province(wanted: Sequence[str], told: Told) -> Answer:
    place = told.report.place
    if place is not None and place.province is not None:
        return _of(place.province.value in wanted)
    return Answer.MAY


def _district(wanted: Sequence[str], told: Told) -> Answer:
    place = told.report.place
    if place is not None and place.district in wanted:
        return Answer.MUST
    vague = place is None or place.district is None
    return Answer.MAY if vague or told.district in wanted else Answer.NEVER


def _near(subscription: Subscription, report: ThreatReport) -> Answer:
    circle, place = subscription.near, report.place
    if circle is None or place is None or place.lat is None or place.lon is None:
        return Answer.MAY
    north = (place.lat - circle.lat) * _KM_A_DEGREE
    east = (place.lon - circle.lon) * _KM_A_DEGREE * math.cos(math.radians(circle.lat))
    distance_km = math.hypot(north, east)
    if abs(distance_km - circle.radius_km) < 0.02 * circle.radius_km:
        return Answer.MAY  # flat earth: within two per cent of the rim this sum is not to be trusted
    return _of(distance_km < circle.radius_km)
