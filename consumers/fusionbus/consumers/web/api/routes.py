"""The API's paths in one router, and whether the server lives."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from sqlalchemy import text

from fusionbus.consumers.web.api import alerts, answers, incidents
from fusionbus.consumers.web.api.asking import Watcher, refusals
from fusionbus.consumers.web.people import Right
from fusionbus.consumers.web.site import site

PREFIX = "/api/v1"

health = APIRouter(tags=["server"])
router = APIRouter(prefix=PREFIX)
router.include_router(incidents.router)
router.include_router(alerts.router)
router.include_router(answers.router)


class Myself(BaseModel):
    """Who asks."""

    agency: str
    name: str
    role: str
    rights: tuple[Right, ...]


class Health(BaseModel):
    """That the server lives and reaches its database."""

    status: str


@health.get("/health", responses={503: refusals()[503]})
def lives(request: Request) -> Health:
    """Whether the server lives and its database answers; needs no sign-in, says nothing else."""
    with site(request).database.reading() as connection:
        connection.execute(text("SELECT 1"))
    return Health(status="ok")


@router.get("/me", responses=refusals(), tags=["server"])
def me(person: Watcher) -> Myself:
    """Who asks, and what he may do."""
    rights = tuple(right for right in Right if person.may(right))
    return Myself(agency=person.agency, name=person.name, role=person.role.value, rights=rights)


@router.get("/openapi.json", include_in_schema=False)
def description(_: Watcher) -> Response:
    """This API's own description."""
    from fusionbus.consumers.web.api.document import document  # noqa: PLC0415 - it describes this very router

    return Response(document(), media_type="application/json")
