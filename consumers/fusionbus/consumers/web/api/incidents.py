"""Incidents: found by what is known of them, opened, and taken along in other formats."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Request, Response
from fastapi import Query as InQuery

from fusionbus.consumers.threats.exporting import Format, export
from fusionbus.consumers.threats.found import Found, IncidentPage
from fusionbus.consumers.threats.query import Query
from fusionbus.consumers.threats.search import incident_page, search
from fusionbus.consumers.web.access_log import Act
from fusionbus.consumers.web.api.asking import IncidentId, Reader, answered, hidden, looked, not_there, refusals, tagged
from fusionbus.consumers.web.site import site

router = APIRouter(prefix="/incidents", tags=["incidents"])

FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "A page of incidents; with another `format` a file.",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("text/csv", "application/geo+json", "application/stix+json", "application/zip")
        },
    }
}
MAY_NAME_SOMEBODY: Final = frozenset({"text", "token"})


class Asked(Query):
    """A question, and how its answer is written."""

    format: Format = Format.JSON


@router.get("", response_model=Found, responses=FILES | refusals(422))
def find(request: Request, person: Reader, query: Annotated[Asked, InQuery()]) -> Response:
    """One page of the incidents that the agency was told of; every part that is given narrows."""
    looked(request, person, Act.SEARCH if query.format is Format.JSON else Act.EXPORT, asked(query))
    database = site(request).database
    found = search(database, person.viewer, query)
    if query.format is Format.JSON:
        return answered(request, found)
    file = export(database, person.viewer, found, query.format)
    return tagged(request, file.content, file.media_type, f"incidents-{query.page}.{file.ending}")


@router.get("/{incident_id}", response_model=IncidentPage, responses=refusals(404, 422))
def open_one(request: Request, person: Reader, incident_id: IncidentId) -> Response:
    """All that the agency knows of an incident: its alerts, what was said of them, what is related."""
    looked(request, person, Act.VIEW, f"incident {incident_id}")
    found = incident_page(site(request).database, person.viewer, incident_id)
    if found is None:
        raise not_there(person, f"incident {incident_id}")
    return answered(request, found)


def asked(query: Asked) -> str:
    """The question for the access log."""
    given = query.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    return " ".join(
        f"{name}={hidden(str(value)) if name in MAY_NAME_SOMEBODY else value}" for name, value in sorted(given.items())
    )
