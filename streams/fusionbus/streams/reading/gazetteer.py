"""The tables of Pakistan's provinces, districts and places, and the names that mean them.

Places: GeoNames (CC BY 4.0, see NOTICE); districts, localities and other names: the project's own.
"""

import math
from dataclasses import dataclass

from fusionbus.streams.reading.words import Lexicon, key_of, table

KM_PER_DEGREE = 111.2
TOWN_SHARE_OF_DISTRICT = 0.5  # "in Khuzdar" means the town or somewhere in its district
UNCERTAINTY_KM_MIN = 1.0
SLIP_LETTERS_MIN = 7


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


PROVINCE_CODES = ("PK-PB", "PK-SD", "PK-KP", "PK-BA", "PK-IS", "PK-JK", "PK-GB")
_PROVINCE_NAMES = frozenset(
    {"Punjab", "Sindh", "Khyber Pakhtunkhwa", "Balochistan", "Azad Kashmir", "Gilgit-Baltistan"},
)
RANK = {"town": 0, "locality": 1, "district": 2, "group": 3, "region": 4, "province": 5}


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
            row["district"], "district", row["province"], row["district"], lat, lon, radius, RANK[row["kind"]]
        )
        found.append((place, row["other_names"]))
    return found


def _region_places() -> list[tuple[Place, str]]:
    found = []
    for row in table("regions.tsv"):
        kind = "province" if row["region"] in _PROVINCE_NAMES else "region"
        place = Place(
            row["region"], kind, row["province"], None, float(row["lat"]), float(row["lon"]),
            float(row["uncertainty_km"]), RANK[kind],
        )  # fmt: skip
        found.append((place, row["other_names"]))
    return found


def _small_places(file: str, kind: str) -> list[tuple[Place, str]]:
    found = []
    for row in table(file):
        district = DISTRICTS[row["district"]]
        place = Place(
            row["place"], kind, district.province, district.name, float(row["lat"]), float(row["lon"]),
            float(row["uncertainty_km"]), RANK[kind],
        )  # fmt: skip
        found.append((place, row["other_names"]))
    return found


_DISTRICT_ROWS = _district_places()
DISTRICTS = {place.name: place for place, _ in _DISTRICT_ROWS}
# Karachi, South Waziristan and other old districts that were divided: a report may name only the whole.
GROUPS = frozenset(place.name for place, _ in _DISTRICT_ROWS if place.rank == RANK["group"])
_TOWNS = _small_places("places.tsv", "town")
_TOWN_OF = {place.name: place for place, _ in _TOWNS if place.name == place.district}


def _as_said(place: Place) -> Place:
    """A district named without "district": its town, or somewhere around it."""
    town = _TOWN_OF.get(place.name)
    if place.kind != "district" or town is None or place.name in GROUPS:
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
        if not any(p.district == place.district for p in places):
            places.append(place)
            doubts.append(name.startswith("?"))
    return {key: Name(tuple(places), all(doubts)) for key, (places, doubts) in found.items()}


NAMES = _names()
# A lexicon's values are strings: the words of the name, joined.
BY_KEY = {" ".join(key): name for key, name in NAMES.items()}
PLACE_LEXICON = Lexicon({key: [("place", " ".join(key))] for key in NAMES})
SQUEEZED = {"".join(key): name for key, name in NAMES.items()}
