"""What the matcher holds of one report: slim slots, shared strings, no contract objects.

100,000 of these are held per worker, so nothing is kept that no comparison reads.
"""

from datetime import datetime
from math import cos, radians
from operator import attrgetter
from sys import intern

from fusionbus.contract.base import Range
from fusionbus.contract.clk import read_clk
from fusionbus.contract.incident import Claim, Member, PersonClue
from fusionbus.contract.report import Place
from fusionbus.contract.vocabulary import Kind
from fusionbus.streams.correlate.families import family_of, plain
from fusionbus.streams.values import Enriched

DAY_S = 86_400.0
_VAGUE_KM = 30.0
"""Uncertainty of coordinates that state none. Source: DESIGN, 31 km median between two sources."""


class PersonTold:
    """One person: hashes of the parts of the name, its filter under its scheme, age and sex."""

    __slots__ = ("age_high", "age_low", "clk", "names", "sex")

    def __init__(self, clue: PersonClue) -> None:
        self.names = tuple(intern(token) for token in clue.name_tokens)
        self.clk = None if clue.name_clk is None else read_clk(clue.name_clk)
        self.sex = clue.sex
        self.age_low = clue.age_low
        self.age_high = clue.age_high


class Where:
    """A place: folded names and a circle; `shrink` is what a degree of longitude is of one of latitude there."""

    __slots__ = ("district", "lat", "lon", "name", "province", "shrink", "uncertainty_km")

    def __init__(self, place: Place) -> None:
        self.province = place.province
        self.district = intern(plain(place.district)) if place.district else None
        self.name = intern(plain(place.name)) if place.name else None
        self.lat = place.lat
        self.lon = place.lon
        self.shrink = None if place.lat is None else cos(radians(place.lat))
        self.uncertainty_km = _VAGUE_KM if place.uncertainty_km is None else place.uncertainty_km


class Told:
    """What one report tells."""

    __slots__ = (
        "actor",
        "agency",
        "category",
        "derived",
        "end_s",
        "family",
        "injured",
        "keys",
        "killed",
        "kind",
        "latin",
        "open",
        "origin",
        "persons",
        "report_id",
        "reported_s",
        "revision",
        "several",
        "source",
        "start_s",
        "target",
        "terms_count",
        "tokens",
        "weapon",
        "where",
        "withdrawn",
    )

    def __init__(self, report_id: str, agency: str, kind: Kind, reported_at: datetime, claim: Claim) -> None:
        self.report_id = report_id
        self.agency = intern(agency)
        self.kind = kind
        self.reported_s = reported_at.timestamp()
        self.start_s: float | None = None
        self.end_s: float | None = None
        if claim.occurred is not None:
            self.start_s = claim.occurred.start.timestamp()
            self.end_s = claim.occurred.end.timestamp()
        self.where = Where(claim.place) if claim.place is not None else None
        self.category = claim.category
        self.family = family_of(claim.category)
        self.weapon = claim.weapon
        self.target = claim.target_sector
        self.actor = intern(plain(claim.actor)) if claim.actor else None
        self.killed = _bounds(claim.killed)
        self.injured = _bounds(claim.injured)
        self.keys: tuple[str, ...] = ()
        """What it is found by, each once: its terms first, so that they are not held twice."""
        self.terms_count = 0
        self.latin = True
        """Whether most of its terms are in Latin letters."""
        self.tokens: tuple[str, ...] = ()
        self.persons: tuple[PersonTold, ...] = ()
        self.source: str | None = None
        self.derived: tuple[str, ...] = ()
        """The reports it was made out of, by its own word."""
        self.origin = report_id
        self.revision = 1
        self.several = False
        self.withdrawn = False
        self.open: Open | None = None
        """The open incident that holds it, once it is in the index."""

    @property
    def terms(self) -> tuple[str, ...]:
        """The words that tell it apart."""
        return self.keys[: self.terms_count]


class Open:
    """One open incident."""

    __slots__ = ("compared", "incident_id", "latest_s", "revision", "told")

    def __init__(self, incident_id: str) -> None:
        self.incident_id = incident_id
        self.told: list[Told] = []
        """Its reports, in the order of its members."""
        self.compared: list[Told] = self.told
        """Those that others are compared with, in the order of their time, in whichever order they came."""
        self.latest_s = 0.0
        self.revision = 0


MEMBERS_COMPARED_MAX = 3
"""Members of one incident that a report is compared with, the first one and the latest: a fourth changed no score,
and with two pairwise F1 on simulated traffic falls by 0.004."""
_IN_ORDER = attrgetter("reported_s", "report_id")


def compared_of(told: list[Told]) -> list[Told]:
    """The reports of an incident that others are compared with: those that stand, of many the first and the latest."""
    if len(told) == 1 and not told[0].withdrawn:
        return told
    standing = sorted([each for each in told if not each.withdrawn], key=_IN_ORDER)
    if len(standing) <= MEMBERS_COMPARED_MAX:
        return standing
    return [standing[0], *standing[1 - MEMBERS_COMPARED_MAX :]]


def told_by(enriched: Enriched) -> Told:
    """What the matcher reads of a report."""
    report = enriched.report
    told = Told(report.report_id, report.agency, report.kind, report.reported_at, enriched.claim)
    told.tokens = enriched.tokens
    told.persons = tuple(map(PersonTold, enriched.persons))
    told.source = report.source.source_token
    told.derived = report.source.derived_from
    told.revision = report.revision
    told.several = enriched.several_events
    _keyed(told, enriched.terms)
    return told


def told_of(member: Member) -> Told:
    """What the matcher reads of a member, the same as when it was a report."""
    told = Told(member.report_id, member.agency, member.kind, member.reported_at, member.claim)
    told.tokens = tuple(map(intern, member.tokens))
    told.persons = tuple(map(PersonTold, member.persons))
    told.source = member.source_token
    told.derived = member.derived_from
    told.origin = told.report_id if member.origin == told.report_id else member.origin
    told.revision = member.revision
    told.withdrawn = member.withdrawn
    _keyed(told, member.terms)
    return told


def cites(report_id: str) -> str:
    """The key of all that was made out of this report."""
    return "cites:" + report_id


def _keyed(told: Told, terms: tuple[str, ...]) -> None:
    """Gives a report its keys: words, place, group, names, tokens, source, act, tolls and lineage."""
    found = list(map(intern, terms))
    told.terms_count = len(found)
    # They are sorted, and Latin letters come first.
    told.latin = not found or found[len(found) // 2].isascii()
    where = told.where
    if where is not None:
        district, name = where.district, where.name
        if district is not None:
            found.append(intern("in:" + district))
            if told.family is not None:
                found.append(intern(f"act:{told.family} {district}"))
        if name is not None and name != district:
            found.append(intern("in:" + name))
    if told.actor is not None:
        found.append(intern("actor:" + told.actor))
    if told.killed is not None and told.killed[0] > 1:
        found.append(intern(f"killed:{told.killed[0]}"))
    if told.injured is not None and told.injured[0] > 1:
        found.append(intern(f"injured:{told.injured[0]}"))
    if told.persons or told.tokens or told.derived or told.source is not None:
        rest = [name for person in told.persons for name in person.names]
        rest += told.tokens
        rest += map(intern, map(cites, told.derived))
        if told.source is not None:
            rest.append(told.source)
        found += dict.fromkeys(rest)
    told.keys = tuple(found)


def _bounds(toll: Range | None) -> tuple[int, int] | None:
    return None if toll is None else (toll.low, toll.high)
