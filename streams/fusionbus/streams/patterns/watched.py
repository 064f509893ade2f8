"""The searches over one partition's observations: a shadow of the table, thrown away with every epoch."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from fusionbus.contract.observation import Observation
from fusionbus.contract.vocabulary import Status
from fusionbus.streams.ingress import Tally
from fusionbus.streams.patterns.told import Name, Told
from fusionbus.streams.patterns.values import Finding, Search

LOOK_AGAIN: Final = timedelta(hours=1)
"""Findings end, and forecasts move, by time alone: nothing of them goes by less than hours."""


@dataclass(slots=True)
class Watched:
    """What is searched, and what is told of already and not over."""

    factories: Sequence[Callable[[], Search]]
    open: dict[Name, Told] = field(default_factory=dict)
    """Findings that hold, as they were told."""
    waiting: dict[str, Told] = field(default_factory=dict)
    """What is to be sent, by the report of the centre."""
    changed: bool = True
    looked_at: datetime | None = None
    due_at: datetime | None = None
    """When what was left for later is to be looked at, if anything was."""
    count: int = 0
    _searches: dict[Status, tuple[Search, ...]] = field(default_factory=dict)

    def read(self, rows: Iterable[Observation | Told], tally: Tally) -> None:
        """Takes in what was kept."""
        for row in rows:
            if isinstance(row, Told):
                self.note(row)
            else:
                self.put(row, tally)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look at."""
        return not self._searches and not self.open and not self.waiting

    def note(self, told: Told) -> None:
        """Remembers what was told, as it stands now."""
        if told.phase == "open":
            self.open[told.name] = told
        else:
            self._close(told)
        if told.waits:
            self.waiting[told.report_id] = told
        else:
            self.waiting.pop(told.report_id, None)

    def forget(self, told: Told) -> None:
        """Lets go of what was told."""
        self._close(told)
        self.waiting.pop(told.report_id, None)

    def _close(self, told: Told) -> None:
        held = self.open.get(told.name)
        if held is not None and held.report_id == told.report_id:  # not where the matter has come up again since
            del self.open[told.name]

    def is_due(self, now: datetime) -> bool:
        """Whether there may be something to tell: something changed, an hour passed, or something waits."""
        if self.is_empty:
            return False
        if self.changed or self.looked_at is None or self.waiting:
            return True
        return now - self.looked_at >= LOOK_AGAIN or (self.due_at is not None and now >= self.due_at)

    def put(self, observation: Observation, tally: Tally, before: Observation | None = None) -> None:
        """Shows a report to the searches of its status, and takes it from those of the status it had."""
        if before is not None and before.status is not observation.status:
            self.drop(before, tally)
        elif before is None:
            self.count += 1
        for search in self._of(observation.status):
            try:
                search.put(observation)
            except Exception:  # noqa: BLE001 - one search that breaks must not stop the others; a metric tells
                tally["search_failed", type(search).__name__] += 1
        self.changed = True

    def drop(self, observation: Observation, tally: Tally) -> None:
        """Takes a report from the searches."""
        self.count -= 1
        for search in self._of(observation.status):
            try:
                search.drop(observation.report_id)
            except Exception:  # noqa: BLE001 - as above
                tally["search_failed", type(search).__name__] += 1
        self.changed = True

    def standing(self, now: datetime, tally: Tally) -> tuple[dict[Name, Finding], bool]:
        """All findings by their names, and whether every search has said what holds."""
        found: dict[Name, Finding] = {}
        whole = True
        for status, searches in self._searches.items():
            for search in searches:
                try:
                    standing = search.standing(now)
                except Exception:  # noqa: BLE001 - as above
                    tally["search_failed", type(search).__name__] += 1
                    whole = False
                    continue
                found |= {(status, finding.kind, finding.key): finding for finding in standing}
        return found, whole

    def _of(self, status: Status) -> tuple[Search, ...]:
        held = self._searches.get(status)
        if held is None:
            held = self._searches[status] = tuple(make() for make in self.factories)
        return held
