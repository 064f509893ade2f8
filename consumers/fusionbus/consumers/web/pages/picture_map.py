"""The map of incidents as an element of a page; what it draws is told to it in one message, then in differences."""

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from nicegui.element import Element
from nicegui.events import GenericEventArguments

from fusionbus.consumers.threats.picture import Spot
from fusionbus.consumers.web.pages.forecast_words import CLASSES, class_of, risk_said
from fusionbus.consumers.web.pages.marks import rank_of
from fusionbus.consumers.web.pages.picture_rows import title
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.sections import AreaRisk

BUNDLED: Final = Path(__file__).with_name("pakistan.geojson")
BASEMAP_BYTES_MAX: Final = 2_000_000
"""A browser draws it anew for every frame of a move: more points than this make that slow."""
TITLE_CHARACTERS_MAX: Final = 120
Window = tuple[float | None, float | None]
Point = tuple[str, float, float, int, int, str]
"""Id, latitude, longitude, rank of severity, seconds since 1970, title."""
Risk = tuple[str, int, str]
"""District, class of risk, what is said of it; likeliest first."""


class PictureMap(Element, component="picture_map.js"):
    """The map. `on_window` hears which stretch of time was chosen with the slider."""

    def __init__(self, on_window: Callable[[Window], Awaitable[None]], window: Window, nothing: str) -> None:
        super().__init__()
        self._props["nothing"] = nothing
        self._props["window"] = list(window) if window != (None, None) else []
        self._shown: dict[str, Point] | None = None
        self._surged: list[str] = []
        self._risk: tuple[str, list[Risk]] | None = None

        async def chosen(event: GenericEventArguments) -> None:
            await on_window(_window(event))

        self.on("window", chosen)

    def basemap(self, geojson: object) -> None:
        """Draws what lies under the incidents."""
        self.run_method("basemap", geojson)

    def surges(self, districts: list[str]) -> None:
        """Marks the districts of open surges; others no more."""
        if districts != self._surged:
            self._surged = districts
            self.run_method("surges", districts)

    def risk(self, week: str, areas: Sequence[Risk]) -> None:
        """Has the districts coloured by a forecast, where somebody wishes to see it; nothing is sent twice."""
        told = (week, list(areas))
        if told != self._risk:
            self._risk = told
            self.run_method("risk", week, told[1], [word for _, word in CLASSES])

    def show(self, points: Iterable[Point]) -> int:
        """Shows these and no others; how many differ from what was shown."""
        now = {point[0]: point for point in points}
        return self.change(now.values(), [name for name in self._shown or {} if name not in now])

    def change(self, points: Iterable[Point], gone: Iterable[str]) -> int:
        """Shows these too, and those that are gone no more; how many differ from what was shown."""
        first, before = self._shown is None, self._shown or {}
        changed = [point for point in points if before.get(point[0]) != point]
        left = [name for name in gone if before.pop(name, None) is not None]
        if changed or left or first:
            self.run_method("put", changed, left, first)
        self._shown = before | {point[0]: point for point in changed}
        return len(changed) + len(left)


def points(found: Iterable[Spot]) -> list[Point]:
    """The incidents as the map takes them."""
    return [
        (
            spot.incident_id,
            round(spot.lat, 4),
            round(spot.lon, 4),
            rank_of(spot.severity),
            int(spot.at.timestamp()),
            title(spot)[:TITLE_CHARACTERS_MAX],
        )
        for spot in found
    ]


def risks(areas: Iterable[AreaRisk]) -> list[Risk]:
    """A forecast as the map takes it."""
    ranked = sorted(areas, key=lambda area: (-area.probability, area.district))
    return [(area.district, class_of(area.probability), risk_said(area)) for area in ranked]


@lru_cache(maxsize=4)
def basemap_of(path: Path = BUNDLED) -> dict[str, Any]:
    """The map's ground, from a file of GeoJSON. Raises: Misconfigured where it is none."""
    try:
        text = path.read_bytes()
        told = json.loads(text) if len(text) <= BASEMAP_BYTES_MAX else None
    except (OSError, ValueError) as exc:
        raise Misconfigured(f"{path} is not a map that can be read: name a file of GeoJSON in FUSION_WEB_MAP.") from exc
    if told is None:
        raise Misconfigured(
            f"{path} is larger than {BASEMAP_BYTES_MAX:,} bytes: simplify it, a browser must redraw it."
        )
    if not isinstance(told, dict) or not _is_collection(told.get("features")):
        raise Misconfigured(f"{path} is no GeoJSON FeatureCollection of outlines: FUSION_WEB_MAP needs one.")
    return told


def _is_collection(features: object) -> bool:
    if not isinstance(features, Sequence) or isinstance(features, str) or not features:
        return False
    return all(isinstance(each, dict) and isinstance(each.get("geometry"), dict) for each in features)


def _window(event: GenericEventArguments) -> Window:
    """The stretch of time that the slider asks for; what is no time counts as none."""
    told = event.args if isinstance(event.args, list) else [None, None]
    start, end = (value if isinstance(value, int | float) else None for value in [*told, None, None][:2])
    return start, end
