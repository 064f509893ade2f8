"""The ground of a forecast: districts, the province each lies in, and which lie beside each other."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from fusionbus.contract.report import Place
from fusionbus.streams.reading.gazetteer import DISTRICTS, GROUPS, NAMES, distance_km
from fusionbus.streams.reading.words import key_of

TOUCHING: Final = 1.25
"""Districts are neighbours where their middles are nearer than this many times the sum of their radii, each as a circle
of its area. By this a district has five on average, and none has none; real districts of one size have about six."""
PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "Karachi": (
        "Karachi Central", "Karachi East", "Karachi South", "Karachi West", "Keamari", "Korangi", "Malir",
    ),
    "Chitral": ("Lower Chitral", "Upper Chitral"),
    "Dir": ("Lower Dir", "Upper Dir"),
    "Kohistan": ("Kolai Palas", "Lower Kohistan", "Upper Kohistan"),
    "South Waziristan": ("Lower South Waziristan", "Upper South Waziristan"),
}  # fmt: skip
"""Old districts that were divided, and what they were divided into: a report may name only the whole."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Districts by number: their names, provinces (by number) and neighbours."""

    names: tuple[str, ...]
    provinces: tuple[int, ...]
    neighbours: tuple[tuple[int, ...], ...]
    members: tuple[tuple[int, ...], ...] = field(init=False)
    """The districts of each province."""

    def __post_init__(self) -> None:
        """Turns provinces about."""
        of: list[list[int]] = [[] for _ in range(max(self.provinces, default=-1) + 1)]
        for district, province in enumerate(self.provinces):
            of[province].append(district)
        object.__setattr__(self, "members", tuple(map(tuple, of)))


@cache
def pakistan() -> Ground:
    """The districts of the gazetteer as they stand today."""
    held = sorted((place for name, place in DISTRICTS.items() if name not in GROUPS), key=lambda place: place.name)
    codes = sorted({place.province for place in held})
    middles = [(place.lat, place.lon, place.uncertainty_km) for place in held]
    return Ground(
        tuple(place.name for place in held),
        tuple(codes.index(place.province) for place in held),
        neighbours_of(middles),
    )


def neighbours_of(circles: list[tuple[float, float, float]]) -> tuple[tuple[int, ...], ...]:
    """For each circle (latitude, longitude, radius in km) those that lie beside it."""
    return tuple(
        tuple(
            other
            for other, (o_lat, o_lon, o_radius) in enumerate(circles)
            if other != own and distance_km(lat, lon, o_lat, o_lon) <= TOUCHING * (radius + o_radius)
        )
        for own, (lat, lon, radius) in enumerate(circles)
    )


@cache
def _numbers() -> Mapping[str, int]:
    return {name: number for number, name in enumerate(pakistan().names)}


@cache
def districts_named(name: str) -> tuple[int, ...]:
    """The district with this name in any spelling the gazetteer knows; the parts of one that was divided; or none."""
    if name not in DISTRICTS:
        found = NAMES.get(key_of(name))
        place = next((each for each in found.places if each.kind == "district"), None) if found else None
        if place is None:
            return ()
        name = place.name
    return tuple(_numbers()[part] for part in PARTS.get(name, (name,)))


def districts_at(place: Place | None) -> tuple[int, ...]:
    """Where an event counts: its district, or without one the district whose middle is nearest to its coordinates.

    Coordinates less exact than the district is wide tell no district.
    """
    if place is None:
        return ()
    if place.district is not None:
        return districts_named(place.district)
    if place.lat is None or place.lon is None:
        return ()
    held = [DISTRICTS[name] for name in pakistan().names]
    away = [distance_km(place.lat, place.lon, each.lat, each.lon) / each.uncertainty_km for each in held]
    nearest = min(range(len(held)), key=away.__getitem__)
    wide_km = held[nearest].uncertainty_km
    vague = (place.uncertainty_km or 0.0) > wide_km or not math.isfinite(away[nearest]) or away[nearest] > TOUCHING
    return () if vague else (nearest,)
