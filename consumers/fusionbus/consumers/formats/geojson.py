"""Incidents as GeoJSON (RFC 7946) for a map."""

import json
from collections.abc import Iterable
from typing import Any

from fusionbus.consumers.threats.found import IncidentLine


def feature_collection(incidents: Iterable[IncidentLine]) -> bytes:
    """A point for each incident, in UTF-8; where no coordinates are known the geometry is null, as RFC 7946 has it."""
    features = [_feature(line) for line in incidents]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def _feature(line: IncidentLine) -> dict[str, Any]:
    known = line.lat is not None and line.lon is not None
    properties = line.model_dump(mode="json", exclude={"incident_id", "lat", "lon"}, exclude_none=True)
    return {
        "type": "Feature",
        "id": line.incident_id,
        # Longitude first. Source: RFC 7946, 3.1.1.
        "geometry": {"type": "Point", "coordinates": [line.lon, line.lat]} if known else None,
        "properties": properties,
    }
