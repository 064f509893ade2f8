"""Alerts as the agency got them, a report's way, receipts, and whether a person or thing is known."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request, Response
from fastapi import Query as InQuery
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from fusionbus.consumers.threats.found import AlertsFound, Checked, Journey, ReceiptsFound, StoredAlert
from fusionbus.consumers.threats.journeys import journey
from fusionbus.consumers.threats.query import PER_PAGE_MAX, read_moment
from fusionbus.consumers.threats.receipts import receipts_of
from fusionbus.consumers.threats.search import alert_of, alerts_of, check
from fusionbus.consumers.web.access_log import Act
from fusionbus.consumers.web.api.asking import (
    AlertId,
    Reader,
    ReportId,
    Watcher,
    answered,
    hidden,
    looked,
    not_there,
    refusals,
    unforged,
)
from fusionbus.consumers.web.site import site
from fusionbus.contract.base import Id, Token, UtcDatetime
from fusionbus.contract.vocabulary import Status

router = APIRouter()

A_TOKEN = "cnic:k1:0123456789abcdef0123456789abcdef"  # noqa: S105 - what a token of a CNIC looks like
Moment = Annotated[UtcDatetime, BeforeValidator(read_moment)]


class _Pages(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    since: Moment | None = None
    page: Annotated[int, Field(ge=1)] = 1
    per_page: Annotated[int, Field(ge=1, le=PER_PAGE_MAX)] = 50


class AlertsAsked(_Pages):
    """Which alerts."""

    unacknowledged: bool = False
    """Only those that wait for an answer."""
    status: Status | None = None


class ReceiptsAsked(_Pages):
    """Which receipts."""

    report_id: Id | None = None


class Checking(BaseModel):
    """A person or thing, as its token: a keyed hash, so that the plain value stays with the asker."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: Annotated[Token, Field(examples=[A_TOKEN])]


@router.get("/alerts", response_model=AlertsFound, responses=refusals(422), tags=["alerts"])
def find(request: Request, person: Reader, asked: Annotated[AlertsAsked, InQuery()]) -> Response:
    """One page of the agency's alerts, newest first."""
    looked(request, person, Act.SEARCH, f"alerts page={asked.page}")
    return answered(request, alerts_of(site(request).database, person.viewer, **dict(asked)))


@router.get("/alerts/{alert_id}", response_model=StoredAlert, responses=refusals(404, 422), tags=["alerts"])
def open_one(request: Request, person: Reader, alert_id: AlertId) -> Response:
    """One alert, and what the agency said of it."""
    looked(request, person, Act.VIEW, f"alert {alert_id}")
    found = alert_of(site(request).database, person.viewer, alert_id)
    if found is None:
        raise not_there(person, f"alert {alert_id}")
    return answered(request, found)


@router.get("/reports/{report_id}/journey", response_model=Journey, responses=refusals(404, 422), tags=["reports"])
def way(request: Request, person: Watcher, report_id: ReportId) -> Response:
    """A report's way: for its originator the receipts, for a recipient its alerts. Operators see it too."""
    looked(request, person, Act.VIEW, f"journey {report_id}")
    found = journey(site(request).database, person.viewer, report_id)
    if found is None:
        raise not_there(person, f"report {report_id}")
    return answered(request, found)


@router.get("/receipts", response_model=ReceiptsFound, responses=refusals(422), tags=["reports"])
def receipts(request: Request, person: Reader, asked: Annotated[ReceiptsAsked, InQuery()]) -> Response:
    """What became of the agency's own reports, newest first."""
    looked(request, person, Act.SEARCH, f"receipts {asked.report_id or ''} page={asked.page}")
    return answered(request, receipts_of(site(request).database, person.viewer, **dict(asked)))


@router.post(
    "/check", response_model=Checked, responses=refusals(422), tags=["check"], dependencies=[Depends(unforged)]
)
def known(request: Request, person: Reader, asked: Annotated[Checking, Body()]) -> Response:
    """Hit or no hit, and whom to call. By POST, so that no proxy's log holds whom somebody asked for."""
    looked(request, person, Act.CHECK, hidden(asked.token))
    return answered(request, check(site(request).database, person.viewer, asked.token))
