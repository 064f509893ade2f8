"""The names of the routing rules: every (report, agency) pair is decided by exactly one of them."""

from enum import StrEnum


class Rule(StrEnum):
    """The rule that let a report through to an agency, or held it back."""

    SUBSCRIPTION = "subscription"
    JURISDICTION = "jurisdiction"
    IMMINENT_DANGER = "imminent_danger"
    MEMBER = "member"
    """It told of the incident and hears when others confirm it, or it had the report and hears of its changes."""
    GRANTED = "granted"
    """Its originator, who controls it, let this agency have it."""
    NOTICE = "notice"
    """It tells of the handling of an alert or report: a missed deadline, a question to the originator."""

    DECONFLICTION = "deconfliction"
    """Its report meets an operation, or its operation something of another's: it learns whom to call."""

    STATUS = "status_isolation"
    INACTIVE = "inactive"
    CLEARANCE = "clearance"
    TLP = "tlp"
    RELEASABLE = "releasable_to"
    ORIGINATOR_CONTROL = "originator_control"
    FOREIGN = "foreign_partner"
    NO_INTEREST = "no_interest"
    NEED_TO_KNOW = "need_to_know"
    ECHO = "echo"
    RECALL = "recall"

    @property
    def delivers(self) -> bool:
        """Whether the rule lets something through."""
        return self in _DELIVERING


_DELIVERING = frozenset(
    {
        Rule.SUBSCRIPTION,
        Rule.JURISDICTION,
        Rule.IMMINENT_DANGER,
        Rule.MEMBER,
        Rule.RECALL,
        Rule.GRANTED,
        Rule.NOTICE,
        Rule.DECONFLICTION,
    }
)
