"""The parts of a question as conditions; the first of them is always whose rows these are."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import asin, cos, pi, radians, sin, sqrt
from typing import Final

from sqlalchemy import ColumnElement, Connection, literal_column, select

from fusionbus.consumers.threats.folding import fold
from fusionbus.consumers.threats.full_text import of_words
from fusionbus.consumers.threats.query import Query
from fusionbus.consumers.threats.rows import RANKS, on_sphere
from fusionbus.consumers.threats.tables import alerts, bodies, incidents, tokens
from fusionbus.consumers.threats.viewer import Viewer

EARTH_KM: Final = 6_371.0
OPEN_FOR: Final = timedelta(days=7)
"""As long after its last report as the hub compares new ones with it: `streams/correlate/open_incidents.py`."""
_DEGREE_KM: Final = 111.0
"""A little less than a degree of latitude has on that sphere (111.19): the box is never too small."""
_POLAR: Final = 85.0
"""Beyond it, and where a circle crosses the date line, longitudes do not narrow a circle."""

Condition = ColumnElement[bool]


def conditions(db: Connection, viewer: Viewer, query: Query, now: datetime) -> tuple[list[Condition], bool]:
    """All that an incident has to fulfil, and whether words are looked for that many hold: those are slow to count."""
    wanted = list(_but_for_words(viewer, query, now))
    if query.text is None:
        return wanted, False
    worded, is_rare = of_words(db, viewer.agency, query.words)
    return [*wanted, worded], not is_rare


def _but_for_words(viewer: Viewer, query: Query, now: datetime) -> Iterator[Condition]:
    yield incidents.c.recipient == viewer.agency
    # Of the others only notices have come, which tell nothing of an event. In plain, as the indexes have it.
    yield incidents.c.revision > literal_column("0")
    yield incidents.c.status == query.status
    yield from _of_place(query)
    if query.since is not None:
        yield incidents.c.at >= query.since
    if query.until is not None:
        yield incidents.c.at <= query.until
    if query.actor is not None:
        yield incidents.c.actor_folded == fold(query.actor)
    if query.category is not None:
        yield incidents.c.category == query.category
    if query.kind is not None:
        yield incidents.c.kind == query.kind
    if query.severity_min is not None:
        yield incidents.c.severity_rank >= RANKS[query.severity_min]
    if query.open_only:
        yield from still_open(now)
    if query.token is not None:
        yield of_token(viewer.agency, query.token)


def still_open(now: datetime) -> Iterator[Condition]:
    """Neither withdrawn nor part of another, and told of lately."""
    yield incidents.c.withdrawn.is_(False)
    yield incidents.c.merged_into.is_(None)
    yield incidents.c.updated_at >= now - OPEN_FOR


def of_token(agency: str, token: str) -> Condition:
    """Whose alerts name the person or thing of this token, in a report that stands."""
    seen = (
        select(alerts.c.incident_id)
        .join(tokens, tokens.c.alert_id == alerts.c.alert_id)
        .join(bodies, bodies.c.alert_id == alerts.c.alert_id)
        .where(tokens.c.recipient == agency, tokens.c.token == token, bodies.c.withdrawn_by_revision.is_(None))
    )
    return incidents.c.incident_id.in_(seen)


def chord_squared(lat: float, lon: float) -> ColumnElement[float]:
    """The square of the straight line to this point, through the sphere of radius 1."""
    here = on_sphere(lat, lon)
    parts = [incidents.c[name] - here[name] for name in ("x", "y", "z")]
    return parts[0] * parts[0] + parts[1] * parts[1] + parts[2] * parts[2]


def distance_km(chord_2: float) -> float:
    """The way over the ground that a straight line spans."""
    return 2 * EARTH_KM * asin(min(1.0, sqrt(chord_2) / 2))


def _of_place(query: Query) -> Iterator[Condition]:
    if query.province is not None:
        yield incidents.c.province == query.province
    if query.district is not None:
        yield incidents.c.district_folded == fold(query.district)
    if query.lat is None or query.lon is None or query.radius_km is None:
        return
    reach = query.radius_km / _DEGREE_KM
    yield incidents.c.lat.between(query.lat - reach, query.lat + reach)
    if abs(query.lat) + reach < _POLAR:
        east_west = reach / cos(radians(abs(query.lat) + reach))
        if abs(query.lon) + east_west < 180:  # noqa: PLR2004 - the date line
            yield incidents.c.lon.between(query.lon - east_west, query.lon + east_west)
    longest = 2 * sin(min(query.radius_km / EARTH_KM, pi) / 2)
    yield chord_squared(query.lat, query.lon) <= longest * longest
