"""Who uses the web server, and what a role may do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from fusionbus.consumers.threats.viewer import Role, Viewer
from fusionbus.contract.errors import NotAllowed


class Right(StrEnum):
    """One thing that may be done."""

    READ = "read"
    """Incidents, alerts and receipts of the own agency, with what they say."""
    OPERATIONS = "operations"
    """How the bus runs: numbers, names of agencies, times; no body."""
    ACKNOWLEDGE = "acknowledge"
    """Answer alerts in the agency's name."""
    REVIEW = "review"
    """Join and part incidents, where the agency works for the hub's desk (`reviews`)."""
    LOG = "log"
    """Read who looked at what in the own agency."""
    OVERSIGHT = "oversight"
    """See who got what and what went wrong at every agency, where the own one works for the hub's desk; no body."""


RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.OPERATOR: frozenset({Right.OPERATIONS}),
    Role.READER: frozenset({Right.OPERATIONS, Right.READ}),
    Role.AUDITOR: frozenset({Right.OPERATIONS, Right.LOG, Right.OVERSIGHT}),
    Role.ANALYST: frozenset({Right.OPERATIONS, Right.READ, Right.ACKNOWLEDGE}),
    Role.SUPERVISOR: frozenset({Right.OPERATIONS, Right.READ, Right.ACKNOWLEDGE, Right.REVIEW}),
}
_OF_THE_CENTRE: Final = frozenset({Right.REVIEW, Right.OVERSIGHT})
"""Rights that only people of an agency have that works for the hub's desk: they reach beyond their own agency."""
_DOES: Final = {
    Right.READ: "read alerts and incidents",
    Right.OPERATIONS: "see how the bus runs",
    Right.ACKNOWLEDGE: "answer alerts",
    Right.REVIEW: "join or part incidents",
    Right.LOG: "read who looked at what",
    Right.OVERSIGHT: "see the figures of oversight",
}


@dataclass(frozen=True)
class Person:
    """Who asks: somebody signed in, or a program with an agency's token."""

    account_id: str
    agency: str
    name: str
    role: Role
    reviews: bool = False
    """Whether the agency works for the hub's desk, by the registry."""
    must_change: bool = False
    """Whether a password of one's own is due before anything else."""
    token: bool = False
    """Whether it is a program with an API token."""

    @property
    def by(self) -> str:
        """How the person is named in what is sent to the hub and in the access log."""
        return f"{self.name} ({'token' if self.token else self.role.value})"

    @property
    def viewer(self) -> Viewer:
        """On whose behalf the database is asked."""
        return Viewer(self.agency, frozenset({self.role}), reviews=self.reviews)

    def may(self, right: Right) -> bool:
        """Whether the role, and where it reaches beyond the agency also that, has this right."""
        return right in RIGHTS[self.role] and (right not in _OF_THE_CENTRE or self.reviews)

    def demand(self, right: Right) -> None:
        """Raises: NotAllowed, one sentence, where the right is missing."""
        if self.may(right):
            return
        if right in _OF_THE_CENTRE and right in RIGHTS[self.role]:
            raise NotAllowed(f"{self.agency} does not work for the hub's desk: only its agencies {_DOES[right]}.")
        who = ", ".join(role.value for role in RIGHTS if right in RIGHTS[role])
        raise NotAllowed(f"An account of role {self.role.value} may not {_DOES[right]}: ask for one of role {who}.")


@dataclass(frozen=True)
class Account:
    """One account as it is listed; never its password."""

    account_id: str
    agency: str
    name: str
    role: Role
    active: bool
    must_change: bool
    created_at: datetime
    signed_in_at: datetime | None


@dataclass(frozen=True)
class ApiToken:
    """One token as it is listed; the token itself is shown once, when it is made."""

    token_id: str
    agency: str
    name: str
    role: Role
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None


def roles(words: Iterable[Role] = tuple(Role)) -> str:
    """The roles as a list for a help text."""
    return ", ".join(role.value for role in words)
