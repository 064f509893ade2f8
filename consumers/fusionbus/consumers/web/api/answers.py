"""An agency's answer to an alert, in the name of who is signed in."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from fusionbus.consumers.web.api.asking import AlertId, refusals, unforged
from fusionbus.consumers.web.site import address, signed_in, site
from fusionbus.contract.vocabulary import AckAction, Opinion

router = APIRouter(tags=["alerts"])

EXAMPLES: list[JsonValue] = [
    {"action": "used", "note": "Two arrests at the checkpoint."},
    {"action": "opinion", "opinion": "agree"},
]


class Answer(BaseModel):
    """What became of the alert; `opinion` goes with action `opinion`, and only with it."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": EXAMPLES})

    action: AckAction
    opinion: Opinion | None = None
    note: Annotated[str, Field(min_length=1, max_length=20_000)] | None = None


class Answered(BaseModel):
    """What was told to the hub."""

    sentence: str


@router.post(
    "/alerts/{alert_id}/acknowledgements",
    status_code=HTTPStatus.ACCEPTED,
    responses=refusals(404, 422),
    dependencies=[Depends(unforged)],
)
def answer(request: Request, alert_id: AlertId, said: Annotated[Answer, Body()]) -> Answered:
    """Answers an alert; the broker has the answer when this returns, and the originator sees it in its receipts."""
    done = site(request).actions.acknowledge(
        signed_in(request),
        alert_id,
        said.action,
        opinion=said.opinion,
        note=said.note,
        address=address(request),
    )
    return Answered(sentence=done.sentence)
