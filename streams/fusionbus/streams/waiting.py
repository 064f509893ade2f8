"""What this worker's incidents wait for, by partition: a shadow of the table, asked by the ticks and the metrics."""

import heapq
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from sys import intern

from fusionbus.contract.incident import Incident
from fusionbus.shell.metrics import AGES
from fusionbus.streams.deadlines import is_over, next_due


@dataclass(slots=True)
class _Partition:
    awaited: dict[str, tuple[tuple[str, datetime], ...]] = field(default_factory=dict)
    """By incident each agency and when it was told: the whole would keep a kilobyte for each."""
    next_due: dict[str, datetime] = field(default_factory=dict)
    queue: list[tuple[datetime, str]] = field(default_factory=list)
    """A heap; an entry that `next_due` does not confirm is old."""


@dataclass(slots=True)
class Waiting:
    """By partition and incident: whose acknowledgement is awaited, and when something is late next."""

    _held: dict[int, _Partition] = field(default_factory=dict)

    def clear(self) -> None:
        """Forgets what may be another worker's by now."""
        self._held.clear()

    def note(self, partition: int, incident: Incident) -> None:
        """Keeps what this incident waits for now."""
        held = self._held.get(partition)
        if held is None:
            held = self._held[partition] = _Partition()
        name = incident.incident_id
        if incident.awaited and not is_over(incident):
            held.awaited[name] = tuple([(intern(agency), one.sent_at) for agency, one in incident.awaited.items()])
        else:
            held.awaited.pop(name, None)
        due = next_due(incident)
        if due is None:
            held.next_due.pop(name, None)
        elif held.next_due.get(name) != due:
            held.next_due[name] = due
            heapq.heappush(held.queue, (due, name))

    def has_due(self, partition: int, at: datetime) -> bool:
        """Whether something may be late in this partition."""
        held = self._held.get(partition)
        return held is not None and bool(held.queue) and held.queue[0][0] <= at

    def take_due(self, partition: int, at: datetime, limit: int) -> list[str]:
        """Incidents in which something is late, at most so many, the longest late first; each is named once."""
        held, found = self._held.get(partition), list[str]()
        while held is not None and held.queue and held.queue[0][0] <= at and len(found) < limit:
            due, name = heapq.heappop(held.queue)
            if held.next_due.get(name) == due:
                del held.next_due[name]
                found.append(name)
        return found

    def by_age(self, now: datetime) -> dict[tuple[str, str], int]:
        """Awaited acknowledgements by agency and age band."""
        found: Counter[tuple[str, str]] = Counter()
        for held in self._held.values():
            for awaited in held.awaited.values():
                for agency, sent_at in awaited:
                    age_s = (now - sent_at).total_seconds()
                    band = next(name for name, bound_s in AGES if age_s <= bound_s)
                    found[agency, band] += 1
        return found
