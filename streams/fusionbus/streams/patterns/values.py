"""What every search for a pattern takes and gives. Searches are pure: no clock, no logging, no Kafka."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from fusionbus.contract.base import Interval
from fusionbus.contract.observation import Observation
from fusionbus.contract.report import Entity, Place
from fusionbus.contract.sections import AreaRisk, Figure
from fusionbus.contract.vocabulary import FindingKind, Severity, ThreatCategory, Urgency


@dataclass(frozen=True, slots=True)
class Finding:
    """What a search found; the hop makes a report of the centre out of it, for whoever may see all its evidence."""

    kind: FindingKind
    key: str
    """Names the matter, in up to 90 characters of `[A-Za-z0-9.:/-]`: found again under one key, it is a later revision
    of one report. Never a token, a name or anything else that tells of a person."""
    window: Interval
    headline: str
    """One line, up to 200 characters."""
    statement: str
    """What was found and how sure it is, in a few sentences; no person, no token."""
    figures: tuple[Figure, ...]
    evidence: tuple[tuple[Observation, str], ...]
    """Each report it rests on, and what of it counts, in words; in order of event time. All of them: who may not see
    one of them is not told of the finding."""
    place: Place | None = None
    category: ThreatCategory | None = None
    actor: str | None = None
    severity: Severity = Severity.UNKNOWN
    urgency: Urgency = Urgency.UNKNOWN
    entities: tuple[Entity, ...] = ()
    """Tokens in common, privacy fields as in the reports they come from."""
    areas: tuple[AreaRisk, ...] = ()
    phase: Literal["open", "over"] = "open"


class Search(Protocol):
    """One kind of pattern, looked for in the observations of one status (exercises never meet actual reports)."""

    def put(self, observation: Observation) -> None:
        """Takes a report, or a newer revision of one that is here; never one that is gone."""

    def drop(self, report_id: str) -> None:
        """Lets go of a report that was withdrawn, purged, or is too old; one it does not know is no fault."""

    def standing(self, now: datetime) -> Sequence[Finding]:
        """All that holds at this time, each under its own key: the same whatever order the reports came in.

        What is no longer among them is over: the hop says so once. It is called every few seconds where something
        changed, and once an hour besides; with 100,000 observations it takes 50 ms at most.
        """
