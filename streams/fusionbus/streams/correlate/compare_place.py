"""Two places: by name where the gazetteer knows it, by distance against both uncertainties, by spelling else."""

from bisect import bisect_left

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
_NOISE_KM2 = _NOISE_KM**2
_REACH = tuple((reach / _KM_PER_DEGREE) ** 2 for reach in (*_REACHES, _ELSEWHERE))
"""The steps as squares of degrees over km: no root is drawn for a pair."""
_LEVELS = ("place.reach0", "place.reach1", "place.reach2", "place.reach3", "place.far", "place.elsewhere")


def place(one: Where, other: Where) -> tuple[str | None, str | None]:
    """The finding on two places, and the name they have in common; that says more the rarer it is."""
    district = one.district
    if district is not None and district == other.district:
        if one.name == other.name:
            return ("place.same_district" if one.name is None else "place.same_name"), district
        if one.name and other.name:
            return _by_distance(one, other) or "place.same_district", district
        return "place.same_district", district
    if one.lat is not None and other.lat is not None:
        if one.province is other.province and (one.uncertainty_km >= _WIDE_KM or other.uncertainty_km >= _WIDE_KM):
            return "place.same_province", None
        return _by_distance(one, other) or "place.same_province", None
    if one.province is not None and other.province is not None:
        return ("place.same_province" if one.province is other.province else "place.far"), None
    return _by_spelling(one, other)


def _by_distance(one: Where, other: Where) -> str | None:
    if one.lat is None or other.lat is None or one.lon is None or other.lon is None or one.shrink is None:
        return None
    north = one.lat - other.lat
    east = (one.lon - other.lon) * one.shrink
    reach = (north * north + east * east) / (_NOISE_KM2 + one.uncertainty_km**2 + other.uncertainty_km**2)
    return _LEVELS[bisect_left(_REACH, reach)]


def _by_spelling(one: Where, other: Where) -> tuple[str | None, str | None]:
    """Places outside the gazetteer: their names, `place, region` as people write them."""
    if one.name is None or other.name is None:
        return None, None
    if one.name == other.name:
        return "place.same_name", one.name
    region, its_region = one.name.rpartition(", ")[2], other.name.rpartition(", ")[2]
    if region != its_region:
        return "place.far", None
    if fuzz.ratio(one.name, other.name) >= _ALIKE:
        return "place.spelled_alike", None
    return "place.other_name", None
