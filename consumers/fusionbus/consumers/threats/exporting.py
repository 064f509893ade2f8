"""What was found, in the formats of others; no format holds more than its alerts do."""

import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import select

from fusionbus.consumers.formats import cap, geojson, stix, table_csv
from fusionbus.consumers.formats.stix_parts import stix_id
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.found import Found, IncidentLine
from fusionbus.consumers.threats.tables import alerts
from fusionbus.consumers.threats.viewer import Viewer
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import Undecodable

_OLDEST: Final = (1980, 1, 1, 0, 0, 0)
"""A ZIP entry's time is no fact here; a fixed one makes the same answer the same bytes."""


class Format(StrEnum):
    """How an answer is written."""

    JSON = "json"
    CSV = "csv"
    GEOJSON = "geojson"
    STIX = "stix"
    """One STIX 2.1 bundle."""
    CAP = "cap"
    """One CAP 1.2 document an incident, in a ZIP file."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A file."""

    content: bytes
    media_type: str
    ending: str


Story = Sequence[Alert]
"""What was told of one incident, oldest first."""


def export(database: ThreatDatabase, viewer: Viewer, found: Found, how: Format) -> Exported:
    """One page of incidents as a file. Raises: NotAllowed, RetryLater, Misconfigured."""
    viewer.must_read()
    match how:
        case Format.JSON:
            return Exported(found.model_dump_json().encode(), "application/json", "json")
        case Format.CSV:
            return Exported(table_csv.table(found.incidents), "text/csv; charset=utf-8", "csv")
        case Format.GEOJSON:
            return Exported(geojson.feature_collection(found.incidents), "application/geo+json", "geojson")
        case Format.STIX:
            return Exported(
                as_stix(stories(database, viewer, found.incidents)), "application/stix+json;version=2.1", "json"
            )
        case Format.CAP:
            return Exported(as_cap(stories(database, viewer, found.incidents)), "application/zip", "zip")


def stories(database: ThreatDatabase, viewer: Viewer, incidents: Sequence[IncidentLine]) -> list[Story]:
    """The viewer's alerts behind each of these incidents; notices are none. Raises: NotAllowed, RetryLater, …"""
    viewer.must_read()
    told: dict[str, list[Alert]] = {line.incident_id: [] for line in incidents}
    mine = select(alerts.c.json).where(alerts.c.recipient == viewer.agency, alerts.c.incident_id.in_(list(told)))
    with database.reading() as db:
        for text in db.scalars(mine.order_by(alerts.c.incident_revision, alerts.c.issued_at)):
            alert = codec.decode(Alert, text.encode())
            if not isinstance(alert, Undecodable) and alert.kind.tells_of_event:
                told[alert.incident_id].append(alert)
    return [story for story in told.values() if story]


def as_stix(told: Iterable[Story]) -> bytes:
    """One bundle of all; an object that several hold is there once, in its newest form."""
    objects: dict[str, Any] = {}
    for story in told:
        for one in json.loads(stix.bundle(story[-1], story[:-1]))["objects"]:
            there = objects.get(one["id"])
            if there is None or one.get("modified", "") >= there.get("modified", ""):
                objects[one["id"]] = one
    made = {"type": "bundle", "id": stix_id("bundle", *sorted(objects)), "objects": list(objects.values())}
    return json.dumps({name: value for name, value in made.items() if value}, ensure_ascii=False).encode()


def as_cap(told: Iterable[Story]) -> bytes:
    """A ZIP file of one document an incident: its newest alert."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as files:
        for story in told:
            name = zipfile.ZipInfo(f"{story[-1].alert_id}.xml", _OLDEST)
            files.writestr(name, cap.message(story[-1], story[:-1]), zipfile.ZIP_DEFLATED)
    return packed.getvalue()
