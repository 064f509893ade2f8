"""The parts of a question as conditions; the first of them is always whose rows these are."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import asin, cos, pi, radians, sin, sqrt
from typing import Final

from sqlalchemy import ColumnElement, TextClause, select, text

from fusionbus.consumers.threats.folding import fold, mark_of
from fusionbus.consumers.threats.query import Query, Words
from fusionbus.consumers.threats.rows import RANKS, on_sphere
from fusionbus.consumers.threats.tables import alerts, bodies, incidents, texts, tokens
from fusionbus.consumers.threats.viewer import Viewer

EARTH_KM: Final = 6_371.0
OPEN_FOR: Final = timedelta(days=7)
"""As long after its last report as the hub compares new ones with it: `streams/correlate/open_incidents.py`."""
_DEGREE_KM: Final = 111.0
"""A little less than a degree of latitude has on that sphere (111.19): the box is never too small."""
_POLAR: Final = 85.0
"""Beyond it, and where a circle crosses the date line, longitudes do not narrow a circle."""

Condition = ColumnElement[bool]


def conditions(viewer: Viewer, query: Query, now: datetime, dialect: str) -> Iterator[Condition]:
    """All that an incident has to fulfil."""
    yield incidents.c.recipient == viewer.agency
    yield incidents.c.revision > 0  # of others only notices have come, which tell nothing of an event
    yield incidents.c.status == query.status
    if query.text is not None:
        yield of_words(viewer.agency, query.words, dialect)
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


def of_words(agency: str, words: Words, dialect: str) -> Condition:
    """Whose words hold all that is looked for. The index holds whose text it is as a word too."""
    found = select(texts.c.id).where(_indexed(agency, words, dialect))
    for phrase in words.phrases:
        found = found.where((" " + texts.c.text + " ").contains(f" {phrase} "))
    return incidents.c.id.in_(found)


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


def _indexed(agency: str, words: Words, dialect: str) -> TextClause:
    if dialect == "postgresql":
        return text("array_to_tsvector(string_to_array(texts.text, ' ')) @@ CAST(:lexemes AS tsquery)").bindparams(
            lexemes=" & ".join((*(f"'{word}'" for word in (mark_of(agency), *words.whole)), *_begun(words, "':*")))
        )
    asked = " AND ".join((*(f'"{word}"' for word in (mark_of(agency), *words.whole)), *_begun(words, '"*')))
    return text("texts.id IN (SELECT rowid FROM texts_words WHERE texts_words MATCH :asked)").bindparams(asked=asked)


def _begun(words: Words, end: str) -> list[str]:
    """Beginnings of words in quotes; folded words hold letters and digits only, so no quote ends too early."""
    return [f"{end[0]}{word}{end}" for word in words.beginnings]


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
