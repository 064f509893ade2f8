"""The federation as it stands: agencies and live subscriptions, in the form that routing asks for."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeVar

from fusionbus.contract.agency import Agency, Near, Removal, Subscription
from fusionbus.contract.codec import AnyRegistryEntry
from fusionbus.contract.incident import Claim
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.sections import AssessmentSection
from fusionbus.contract.vocabulary import (
    TLP,
    Certainty,
    Classification,
    FindingKind,
    Kind,
    Province,
    Severity,
    Status,
    TargetSectorCode,
    ThreatCategory,
    Urgency,
)
from fusionbus.streams.deadlines import DEFAULT, Deadlines

_SEVERITY_RANK: Final = {
    Severity.UNKNOWN: 0,
    Severity.MINOR: 1,
    Severity.MODERATE: 2,
    Severity.SEVERE: 3,
    Severity.EXTREME: 4,
}
_SEVERITY_OF_RANK: Final = {rank: severity for severity, rank in _SEVERITY_RANK.items()}
_EARTH_KM: Final = 6371.0
NOWHERE: Final[frozenset[str]] = frozenset()
T = TypeVar("T")
FOUND_KEPT_MAX: Final = 5_000
"""Rulings remembered for reports alike in all that routing asks for, 40 bytes an agency; past it they are made anew."""


class Facets(NamedTuple):
    """All that routing asks of a report; reports with equal facets have equal audiences.

    A tuple, because one is made and looked up for every report.
    """

    agency: str
    status: Status
    kind: Kind
    category: ThreatCategory | None
    target_sector: TargetSectorCode | None
    actor: str | None
    province: Province | None
    district: str | None
    severity: Severity
    urgency: Urgency | None
    tlp: TLP
    classification: Classification
    releasable_to: frozenset[str]
    originator_control: bool
    imminent: bool
    near: frozenset[str]
    """Subscriptions with a circle that the place lies in."""
    has_tearline: bool
    has_privacy: bool
    finding: FindingKind | None = None
    """Of an assessment: what the centre found."""

    def markings(self) -> tuple[object, ...]:
        """What the handling rules ask."""
        marks = self.tlp, self.classification, self.releasable_to, self.originator_control
        return "markings", self.agency, self.status, *marks

    def matter(self) -> tuple[object, ...]:
        """What subscriptions and territories ask."""
        what = self.status, self.kind, self.category, self.target_sector, self.actor, self.severity, self.urgency
        return "matter", *what, self.province, self.district, self.near, self.finding


@dataclass(frozen=True, slots=True)
class Asked:
    """Every value that any subscription or territory names: what nobody asks for tells no two reports apart."""

    categories: frozenset[ThreatCategory] = frozenset()
    target_sectors: frozenset[TargetSectorCode] = frozenset()
    actors: frozenset[str] = frozenset()
    districts: frozenset[str] = frozenset()
    severities: frozenset[Severity] = frozenset()
    urgencies: frozenset[Urgency] = frozenset()
    findings: frozenset[FindingKind] = frozenset()
    circles: tuple[tuple[str, Near], ...] = ()
    """Subscriptions with a circle."""

    def about(self, facets: "Facets") -> "Facets":
        """The facets without what nobody asks for; every ruling on them is the same."""
        rank = _SEVERITY_RANK[facets.severity]
        least = max((_SEVERITY_RANK[s] for s in self.severities if _SEVERITY_RANK[s] <= rank), default=0)
        return facets._replace(
            category=facets.category if facets.category in self.categories else None,
            target_sector=facets.target_sector if facets.target_sector in self.target_sectors else None,
            actor=facets.actor if facets.actor in self.actors else None,
            district=facets.district if facets.district in self.districts else None,
            severity=_SEVERITY_OF_RANK[least],
            urgency=facets.urgency if facets.urgency in self.urgencies else None,
            finding=facets.finding if facets.finding in self.findings else None,
        )


@dataclass(frozen=True, slots=True)
class Registry:
    """One snapshot; a change makes another. What was found about it is kept for as long as it lives."""

    agencies: Mapping[str, Agency] = field(default_factory=dict)
    subscriptions: Mapping[str, Subscription] = field(default_factory=dict)
    asked: Asked = Asked()
    deadlines: Deadlines = DEFAULT
    _found: dict[tuple[object, ...], Any] = field(default_factory=dict, compare=False, repr=False)
    _by_agency: dict[str, tuple[Subscription, ...]] = field(default_factory=dict, compare=False, repr=False)

    def knows(self, agency: str) -> bool:
        """Whether this agency takes part."""
        entry = self.agencies.get(agency)
        return entry is not None and entry.active

    def contact_of(self, agency: str) -> str:
        """Whom to call at this agency; the hub's desk, without a number, where it is not known."""
        entry = self.agencies.get(agency)
        return entry.contact if entry is not None else "the desk of the hub"

    def position_of(self, agency: str) -> int:
        """Where a known agency stands among all."""
        return self.kept(("positions",), lambda: {name: at for at, name in enumerate(self.agencies)})[agency]

    def kept(self, key: tuple[object, ...], find: Callable[[], T]) -> T:
        """What was found for this key before, or is found now; bounded."""
        held: T | None = self._found.get(key)
        if held is None:
            if len(self._found) >= FOUND_KEPT_MAX:
                self._found.clear()
            held = self._found[key] = find()
        return held

    def subscriptions_of(self, agency: str) -> tuple[Subscription, ...]:
        """What this agency wants to hear of."""
        if not self._by_agency:
            grouped: dict[str, list[Subscription]] = {name: [] for name in self.agencies}
            for subscription in self.subscriptions.values():
                grouped.setdefault(subscription.agency, []).append(subscription)
            self._by_agency.update({name: tuple(held) for name, held in grouped.items()})
        return self._by_agency.get(agency, ())

    def with_entries(self, entries: Iterable[AnyRegistryEntry]) -> "Registry":
        """The snapshot after these changes, in order."""
        agencies, subscriptions = dict(self.agencies), dict(self.subscriptions)
        for entry in entries:
            if isinstance(entry, Agency):
                agencies[entry.agency] = entry
            elif isinstance(entry, Subscription):
                subscriptions[entry.subscription_id] = entry
            else:
                self._remove(subscriptions, entry)
        asked = _asked(agencies.values(), subscriptions.values())
        return Registry(agencies, subscriptions, asked, self.deadlines)

    @staticmethod
    def _remove(subscriptions: dict[str, Subscription], entry: Removal) -> None:
        held = subscriptions.get(entry.subscription_id)
        if held is not None and held.agency == entry.agency:
            del subscriptions[entry.subscription_id]


