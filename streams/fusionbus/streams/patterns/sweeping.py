"""Lets go, beside the traffic, of what is too old to be searched, and of what was told long ago."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fusionbus.streams import keeping
from fusionbus.streams.engine import Event
from fusionbus.streams.ingress import Work
from fusionbus.streams.patterns.told import CITED, OBSERVATION, TOLD, Rows
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

    def look(self, work: Work, event: Event, watched: Watched) -> None:
        """Looks through the next page of the event's partition, if it is time for one."""
        for key, value in self.sweep.page(event.partition, work.now):
            try:
                self._look_at(work, event, key, value, watched)
            except Exception:  # noqa: BLE001 - what stands beside the traffic must not stop it; a metric tells
                work.tally["sweep_failed",] += 1

    def _look_at(self, work: Work, event: Event, key: bytes, value: bytes, watched: Watched) -> None:
        kind, name = key[:2], key[2:].decode()
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


def _is_before(kind: bytes, value: bytes, moment: datetime) -> bool:
    """Whether the row is dated before that, read from its bytes: decoding takes fifty times as long."""
    written = _DATES[kind].search(value)
    assert written is not None  # noqa: S101 - for the type checker: every such row has one
    return written[1] < moment.strftime("%Y-%m-%dT%H:%M:%S").encode()
