"""The tables of Pakistan's provinces, districts and places, and what can be asked of them.

Places: GeoNames (CC BY 4.0, see NOTICE); districts, localities and other names: the project's own.
"""

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from rapidfuzz import fuzz, process

from fusionbus.streams.reading.words import Lexicon, key_of, table

KM_PER_DEGREE = 111.2
# Transliteration and typing slips change one or two letters of a name; below this ratio names are other names.
SPELLING_RATIO_MIN = 84
SPELLING_LETTERS_MIN = 4  # shorter ones are all near one another
# Circles of the districts' areas leave gaps of long shapes; past one and a half radii a point is another country's.
OUTSIDE_RADII = 1.6
# Two circles of equal area touch where their districts share a border; long shapes need a third more.
NEIGHBOUR_REACH = 1.35
TOWN_SHARE_OF_DISTRICT = 0.5  # "in Khuzdar" means the town or somewhere in its district
UNCERTAINTY_KM_MIN = 1.0
SLIP_LETTERS_MIN = 7
_GENERIC = re.compile(
    r"(?i)\b(district|agency|tehsil|zila|division|province|tribal|city|town|area|region|of)\b|ضلع|تحصیل|شہر|صوبہ",
)
_PUNCTUATION = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Place:
    """A named place: kind is province, region, district, town or locality."""

    name: str
    kind: str
    province: str
    district: str | None
    lat: float
    lon: float
    uncertainty_km: float
    rank: int


@dataclass(frozen=True, slots=True)
class Name:
    """What one spelling may mean, most likely first; a doubtful one is also an ordinary word."""

    places: tuple[Place, ...]
    doubtful: bool


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


PROVINCE_CODES = ("PK-PB", "PK-SD", "PK-KP", "PK-BA", "PK-IS", "PK-JK", "PK-GB")
_PROVINCE_NAMES = frozenset(
    {"Punjab", "Sindh", "Khyber Pakhtunkhwa", "Balochistan", "Azad Kashmir", "Gilgit-Baltistan"},
)
_RANK = {"town": 0, "locality": 1, "district": 2, "group": 3, "region": 4, "province": 5}


def distance_km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """The distance of two points; exact to 1 % within the country."""
    east = (lon - other_lon) * math.cos(math.radians((lat + other_lat) / 2))
    return KM_PER_DEGREE * math.hypot(lat - other_lat, east)


def _district_places() -> list[tuple[Place, str]]:
    found = []
    for row in table("districts.tsv"):
        radius = max(UNCERTAINTY_KM_MIN, round(math.sqrt(float(row["area_km2"]) / math.pi), 1))
        lat, lon = float(row["lat"]), float(row["lon"])
        place = Place(
            row["district"], "district", row["province"], row["district"], lat, lon, radius, _RANK[row["kind"]]
        )
        found.append((place, row["other_names"]))
    return found


def _region_places() -> list[tuple[Place, str]]:
    found = []
    for row in table("regions.tsv"):
        kind = "province" if row["region"] in _PROVINCE_NAMES else "region"
        place = Place(
            row["region"], kind, row["province"], None, float(row["lat"]), float(row["lon"]),
            float(row["uncertainty_km"]), _RANK[kind],
        )  # fmt: skip
        found.append((place, row["other_names"]))
    return found


def _small_places(file: str, kind: str) -> list[tuple[Place, str]]:
    found = []
    for row in table(file):
        district = DISTRICTS[row["district"]]
        place = Place(
            row["place"], kind, district.province, district.name, float(row["lat"]), float(row["lon"]),
            float(row["uncertainty_km"]), _RANK[kind],
        )  # fmt: skip
        found.append((place, row["other_names"]))
    return found


_DISTRICT_ROWS = _district_places()
DISTRICTS = {place.name: place for place, _ in _DISTRICT_ROWS}
# Karachi, South Waziristan and other old districts that were divided: a report may name only the whole.
_GROUPS = frozenset(place.name for place, _ in _DISTRICT_ROWS if place.rank == _RANK["group"])
_TOWNS = _small_places("places.tsv", "town")
_TOWN_OF = {place.name: place for place, _ in _TOWNS if place.name == place.district}


def _as_said(place: Place) -> Place:
    """A district named without "district": its town, or somewhere around it."""
    town = _TOWN_OF.get(place.name)
    if place.kind != "district" or town is None or place.name in _GROUPS:
        return place
    around_km = max(town.uncertainty_km, round(place.uncertainty_km * TOWN_SHARE_OF_DISTRICT, 1))
    return Place(
        place.name, "district", place.province, place.district, town.lat, town.lon, around_km, place.rank,
    )  # fmt: skip