def _asked(agencies: Iterable[Agency], subscriptions: Iterable[Subscription]) -> Asked:
    held = list(subscriptions)
    return Asked(
        categories=frozenset(c for s in held for c in s.categories),
        target_sectors=frozenset(t for s in held for t in s.target_sectors),
        actors=frozenset(a for s in held for a in s.actors),
        districts=frozenset(d for source in (held, agencies) for each in source for d in each.districts),
        severities=frozenset(s.severity_min for s in held if s.severity_min is not None),
        urgencies=frozenset(u for s in held for u in s.urgencies),
        findings=frozenset(f for s in held for f in s.findings or ()),
        circles=tuple((s.subscription_id, s.near) for s in held if s.near is not None),
    )


def facets_of(report: ThreatReport, claim: Claim, registry: Registry) -> Facets:
    """What routing asks of this report, the claim filling what its fields leave open."""
    place, handling = claim.place, report.handling
    return Facets(
        agency=report.agency,
        status=report.status,
        kind=report.kind,
        category=claim.category,
        target_sector=claim.target_sector,
        actor=claim.actor,
        province=place.province if place else None,
        district=place.district if place else None,
        severity=report.severity,
        urgency=report.urgency,
        tlp=handling.tlp,
        classification=handling.classification,
        releasable_to=frozenset(handling.releasable_to),
        originator_control=handling.originator_control,
        imminent=is_imminent(report),
        near=_circles_around(claim, registry),
        has_tearline=report.tearline is not None,
        has_privacy=_has_privacy(report),
        finding=report.section.finding if isinstance(report.section, AssessmentSection) else None,
    )


def _has_privacy(report: ThreatReport) -> bool:
    resting = isinstance(report.section, AssessmentSection) and report.section.privacy
    return resting or any(p.privacy for p in report.persons) or any(e.privacy for e in report.entities)


def is_imminent(report: ThreatReport) -> bool:
    """Whether life is in danger now: urgency Immediate, severity at the top two steps, certainty Likely or better.

    Source: 28 CFR 23.20(e)(2) "to avoid imminent danger to life", in the terms of CAP 1.2.
    """
    return (
        report.kind in (Kind.INCIDENT, Kind.THREAT)
        and report.urgency is Urgency.IMMEDIATE
        and report.severity in (Severity.EXTREME, Severity.SEVERE)
        and report.certainty in (Certainty.OBSERVED, Certainty.LIKELY)
    )


def _circles_around(claim: Claim, registry: Registry) -> frozenset[str]:
    place, circles = claim.place, registry.asked.circles
    if not circles or place is None or place.lat is None or place.lon is None:
        return NOWHERE
    return frozenset(name for name, circle in circles if within(circle, place.lat, place.lon))


def within(circle: Near, lat: float, lon: float) -> bool:
    """Whether the point lies in the circle (great-circle distance)."""
    here, there = math.radians(circle.lat), math.radians(lat)
    turn = math.radians(lon - circle.lon)
    half = math.sin((there - here) / 2) ** 2 + math.cos(here) * math.cos(there) * math.sin(turn / 2) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(half)) <= circle.radius_km


def wants(subscription: Subscription, facets: Facets) -> bool:
    """Whether a report with these facets is what the subscription asks for."""
    s, f = subscription, facets
    return (
        f.status in s.statuses
        and (not s.kinds or f.kind in s.kinds)
        and (not s.categories or f.category in s.categories)
        and (not s.provinces or f.province in s.provinces)
        and (not s.districts or f.district in s.districts)
        and (not s.target_sectors or f.target_sector in s.target_sectors)
        and (not s.actors or f.actor in s.actors)
        and (s.severity_min is None or _SEVERITY_RANK[f.severity] >= _SEVERITY_RANK[s.severity_min])
        and (not s.urgencies or f.urgency in s.urgencies)
        and (not s.findings or f.finding in s.findings)
        and (s.near is None or s.subscription_id in f.near)
    )
