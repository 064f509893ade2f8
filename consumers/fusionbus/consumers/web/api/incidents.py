"""Incidents: found by what is known of them, opened, and taken along in other formats."""

from typing import Annotated, Final

from fastapi import APIRouter, Request, Response
from fastapi import Query as InQuery

from fusionbus.consumers.threats.found import Found, IncidentPage
from fusionbus.consumers.threats.query import Query
from fusionbus.consumers.threats.search import incident_page, search
from fusionbus.consumers.web.access_log import Act
from fusionbus.consumers.web.api.asking import IncidentId, Reader, answered, hidden, looked, not_there, refusals
from fusionbus.consumers.web.site import site

router = APIRouter(prefix="/incidents", tags=["incidents"])

MAY_NAME_SOMEBODY: Final = frozenset({"text", "token"})


@router.get("", response_model=Found, responses=refusals(422))
def find(request: Request, person: Reader, query: Annotated[Query, InQuery()]) -> Response:
    """One page of the incidents that the agency was told of; every part that is given narrows."""
    looked(request, person, Act.SEARCH, asked(query))
    return answered(request, search(site(request).database, person.viewer, query))


@router.get("/{incident_id}", response_model=IncidentPage, responses=refusals(404, 422))
def open_one(request: Request, person: Reader, incident_id: IncidentId) -> Response:
    """All that the agency knows of an incident: its alerts, what was said of them, what is related."""
    looked(request, person, Act.VIEW, f"incident {incident_id}")
    found = incident_page(site(request).database, person.viewer, incident_id)
    if found is None:
        raise not_there(person, f"incident {incident_id}")
    return answered(request, found)


def asked(query: Query) -> str:
    """The question for the access log."""
    given = query.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    return " ".join(
        f"{name}={hidden(str(value)) if name in MAY_NAME_SOMEBODY else value}" for name, value in sorted(given.items())
    )