def _slips(name: str) -> list[str]:
    """The name with one inner letter missing, as typed in haste; short names would become other words."""
    if len(name) < SLIP_LETTERS_MIN or not name.isalpha():
        return []
    return [name[:at] + name[at + 1 :] for at in range(1, len(name) - 1)]


def _names() -> dict[tuple[str, ...], Name]:
    found: dict[tuple[str, ...], tuple[list[Place], list[bool]]] = {}
    small = [*_small_places("localities.tsv", "locality"), *((p, o) for p, o in _TOWNS if p.name != p.district)]
    rows = [*_region_places(), *((_as_said(p), o) for p, o in _DISTRICT_ROWS), *small]
    spellings: list[tuple[int, str, Place]] = []
    for place, others in rows:
        names = [name for name in others.split("|") if name]
        own = [] if f"?{place.name}" in names else [place.name]
        spellings += [(0, name, place) for name in own] + [(1, name, place) for name in names]
    spellings += [(2, slip, place) for place, _ in rows if place.kind == "district" for slip in _slips(place.name)]
    spellings.sort(key=lambda s: s[0])  # a place's own name goes before another's other name
    for _, name, place in spellings:
        key = key_of(name)
        places, doubts = found.setdefault(key, ([], []))
        if not any(p.district == place.district and p.kind != "province" for p in places):
            places.append(place)
            doubts.append(name.startswith("?"))
    return {key: Name(tuple(places), all(doubts)) for key, (places, doubts) in found.items()}


NAMES = _names()
# A lexicon's values are strings: the words of the name, joined.
BY_KEY = {" ".join(key): name for key, name in NAMES.items()}
PLACE_LEXICON = Lexicon({key: [("place", " ".join(key))] for key in NAMES})
_SQUEEZED = {"".join(key): name for key, name in NAMES.items()}


def _squeeze(name: str) -> str:
    return "".join(key_of(_GENERIC.sub(" ", name))) or "".join(key_of(name))


@lru_cache(maxsize=4096)
def province_code(name: str) -> str | None:
    """The ISO code for a code or any spelling of a province or region."""
    if name in PROVINCE_CODES:
        return name
    known = _exactly(name, None)
    return known.province if known else None


def _exactly(name: str, province: str | None) -> Place | None:
    known = _SQUEEZED.get("".join(key_of(name))) or _SQUEEZED.get(_squeeze(name))
    return next((p for p in known.places if p.province == province), known.places[0]) if known else None


@lru_cache(maxsize=8192)
def look_up(name: str, province: str | None) -> Place | None:
    """The place a free spelling means, in the province if one is given; None when no name is near."""
    known = _exactly(name, province)
    squeezed = _squeeze(name)
    if known is not None or len(squeezed) < SPELLING_LETTERS_MIN:
        return known
    near = process.extractOne(squeezed, _SQUEEZED.keys(), scorer=fuzz.ratio, score_cutoff=SPELLING_RATIO_MIN)
    if near is None:
        return None
    places = _SQUEEZED[near[0]].places
    return next((p for p in places if p.province == province), places[0])


@lru_cache(maxsize=8192)
def nearest_district(lat: float, lon: float) -> Place | None:
    """The district whose circle holds the point deepest; None for a point outside the country."""
    whole = (p for p in DISTRICTS.values() if p.name not in _GROUPS)
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
    code = province_code(province) if province else None
    known_district = look_up(district, code) if district else None
    if known_district is not None:
        code = code or known_district.province
    known_place = _in_words(place, code, known_district) if place else None
    if known_place and known_district and known_district.district and known_place.province != known_district.province:
        known_place = None  # the same name elsewhere: the district was said
    best = known_place or known_district or (_whole(code) if code else None)
    if lat is None or lon is None:
        return _resolved(best) if best else None
    around = known_district or nearest_district(lat, lon) or best
    if around is None:
        return None
    narrow = best.uncertainty_km if best and best.rank <= _RANK["locality"] else UNCERTAINTY_KM_MIN
    name = best.name if best else around.name
    kind = best.kind if best and best.district else around.kind
    return Resolved(name, kind, around.province, around.district, lat, lon, narrow)


def _in_words(place: str, code: str | None, district: Place | None) -> Place | None:
    """The place a free description means: as a whole, else the narrowest name in it that does not contradict."""
    whole = _exactly(place, code)
    if whole is not None:
        return whole
    named = [p for mark in PLACE_LEXICON.scan(list(key_of(place))) for p in BY_KEY[mark.value].places]
    within = [p for p in named if code in {None, p.province} and (not district or p.district == district.district)]
    return min(within, key=lambda p: p.rank) if within else look_up(place, code)


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
