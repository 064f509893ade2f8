"""What is asked of the gazetteer: what a free spelling or a point means, what lies around, which zone it is in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from rapidfuzz import fuzz, process

from fusionbus.streams.reading.gazetteer import (
    BY_KEY,
    DISTRICTS,
    GROUPS,
    NAMES,
    PLACE_LEXICON,
    PROVINCE_CODES,
    RANK,
    SQUEEZED,
    UNCERTAINTY_KM_MIN,
    Place,
    distance_km,
)
from fusionbus.streams.reading.words import key_of

# Transliteration and typing slips change one or two letters of a name; below this ratio names are other names.
SPELLING_RATIO_MIN = 84
SPELLING_LETTERS_MIN = 4  # shorter ones are all near one another
# Circles of the districts' areas leave gaps of long shapes; past one and a half radii a point is another country's.
OUTSIDE_RADII = 1.6
# Two circles of equal area touch where their districts share a border; long shapes need a third more.
NEIGHBOUR_REACH = 1.35
POINT_DECIMALS = 2  # about a kilometre: finer than a district's border is known here, and few enough to remember
_GENERIC = re.compile(
    r"(?i)\b(district|agency|tehsil|zila|division|province|tribal|city|town|area|region|of)\b|ضلع|تحصیل|شہر|صوبہ",
)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A place as the gazetteer knows it."""

    name: str
    kind: str
    province: str
    district: str | None
    lat: float
    lon: float
    uncertainty_km: float


def _squeeze(name: str) -> str:
    return "".join(key_of(_GENERIC.sub(" ", name))) or "".join(key_of(name))


@lru_cache(maxsize=4096)
def province_code(name: str) -> str | None:
    """The ISO code for a code or any spelling of a province or region."""
    if name in PROVINCE_CODES:
        return name
    known = _exactly(name, None)
    return known.province if known else None


def _in_province(places: tuple[Place, ...], province: str | None) -> Place:
    return next((p for p in places if p.province == province), places[0])


@lru_cache(maxsize=8192)
def _exactly(name: str, province: str | None) -> Place | None:
    known = SQUEEZED.get("".join(key_of(name))) or SQUEEZED.get(_squeeze(name))
    return _in_province(known.places, province) if known else None


@lru_cache(maxsize=8192)
def look_up(name: str, province: str | None) -> Place | None:
    """The place a free spelling means, in the province if one is given; None when no name is near."""
    known = _exactly(name, province)
    squeezed = _squeeze(name)
    if known is not None or len(squeezed) < SPELLING_LETTERS_MIN:
        return known
    near = process.extractOne(squeezed, SQUEEZED.keys(), scorer=fuzz.ratio, score_cutoff=SPELLING_RATIO_MIN)
    return _in_province(SQUEEZED[near[0]].places, province) if near else None


@lru_cache(maxsize=8192)
def nearest_district(lat: float, lon: float, code: str | None = None) -> Place | None:
    """The district whose circle holds the point deepest; None for a point outside the country."""
    whole = (p for p in DISTRICTS.values() if p.name not in GROUPS and code in {None, p.province})
    depth, place = min(
        ((distance_km(lat, lon, p.lat, p.lon) / p.uncertainty_km, p) for p in whole),
        key=lambda found: found[0],
    )
    return place if depth <= OUTSIDE_RADII else None


def resolve(
    province: str | None = None,
    district: str | None = None,
    place: str | None = None,
    lat: float | None = None,
    lon: float | None = None,
) -> Resolved | None:
    """The place meant by whatever of these is given, in any spelling; the narrowest that is known wins.

    Coordinates are kept as given; names then only add what coordinates do not say.
    """
    code, named, best = _by_name(province, district, place)
    if lat is None or lon is None:
        return _resolved(best) if best else None
    around = named or nearest_district(round(lat, POINT_DECIMALS), round(lon, POINT_DECIMALS), code) or best
    if around is None:
        return None
    narrow = best.uncertainty_km if best and best.rank <= RANK["locality"] else UNCERTAINTY_KM_MIN
    name = best.name if best else around.name
    kind = best.kind if best and best.district else around.kind
    return Resolved(name, kind, around.province, around.district, lat, lon, narrow)


