"""Who looks into the database: one agency's people read what that agency was sent, and nothing else."""

from dataclasses import dataclass
from enum import StrEnum

from fusionbus.contract.errors import NotAllowed


class Role(StrEnum):
    """What a person does at an agency."""

    ANALYST = "analyst"
    """Reads and acknowledges."""
    SUPERVISOR = "supervisor"
    """An analyst who also joins and parts incidents, where the agency reviews."""
    READER = "reader"
    """Reads and changes nothing."""
    AUDITOR = "auditor"
    """Sees who did what and who got what, and no report; changes nothing."""
    OPERATOR = "operator"
    """Keeps the bus running: sees counts and times, and no report."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """On whose behalf a question is asked.

    Args:
        agency: rows of this recipient are read.
        roles: what the asker does there.
        reviews: whether the agency works for the hub's desk (`reviews` in the registry).
    """

    agency: str
    roles: frozenset[Role] = frozenset({Role.ANALYST})
    reviews: bool = False

    @property
    def reads(self) -> bool:
        """Whether reports may be shown."""
        return bool(self.roles - {Role.OPERATOR, Role.AUDITOR})

    def must_read(self) -> None:
        """Raises: NotAllowed where no report may be shown."""
        if not self.reads:
            raise NotAllowed("Operators and auditors see no report: ask an analyst of your agency.")

    def must_review(self) -> None:
        """Raises: NotAllowed where the agency does not work for the hub's desk."""
        self.must_read()
        if not self.reviews:
            raise NotAllowed(f"{self.agency} does not review incidents for the hub: ask the centre's desk.")
