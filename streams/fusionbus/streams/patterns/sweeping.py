"""Lets go, beside the traffic, of what is too old to be searched, and of what was told long ago."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from fusionbus.streams import keeping
from fusionbus.streams.engine import Event
from fusionbus.streams.ingress import Work
from fusionbus.streams.keeper import SETTLING
from fusionbus.streams.patterns.told import CITED, LAST_PURGE, OBSERVATION, TOLD, Rows
from fusionbus.streams.patterns.watched import Watched
from fusionbus.streams.sweep import Sweep

SEARCHED: Final = timedelta(days=400)
"""How long a report is searched: a year, to compare seasons, and a month about it. Our own choice."""
_DATES: Final = {OBSERVATION: re.compile(rb'"accepted_at":"([^"]+)"'), TOLD: re.compile(rb'"told_at":"([^"]+)"')}


@dataclass(slots=True)
class Sweeper:
    """Looks through the table a page a second at most."""

    rows: Rows
    sweep: Sweep
    _scrubbed: dict[int, datetime] = field(default_factory=dict)

    def look(self, work: Work, event: Event, watched: Watched) -> None:
        """Looks through the next page of the event's partition, if it is time for one."""
        for key, value in self.sweep.page(event.partition, work.now):
            try:
                self._look_at(work, event, key, value, watched)
            except Exception:  # noqa: BLE001 - what stands beside the traffic must not stop it; a metric tells
                work.tally["sweep_failed",] += 1

    def _look_at(self, work: Work, event: Event, key: bytes, value: bytes, watched: Watched) -> None:
        kind, name = key[:2], key[2:].decode()
        if key == LAST_PURGE:
            self._settle(work, event, value)
            return
        if kind == CITED:
            if all(self.rows.told(work.draft, event, told) is None for told in value.decode().split()):
                work.draft.mark(self.rows.table, event, key, None)
            return
        if not _is_before(kind, value, work.now - (SEARCHED if kind == OBSERVATION else keeping.AT_ALL)):
            return
        if kind == OBSERVATION:
            observation = self.rows.observation(work.draft, event, name)
            if observation is not None:
                self.rows.drop_observation(work.draft, event, name)
                watched.drop(observation, work.tally)
        else:
            told = self.rows.told(work.draft, event, name)
            if told is not None and not told.is_live:
                self.rows.let_go(work.draft, event, told)

    def _settle(self, work: Work, event: Event, value: bytes) -> None:
        """Sees to it that what a purge deleted goes from the disks: from the broker's by writing on, once from ours."""
        purged_at = datetime.fromisoformat(value.decode())
        if work.now - purged_at > SETTLING:
            work.draft.mark(self.rows.table, event, LAST_PURGE, None)
            return
        work.draft.mark(self.rows.table, event, LAST_PURGE, value)
        scrubbed_at = self._scrubbed.get(event.partition)
        if scrubbed_at is None or scrubbed_at <= purged_at:
            self._scrubbed[event.partition] = work.now
            self.rows.table.scrub(event.partition)


def _is_before(kind: bytes, value: bytes, moment: datetime) -> bool:
    """Whether the row is dated before that, read from its bytes: decoding takes fifty times as long."""
    written = _DATES[kind].search(value)
    assert written is not None  # noqa: S101 - for the type checker: every such row has one
    return written[1] < moment.strftime("%Y-%m-%dT%H:%M:%S").encode()