@lru_cache(maxsize=8192)
def _by_name(
    province: str | None, district: str | None, place: str | None
) -> tuple[str | None, Place | None, Place | None]:
    """What the names say: the province, what tells the district, and the narrowest."""
    code = province_code(province) if province else None
    known_district = look_up(district, code) if district else None
    if known_district is not None:
        code = code or known_district.province
    known_place = _in_words(place, code, known_district) if place else None
    if known_place and known_district and known_district.district and known_place.province != known_district.province:
        known_place = None  # the same name elsewhere: the district was said
    named = known_district or (known_place if known_place and known_place.district else None)
    return code, named, known_place or known_district or (_whole(code) if code else None)


def _in_words(place: str, code: str | None, district: Place | None) -> Place | None:
    """The place a free description means: as a whole, else the narrowest name in it that does not contradict."""
    whole = _exactly(place, code)
    if whole is not None:
        return whole
    named = [p for mark in PLACE_LEXICON.scan(list(key_of(place))) for p in BY_KEY[mark.value].places]
    within = [p for p in named if code in {None, p.province} and (not district or p.district == district.district)]
    return min(within, key=lambda p: p.rank) if within else look_up(place, code)


@lru_cache(maxsize=16)
def _whole(code: str) -> Place | None:
    if code == "PK-IS":
        return DISTRICTS["Islamabad"]
    firsts = (name.places[0] for name in NAMES.values())
    return next((p for p in firsts if p.kind == "province" and p.province == code), None)


def _resolved(place: Place) -> Resolved:
    return Resolved(
        place.name, place.kind, place.province, place.district, place.lat, place.lon, place.uncertainty_km,
    )  # fmt: skip


@lru_cache(maxsize=512)
def neighbours(district: str) -> tuple[str, ...]:
    """The districts around one, nearest first: those whose circles touch; empty when the name is unknown.

    Circles of equal area stand for borders: a few far corners are missed, a few near ones are extra.
    """
    known = look_up(district, None)
    here = DISTRICTS.get(known.district) if known and known.district else None
    if here is None:
        return ()
    near = sorted(
        (distance_km(here.lat, here.lon, p.lat, p.lon), p.name, p.uncertainty_km)
        for p in DISTRICTS.values()
        if p != here
    )
    return tuple(n for km, n, radius in near if km <= NEIGHBOUR_REACH * (here.uncertainty_km + radius))


def _zones() -> dict[tuple[str, str], str]:
    lines = files(__package__).joinpath("zones.csv").read_text(encoding="utf-8").splitlines()[1:]
    rows = (line.split(",") for line in lines if line and not line.startswith("#"))
    return {(province, district): zone for province, district, zone in rows}


_ZONES = _zones()


def zone_of(province: str | None, district: str | None) -> str:
    """The zone whose partition an incident there lies in: the table's, else the province code, else PK."""
    code = province if province in PROVINCE_CODES else province_code(province) if province else None
    if code is None:
        known = look_up(district, None) if district else None
        code = known.province if known else None
    if code is None:
        return "PK"
    return _ZONES.get((code, district or "")) or _ZONES.get((code, "")) or code


ZONES = ("PK", *sorted({*PROVINCE_CODES, *_ZONES.values()}))
"""Every zone there is, the one without a place first."""


@lru_cache(maxsize=8192)
def zones_around(lat: float, lon: float, reach_km: float) -> tuple[str, ...]:
    """The zones with a district within `reach_km` of the point, sorted; a vague or border report is probed there."""
    return tuple(sorted({zone_of(place.province, place.name) for place in _around(lat, lon, reach_km)}))


def districts_around(lat: float, lon: float, reach_km: float) -> tuple[str, ...]:
    """The names of the districts within `reach_km` of the point, in no order."""
    return tuple(place.name for place in _around(lat, lon, reach_km))


def _around(lat: float, lon: float, reach_km: float) -> Iterator[Place]:
    places = DISTRICTS.values()
    return (p for p in places if distance_km(lat, lon, p.lat, p.lon) <= reach_km + p.uncertainty_km)
