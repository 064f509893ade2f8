"""Draws the picture's base map: a schematic of Pakistan's districts and provinces, from this project's tables alone.

usage: make_basemap.py DISTRICTS.tsv OUT.geojson

The outline beside this script was set by hand, to about 10 km. A district's cell is what lies nearer to its middle than
to any other's, weighed by its area (a power diagram), and no boundary of law. Source of middles and areas: gazetteer.
"""

# ruff: noqa: INP001, T201 - a script beside the room, which speaks on standard output

import csv
import json
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

Point = tuple[float, float]
EAST: Final = math.cos(math.radians(30.5))
"""How much shorter a degree of longitude is than one of latitude, in the middle of the country."""
KM_PER_DEGREE: Final = 111.2
LABELS: Final = {
    "Punjab": (72.2, 30.9),
    "Sindh": (68.6, 26.0),
    "Khyber Pakhtunkhwa": (71.6, 34.6),
    "Balochistan": (65.2, 28.1),
    "Gilgit-Baltistan": (75.0, 35.9),
    "Azad Kashmir": (73.8, 33.95),
    "Islamabad": (73.1, 33.55),
}
"""Where the names of the provinces stand."""
WEIGHT: Final = 0.6
"""How far a district's area moves its edges; at 1 small districts beside large ones lose their own middle."""


@dataclass(frozen=True, slots=True)
class District:
    """A district's middle in degrees of latitude both ways, and the square of its weighed radius."""

    name: str
    province: str
    x: float
    y: float
    reach: float


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a table."""
    with path.open(encoding="utf-8") as lines:
        yield from csv.DictReader(lines, delimiter="\t")


def districts(path: Path) -> list[District]:
    """The districts of the gazetteer."""
    found = []
    for row in rows(path):
        if row["kind"] == "district":
            radius = math.sqrt(float(row["area_km2"]) / math.pi) / KM_PER_DEGREE * WEIGHT
            x, y = float(row["lon"]) * EAST, float(row["lat"])
            found.append(District(row["district"], row["province"], x, y, radius**2))
    return found


def cut(ring: list[Point], own: District, other: District) -> list[Point]:
    """The part of the ring that is nearer to its own district than to the other (Sutherland and Hodgman)."""

    def lead(point: Point) -> float:
        mine = (point[0] - own.x) ** 2 + (point[1] - own.y) ** 2 - own.reach
        return (point[0] - other.x) ** 2 + (point[1] - other.y) ** 2 - other.reach - mine

    kept: list[Point] = []
    for one, two in pairwise([*ring, *ring[:1]]):
        here, there = lead(one), lead(two)
        if here >= 0:
            kept.append(one)
        if (here >= 0) != (there >= 0):
            share = here / (here - there)
            kept.append((one[0] + share * (two[0] - one[0]), one[1] + share * (two[1] - one[1])))
    return kept


def drawn(ring: list[Point]) -> list[list[float]]:
    """The ring in degrees, closed, to about 100 m."""
    points = [[round(x / EAST, 3), round(y, 3)] for x, y in ring]
    return [*points, points[0]]


def feature(kind: str, name: str, geometry: str, coordinates: object, **more: str) -> dict[str, Any]:
    """A GeoJSON feature (RFC 7946)."""
    told = {"kind": kind, "name": name, **more}
    return {"type": "Feature", "properties": told, "geometry": {"type": geometry, "coordinates": coordinates}}


def borders(cells: dict[District, list[list[float]]]) -> list[list[list[float]]]:
    """The edges along which two provinces meet."""
    owners: dict[frozenset[tuple[float, ...]], set[str]] = {}
    for district, ring in cells.items():
        for one, two in pairwise(ring):
            owners.setdefault(frozenset((tuple(one), tuple(two))), set()).add(district.province)
    return [[list(end) for end in sorted(edge)] for edge, of in owners.items() if len(of) > 1 and len(edge) > 1]


def main(table: Path, out: Path) -> None:
    """Writes the map."""
    outline = [(float(row["lon"]) * EAST, float(row["lat"])) for row in rows(Path(__file__).with_name("outline.tsv"))]
    known = districts(table)
    cells = {}
    for own in known:
        ring = outline
        for other in known:
            if other is not own:
                ring = cut(ring, own, other)
        if ring:
            cells[own] = drawn(ring)
    features = [feature("country", "Pakistan", "Polygon", [drawn(outline)])]
    features += [feature("district", d.name, "Polygon", [ring], province=d.province) for d, ring in cells.items()]
    features.append(feature("province", "Provinces", "MultiLineString", sorted(borders(cells))))
    features += [feature("district", d.name, "Point", [round(d.x / EAST, 3), d.y]) for d in cells]
    features += [feature("province", name, "Point", spot) for name, spot in LABELS.items()]
    told = {"type": "FeatureCollection", "features": features}
    out.write_text(json.dumps(told, separators=(",", ":")).replace('{"type":"Feature",', '\n{"type":"Feature",') + "\n")
    print(f"{out}: {len(cells)} of {len(known)} districts, {out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
