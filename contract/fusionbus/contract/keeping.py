"""How long a report is kept: its originator's orders, what the hub notes of them, and what a recipient erases."""

from typing import Annotated, Literal

from pydantic import Field

from fusionbus.contract import ids
from fusionbus.contract.base import AgencyId, Id, Message, Prose, Text, UtcDatetime
from fusionbus.contract.control import ControlHead
from fusionbus.contract.handling import Signature

ERASED_ALERTS_MAX = 10_000
"""A report has no more revisions than that, and each makes one alert for a recipient."""


class KeepingOrder(ControlHead):
    """What is ordered about one report; it goes on its writer's reports topic, with the report's own key.

    There, and not on the control topic, because it then lies behind every revision that was sent before it.
    """

    report_id: Id
    reason: Prose
    """Kept in the audit."""
    signature: Signature | None = None
    """As a report's: of an agency that must sign, orders are taken only so."""

    def receipt_id(self, outcome: str) -> str:
        """The id of the receipt that its giver gets for it, with this outcome."""
        kind: str = getattr(self, "type", "")
        return ids.receipt_id(self.report_id, outcome, self.agency, kind, self.at.isoformat())


class Purge(KeepingOrder):
    """Nothing of the report is to be kept but that it was here, and who had it."""

    type: Literal["purge"] = "purge"


class LegalHold(KeepingOrder):
    """The report is not to be purged, by nobody and by no date, until this agency releases it."""

    type: Literal["legal_hold"] = "legal_hold"


class ReleaseHold(KeepingOrder):
    """This agency's hold on the report ends."""

    type: Literal["release_hold"] = "release_hold"


class AskRedress(KeepingOrder):
    """The hub's desk asks the originator, for a person whom the report names, to correct or purge it."""

    type: Literal["ask_redress"] = "ask_redress"
    case_id: Id
    wanted: Literal["correct", "purge"]
    answer_by: UtcDatetime


class AnswerRedress(KeepingOrder):
    """The originator's answer: it has corrected the report, or it refuses, and why. A purge answers by itself."""

    type: Literal["answer_redress"] = "answer_redress"
    case_id: Id
    answer: Literal["corrected", "refused"]


AnyOrder = Purge | LegalHold | ReleaseHold | AskRedress | AnswerRedress
Order = Annotated[AnyOrder, Field(discriminator="type")]
ORDERS = frozenset({"purge", "legal_hold", "release_hold", "ask_redress", "answer_redress"})


class Redress(Message):
    """A request for redress about a report, the newest, and what became of it."""

    case_id: Id
    wanted: Literal["correct", "purge"]
    asked_by: AgencyId
    asked_at: UtcDatetime
    answer_by: UtcDatetime
    revision: int
    """The report's newest revision when it was asked: a correction is a newer one."""
    answer: Literal["purged", "corrected", "refused", "lapsed"] | None = None
    answered_at: UtcDatetime | None = None


class Keeping(Message):
    """What the hub notes of how long a report may be kept."""

    review_due: UtcDatetime | None = None
    review_told: UtcDatetime | None = None
    """The review whose originator was told that it is due: it stands here from then on."""
    retention_until: UtcDatetime | None = None
    holds: tuple[AgencyId, ...] = ()
    """Agencies that hold it, sorted: while there is one it is not purged."""
    purged_at: UtcDatetime | None = None
    legal_basis: Text | None = None
    predicate: Text | None = None
    """Why a person may be named: its reference or the beginning of its words; gone when the report's words go."""
    redress: Redress | None = None
    redress_due: UtcDatetime | None = None
    """When the originator has to have answered; nothing once it has, or its silence was told."""


class Erasure(Message):
    """What the recipient of an alert erases: bodies, and what an incident's summary had of them."""

    alerts: Annotated[tuple[Id, ...], Field(max_length=ERASED_ALERTS_MAX)]
    """Of these alerts nothing is kept but ids, times and markings."""
    incidents: Annotated[tuple[Id, ...], Field(max_length=ERASED_ALERTS_MAX)]
    """Of all other alerts on these incidents, up to this one, the summary of the incident goes: it was made from more
    than the report behind the alert."""
