"""A tip as it stands, and what its teller may learn of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

State = Literal["waiting", "asked", "accepted", "refused"]
Standing = Literal["received", "being looked at", "passed on", "closed"]


@dataclass(frozen=True, slots=True)
class Tip:
    """One tip of the queue."""

    tip_id: int
    channel: str
    received_at: datetime
    language: str
    text: str
    place: str | None
    happens: str | None
    plate_token: str | None
    caller_token: str | None
    urgent: bool
    marked: bool
    state: State
    looked_at: bool
    question: str | None
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None
    report_id: str | None
    additions: tuple[tuple[datetime, str], ...] = ()
    has_contact: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it waits for a decision."""
        return self.state in {"waiting", "asked"}

    @property
    def whole(self) -> str:
        """What was told, with what was added later."""
        return "\n\n".join((self.text, *(text for _, text in self.additions)))

    @property
    def standing(self) -> Standing:
        """What its teller may learn, and nothing more: no reason, no name, no incident."""
        if self.state == "accepted":
            return "passed on"
        if self.state == "refused":
            return "closed"
        return "being looked at" if self.looked_at or self.state == "asked" else "received"


@dataclass(frozen=True, slots=True)
class Act:
    """One line of the audit of the tip line."""

    seq: int
    at: datetime
    tip_id: int | None
    by: str
    action: str
    note: str | None


COLUMNS: Final = (
    "tip_id, channel, received_at, language, text, place, happens, plate_token, caller_token, urgent, marked, state,"
    " looked_at, question, decided_at, decided_by, reason, report_id"
)


def tip_of(row: tuple[object, ...]) -> Tip:
    """The tip of a row of COLUMNS."""
    named = dict(zip(COLUMNS.replace(",", "").split(), row, strict=True))
    for name in ("received_at", "decided_at"):
        named[name] = datetime.fromisoformat(str(named[name])) if named[name] else None
    for name in ("urgent", "marked", "looked_at"):
        named[name] = bool(named[name])
    return Tip(**named)  # type: ignore[arg-type] # the table has these types
