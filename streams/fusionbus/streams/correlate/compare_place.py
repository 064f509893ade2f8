"""Two places: by name where the gazetteer knows it, by distance against both uncertainties, by spelling else."""

from collections.abc import Callable
from math import hypot

from rapidfuzz import fuzz

from fusionbus.streams.correlate.told import Where

_KM_PER_DEGREE = 111.2
_NOISE_KM = 31.0
"""How far apart two sources put one event. Source: DESIGN, median of measured pairs."""
_REACHES = (0.35, 1.0, 2.0, 3.5)
"""Distance over what both circles and the noise allow; 3.5 is the 95 % of the measured noise (106 km of 31)."""
_ELSEWHERE = 8.0
"""Past this, some 250 km for well-known places, no noise of position explains the distance."""
_ALIKE = 84.0
_WIDE_KM = 90.0
"""A circle this wide is a province or region: being in it says little about where."""


def place(one: Where, other: Where, rarity: Callable[[str], float]) -> list[tuple[str, float]]:
    """The findings on two places; a name in common says more the rarer it is."""
    if one.district is not None and one.district == other.district:
        level = "place.same_name" if one.name is not None and one.name == other.name else "place.same_district"
        found = [(level, 1.0), ("place.rarity", rarity("in:" + one.district))]
        if level == "place.same_district" and one.name != other.name and one.name and other.name:
            found[0] = (_by_distance(one, other) or level, 1.0)
        return found
    if one.lat is not None and other.lat is not None:
        if one.province == other.province and (one.uncertainty_km >= _WIDE_KM or other.uncertainty_km >= _WIDE_KM):
            return [("place.same_province", 1.0)]
        return [(_by_distance(one, other) or "place.same_province", 1.0)]
    if one.province is not None and other.province is not None:
        return [("place.same_province" if one.province == other.province else "place.far", 1.0)]
    return _by_spelling(one, other, rarity)


def _by_distance(one: Where, other: Where) -> str | None:
    if one.lat is None or other.lat is None or one.lon is None or other.lon is None or one.shrink is None:
        return None
    east = (one.lon - other.lon) * one.shrink
    distance_km = _KM_PER_DEGREE * hypot(one.lat - other.lat, east)
    reach = distance_km / hypot(_NOISE_KM, one.uncertainty_km, other.uncertainty_km)
    for index, step in enumerate(_REACHES):
        if reach <= step:
            return f"place.reach{index}"
    return "place.far" if reach <= _ELSEWHERE else "place.elsewhere"


def _by_spelling(one: Where, other: Where, rarity: Callable[[str], float]) -> list[tuple[str, float]]:
    """Places outside the gazetteer: their names, `place, region` as people write them."""
    if one.name is None or other.name is None:
        return []
    if one.name == other.name:
        return [("place.same_name", 1.0), ("place.rarity", rarity("in:" + one.name))]
    region, its_region = one.name.rpartition(", ")[2], other.name.rpartition(", ")[2]
    if region != its_region:
        return [("place.far", 1.0)]
    if fuzz.ratio(one.name, other.name) >= _ALIKE:
        return [("place.spelled_alike", 1.0)]
    return [("place.other_name", 1.0)]
