"""Which zones a report may belong to: those its circle touches; all where it says nothing of where. Pure."""

from functools import lru_cache
from typing import Final

from fusionbus.contract.incident import Claim
from fusionbus.streams.reading import ZONES, zones_around

VAGUE_KM: Final = 30.0
"""Uncertainty of coordinates that state none. Source: DESIGN, 31 km median between two sources."""


def zones_of(claim: Claim, beyond_km: float = 0.0) -> tuple[str, ...]:
    """The zones that a report saying this may belong to, sorted; none abroad or in a place that nobody knows.

    The circle is the report's own, no wider unless `beyond_km` says so: 31 km more showed twice as many reports next
    door and found 4 of 84 pairs more (docs/decisions/012).
    """
    place = claim.place
    if place is None:
        return ZONES
    if place.province is None or place.lat is None or place.lon is None:
        return ()
    own_km = VAGUE_KM if place.uncertainty_km is None else place.uncertainty_km
    return _around(place.lat, place.lon, own_km + beyond_km)


@lru_cache(maxsize=16_384)
def _around(lat: float, lon: float, reach_km: float) -> tuple[str, ...]:
    return zones_around(lat, lon, reach_km)
