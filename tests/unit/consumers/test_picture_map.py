"""The map's ground, and what the map is told."""

import csv
import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from builders import NOW
from fusionbus.consumers.threats.picture import Spot
from fusionbus.consumers.web.pages.picture_map import BASEMAP_BYTES_MAX, BUNDLED, basemap_of, points
from fusionbus.contract.errors import Misconfigured
from fusionbus.streams import reading

Ring = Sequence[Sequence[float]]
DISTRICTS = Path(reading.__file__).with_name("districts.tsv")


def holds(ring: Ring, lon: float, lat: float) -> bool:
    """Whether the point lies in the ring, by counting edges to its east."""
    inside = False
    for (x, y), (next_x, next_y) in pairwise(ring):
        if (y > lat) != (next_y > lat) and lon < (next_x - x) * (lat - y) / (next_y - y) + x:
            inside = not inside
    return inside


def rings(kind: str) -> dict[str, Ring]:
    features = basemap_of()["features"]
    return {
        each["properties"]["name"]: each["geometry"]["coordinates"][0]
        for each in features
        if each["properties"]["kind"] == kind and each["geometry"]["type"] == "Polygon"
    }


def test_every_district_of_the_gazetteer_lies_in_the_country_and_in_its_own_cell() -> None:
    with DISTRICTS.open(encoding="utf-8") as lines:
        known = [row for row in csv.DictReader(lines, delimiter="\t") if row["kind"] == "district"]
    (country,), cells = rings("country").values(), rings("district")
    assert len(known) > 150
    for row in known:
        lon, lat = float(row["lon"]), float(row["lat"])
        assert holds(country, lon, lat), row["district"]
        assert [name for name, cell in cells.items() if holds(cell, lon, lat)] == [row["district"]]


def test_the_bundled_map_is_small() -> None:
    assert BUNDLED.stat().st_size < 200_000


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"features": []}',
        b'{"features": "abc"}',
        b'{"features": [1]}',
        b" " * (BASEMAP_BYTES_MAX + 1),
    ],
)
def test_a_file_that_is_no_map_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "map.geojson"
    file.write_bytes(content)
    with pytest.raises(Misconfigured, match=r"map\.geojson"):
        basemap_of(file)


def test_a_map_that_is_missing_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="FUSION_WEB_MAP"):
        basemap_of(tmp_path / "none.geojson")


def test_another_map_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "other.geojson"
    line = {"type": "LineString", "coordinates": [[70, 30], [71, 31]]}
    told = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": None, "geometry": line}]}
    file.write_text(json.dumps(told), encoding="utf-8")
    assert basemap_of(file) == told


def test_a_mark_without_a_headline_is_called_by_its_category() -> None:
    spot = Spot("id", 34.0, 71.5, "Severe", NOW, None, "vehicle_bombing", NOW)
    assert points([spot]) == [("id", 34.0, 71.5, 1, int(NOW.timestamp()), "Vehicle bombing, no headline released")]
