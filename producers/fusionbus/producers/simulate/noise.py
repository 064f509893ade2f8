"""How sources differ about one event. Every rate here is a measurement between pairs of real sources (DESIGN)."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

from fusionbus.producers.simulate.world import District, Spot

TOLL_SAME: Final = 0.69
"""How often a source tells the true toll; two sources then differ in 48 % of pairs."""
TOLL_SPREAD: Final = 0.45
"""Standard deviation of the log of a wrong toll over the true one. An assumption."""
PLACE_SAME: Final = 0.905
"""How often a source writes the usual place name; two of them then differ in 18 % of pairs."""
DATE_SHIFTED: Final = 0.022
"""How often a source has the wrong day; with midnight between them, dates differ in 4-6 % of pairs."""
OFFSET_KM_MEDIAN: Final = 18.0
OFFSET_SPREAD: Final = 0.84
"""How far a source's point is from the truth, lognormal: two are 31 km apart in the median, 106 km at 95 %."""
OFFSET_KM_MAX: Final = 180.0
TIME_SPREAD_MIN: Final = 9.0

_KM_A_DEGREE: Final = 111.2


def toll(rng: Random, true: int) -> int:
    """The toll as a source has it."""
    if rng.random() < TOLL_SAME:
        return true
    told = round(true * math.exp(rng.gauss(0, TOLL_SPREAD)))
    if told != true:
        return told
    return max(0, true + rng.choice((-1, 1, 2))) if true else rng.choice((1, 1, 2))


def point(rng: Random, spot: Spot) -> tuple[float, float]:
    """Latitude and longitude as a source has them."""
    distance_km = min(OFFSET_KM_MAX, rng.lognormvariate(math.log(OFFSET_KM_MEDIAN), OFFSET_SPREAD))
    bearing = rng.uniform(0, 2 * math.pi)
    lat = spot.lat + distance_km * math.cos(bearing) / _KM_A_DEGREE
    lon = spot.lon + distance_km * math.sin(bearing) / (_KM_A_DEGREE * math.cos(math.radians(spot.lat)))
    return round(lat, 4), round(lon, 4)


def moment(rng: Random, true: datetime) -> datetime:
    """When it happened, as a source has it: some minutes off, seldom a day early."""
    told = true + timedelta(minutes=rng.gauss(0, TIME_SPREAD_MIN))
    return told - timedelta(days=1) if rng.random() < DATE_SHIFTED else told


def spot_name(rng: Random, spot: Spot, district: District) -> str:
    """The place name as a source writes it."""
    if rng.random() < PLACE_SAME:
        return spot.name
    return rng.choice(
        (f"near {spot.name}", f"{spot.name} area", f"outskirts of {district.name}", _vowels(rng, spot.name))
    )


def district_name(rng: Random, district: District) -> str:
    """The district's name as a source writes it."""
    if district.other_names and rng.random() > PLACE_SAME:
        return rng.choice(district.other_names)
    return district.name


def _vowels(rng: Random, name: str) -> str:
    """Another transliteration: the vowels are what Latin spellings of Urdu disagree about."""
    swaps: Sequence[tuple[str, str]] = (("ee", "i"), ("i", "ee"), ("u", "oo"), ("a", "aa"), ("o", "u"))
    usable = [(old, new) for old, new in swaps if old in name[1:]]
    if not usable:
        return f"{name} town"
    old, new = rng.choice(usable)
    return name[0] + name[1:].replace(old, new, 1)
