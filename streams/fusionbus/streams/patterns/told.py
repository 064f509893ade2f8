"""What was told of a finding, as it is kept; and how the rows of the `patterns` table lie."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeVar

from pydantic import Field

from fusionbus.contract import codec
from fusionbus.contract.base import Id, Interval, Message, UtcDatetime, slimmed
from fusionbus.contract.codec import Undecodable, encode
from fusionbus.contract.handling import Handling
from fusionbus.contract.observation import Observation
from fusionbus.contract.vocabulary import FindingKind, Status
from fusionbus.streams.engine import Draft, Event, Paged, pages_of

M = TypeVar("M", bound=Message)
Name = tuple[Status, FindingKind, str]
"""What tells findings apart: exercises from what is real, kinds, and the search's own key."""

OBSERVATION, TOLD, CITED = b"o:", b"f:", b"c:"
"""How the keys begin: a report as it stands, what was told of a finding, and which findings list a report."""
LAST_PURGE: Final = b"s:purged"
"""When a report was purged last, so that what it left on disks is seen to."""
EVIDENCE_MAX: Final = 10_000
"""Reports one finding may rest on: their ids take 39 bytes each, and a row must stay below the broker's 1 MiB."""


COUNTED: Final = frozenset({FindingKind.FORECAST})
"""Findings that rest on counts over very many reports. They are told once; their evidence is weighed for who may have
them, but it is counted and not listed. So what is withdrawn or purged later changes only the next of them: there is
nothing of it in the one that was told."""


class Told(Message):
    """One finding as it was told, in one report of the centre: kept as long as its evidence may be withdrawn."""

    key: str
    kind: FindingKind
    status: Status
    report_id: Id
    local_ref: str
    opened_at: UtcDatetime
    told_at: UtcDatetime
    """When the newest revision was decided, by the tick that caused it."""
    revision: Annotated[int, Field(ge=0)]
    """0: nobody may have it, so nothing was sent."""
    phase: Literal["open", "over", "withdrawn"] = "open"
    window: Interval
    handling: Handling
    grave: str = ""
    """Severity and urgency."""
    digest: str
    """Of what matters in it: the same again is not told again."""
    evidence: tuple[Id, ...]
    """All of it while the finding is open; afterwards what the report lists."""
    report: str | None = None
    """The newest revision as it is sent, while the finding is open or waits to be sent."""
    waits: bool = False
    """Whether it is yet to be sent: it is written before it is sent, so that a crash repeats it byte for byte."""
    withdrawn: bool = False
    """Whether evidence was withdrawn since it was last told."""

    @property
    def name(self) -> Name:
        """What tells it apart."""
        return self.status, self.kind, self.key

    @property
    def is_live(self) -> bool:
        """Whether more will be told of it by itself."""
        return self.phase == "open" or self.waits


@dataclass(slots=True)
class Rows:
    """The table as observations and findings; a decision in the making is read before the table."""

    table: Paged

    def load(self, partition: int) -> Iterator[list[Observation | Told]]:
        """Every observation and every finding that is not closed, a page at a time."""
        for rows in pages_of(self.table, partition):
            yield [row for key, value in rows if (row := _live(key, value)) is not None]

    def observation(self, draft: Draft, event: Event, report_id: str) -> Observation | None:
        """The report as it stands."""
        return self._read(Observation, draft, event, OBSERVATION + report_id.encode())

    def keep_observation(self, draft: Draft, event: Event, observation: Observation) -> None:
        """Writes the report as it stands now."""
        draft.mark(self.table, event, OBSERVATION + observation.report_id.encode(), encode(observation))

    def drop_observation(self, draft: Draft, event: Event, report_id: str) -> None:
        """Deletes a report that is gone."""
        draft.mark(self.table, event, OBSERVATION + report_id.encode(), None)

    def told(self, draft: Draft, event: Event, report_id: str) -> Told | None:
        """What was told in this report of the centre."""
        return self._read(Told, draft, event, TOLD + report_id.encode())

    def keep_told(self, draft: Draft, event: Event, told: Told, listed: tuple[str, ...] = ()) -> None:
        """Writes what was told; `listed` are reports that it lists, so that their withdrawal finds it."""
        for report_id in listed:
            citing = self.citing(draft, event, report_id)
            if told.report_id not in citing:
                draft.mark(self.table, event, CITED + report_id.encode(), "\n".join((*citing, told.report_id)).encode())
        draft.mark(self.table, event, TOLD + told.report_id.encode(), encode(told))

    def let_go(self, draft: Draft, event: Event, told: Told) -> None:
        """Deletes what was told, and that it lists anything."""
        for report_id in told.evidence:
            citing = self.citing(draft, event, report_id)
            if told.report_id in citing:
                left = "\n".join(each for each in citing if each != told.report_id).encode()
                draft.mark(self.table, event, CITED + report_id.encode(), left or None)
        draft.mark(self.table, event, TOLD + told.report_id.encode(), None)

    def citing(self, draft: Draft, event: Event, report_id: str) -> tuple[str, ...]:
        """The centre's reports that list this one."""
        return tuple((draft.read(self.table, event, CITED + report_id.encode()) or b"").decode().split())

    def _read(self, model: type[M], draft: Draft, event: Event, key: bytes) -> M | None:
        value = draft.read(self.table, event, key)
        return None if value is None else _decoded(model, value)


def _live(key: bytes, value: bytes) -> Observation | Told | None:
    if key.startswith(OBSERVATION):
        return slimmed(_decoded(Observation, value))
    if key.startswith(TOLD):
        told = _decoded(Told, value)
        return told if told.is_live else None
    return None


def _decoded(model: type[M], value: bytes) -> M:
    found = codec.decode(model, value)
    if isinstance(found, Undecodable):
        raise AssertionError(f"a row of patterns cannot be read: {found.sentence}")  # noqa: TRY004 - our bug
    return found
