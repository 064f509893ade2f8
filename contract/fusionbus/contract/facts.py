"""What oversight counts of an act of the hub, beside who got what: dates, answers, marks; no body and no person."""

import hashlib
from typing import Annotated, Final, Literal

from pydantic import Field

from fusionbus.contract.base import AgencyId, Id, Message, UtcDatetime
from fusionbus.contract.vocabulary import AckAction

MARK_BYTES: Final = 16
"""128 bits, as a token has: two tokens of one report do not share a mark by chance."""
MARKS_MAX: Final = 2_400
"""A report names at most 200 persons by ten papers each, and 200 things (`report.py`), some of them twice."""
_PURPOSE: Final = b"fusionbus mark 1"

Mark = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
"""What one who has a token can recognise in a report's record, and nobody else can read or tie to another report."""


class Facts(Message):
    """Of each kind of act only what it has; all of it is optional (wire version 1.1)."""

    action: AckAction | None = None
    """Of an answer: what the recipient did with the alert."""
    answer: Literal["grant", "deny", "tearline", "lapsed", "purged", "corrected", "refused"] | None = None
    """Of a question about sharing or a request for redress; `lapsed` where nobody answered in time."""
    request_id: Id | None = None
    """The question about sharing, or the case of redress, that was asked or decided."""
    hold: Literal["held", "released"] | None = None
    """Of a change of legal hold: what became of it."""
    origins: int | None = None
    """Of a report: how many independent origins its incident has after it."""
    ring: tuple[AgencyId, ...] | None = None
    """Of a report: the agencies of its incident whose word came back to them through others."""
    review_due: UtcDatetime | None = None
    retention_until: UtcDatetime | None = None
    held: bool | None = None
    """Of a report: whether its originator put it under legal hold."""
    marks: Annotated[tuple[Mark, ...], Field(max_length=MARKS_MAX)] | None = None
    """Of a report: a mark for each token of a paper, phone, plate or account in it."""


def mark_of(report_id: str, token: str) -> str:
    """The mark of a token in this report: 32 hexadecimal digits, in another report others.

    BLAKE2b over the two: a token has 128 bits under the federation's key, so none is found by trying.
    """
    told = hashlib.blake2b(report_id.encode(), digest_size=MARK_BYTES, person=_PURPOSE)
    told.update(b"\x1f" + token.encode())
    return told.hexdigest()
