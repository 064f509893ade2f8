"""What an agency tells the hub besides reports: acknowledgements, subscriptions, questions."""

from datetime import timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from fusionbus.contract import ids
from fusionbus.contract.agency import Subscription
from fusionbus.contract.base import SCHEMA_VERSION, AgencyId, Id, Message, Prose, Text, UtcDatetime, Version, Zone
from fusionbus.contract.vocabulary import AckAction, Form, Opinion

CATCH_UP_MAX: Final = timedelta(days=30)
"""How far back one may ask for what is open: an incident closes seven days after its last report."""


class ControlHead(Message):
    """What every control message has."""

    schema_version: Version = SCHEMA_VERSION
    agency: AgencyId
    by: Text | None = None
    """The desk or role that acts; not a person's name."""
    at: UtcDatetime


class Acknowledgement(ControlHead):
    """What became of an alert at its recipient."""

    type: Literal["acknowledgement"] = "acknowledgement"
    alert_id: Id
    incident_id: Id
    incident_revision: Annotated[int, Field(ge=1)]
    zone: Zone
    action: AckAction
    opinion: Opinion | None = None
    note: Prose | None = None

    @model_validator(mode="after")
    def _opinion_is_given(self) -> Self:
        if (self.action is AckAction.OPINION) != (self.opinion is not None):
            raise ValueError("`opinion` goes with action `opinion`, and only with it")
        return self


class Subscribe(ControlHead):
    """Makes or changes a subscription."""

    type: Literal["subscribe"] = "subscribe"
    subscription: Subscription

    @model_validator(mode="after")
    def _own(self) -> Self:
        if self.subscription.agency != self.agency:
            raise ValueError("an agency subscribes for itself only")
        return self


class Unsubscribe(ControlHead):
    """Ends a subscription."""

    type: Literal["unsubscribe"] = "unsubscribe"
    subscription_id: Id


class SharingRequest(ControlHead):
    """A recipient asks the originator to let it pass a report on (originator control)."""

    type: Literal["sharing_request"] = "sharing_request"
    request_id: Id
    """A random UUID of the asker's choice; made from nothing, so that it tells nobody who asks."""
    alert_id: Id
    incident_id: Id
    zone: Zone
    to: Annotated[tuple[AgencyId, ...], Field(min_length=1, max_length=50)]
    reason: Prose


class SharingAnswer(ControlHead):
    """The originator's answer."""

    type: Literal["sharing_answer"] = "sharing_answer"
    request_id: Id
    report_id: Id
    answer: Literal["grant", "deny", "tearline"]
    form: Form = Form.SUMMARY
    """With `grant`: the fullest form that may be sent; handling rules may make it less."""
    reason: Prose | None = None
    """The asker reads it."""
    incident_id: Id | None = None
    zone: Zone | None = None
    """Both as the question has them; without them the hub cannot find it."""


class CatchUp(ControlHead):
    """An agency asks for what is open and what it would have been sent, had its wishes and rights been always so."""

    type: Literal["catch_up"] = "catch_up"
    since: UtcDatetime
    """Incidents that were heard of since then."""
    subscription_id: Id | None = None
    """Only what this subscription asks for; by default all that it may have and wants."""

    @model_validator(mode="after")
    def _not_for_ever(self) -> Self:
        if not timedelta(0) <= self.at - self.since <= CATCH_UP_MAX:
            raise ValueError(f"`since` lies at most {CATCH_UP_MAX.days} days before `at`, and not after it")
        return self


class Verdict(ControlHead):
    """An analyst's word on two incidents: one event, or two. It holds until the next verdict on the same two."""

    type: Literal["verdict"] = "verdict"
    incidents: tuple[Id, Id]
    zone: Zone
    other_zone: Zone | None = None
    """The second incident's, where it is not the first's."""
    decision: Literal["same", "not_same"]
    reason: Text
    """Why, for the audit and the hub's own desk; no recipient reads it."""

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.incidents[0] == self.incidents[1]:
            raise ValueError("a verdict is on two incidents")
        return self


class Split(ControlHead):
    """An analyst takes reports out of an incident that they do not tell of."""

    type: Literal["split"] = "split"
    incident_id: Id
    zone: Zone
    reports: Annotated[tuple[Id, ...], Field(min_length=1, max_length=200)]
    reason: Text
    """Why, for the audit and the hub's own desk; no recipient reads it."""


Judgement = Verdict | Split
"""What an analyst decides about which reports tell of one event."""


def judgement_id(message: Judgement) -> str:
    """The id of the decision: the same for the same words of the same desk at the same moment."""
    about: tuple[str, ...]
    if isinstance(message, Verdict):
        about = message.decision, *message.incidents
    else:
        about = "split", message.incident_id, *message.reports
    return ids.judgement_id(message.agency, message.at.isoformat(), *about)


def catch_up_id(message: CatchUp) -> str:
    """The id of the request: the same for the same words of the same desk at the same moment."""
    return ids.catch_up_id(message.agency, message.at.isoformat())


ControlMessage = Annotated[
    Acknowledgement | Subscribe | Unsubscribe | SharingRequest | SharingAnswer | CatchUp | Verdict | Split,
    Field(discriminator="type"),
]
