"""How many seconds each topic is behind, from nothing but offsets and the stamps of what was processed. Pure."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

Spot = tuple[str, int]
"""Topic and partition."""

SAMPLES_MAX: Final = 240
"""Of each partition; beyond it every second one goes, so a lag of hours is told to within a percent of its age."""


@dataclass(slots=True)
class _Partition:
    processed_at: float | None = None
    """The broker's stamp on the newest record that was processed."""
    seen: deque[tuple[int, float]] = field(default_factory=deque)
    """Where the partition ended, and when that was first seen; oldest first."""


@dataclass(slots=True)
class LagAges:
    """The age of the oldest record not yet processed, by topic; asked about once a second.

    What came while we looked is dated by when it was first seen. What was there before is dated by the record processed
    last, which is a little older than the next: the age of a backlog is told too large rather than too small.
    """

    _parts: dict[Spot, _Partition] = field(default_factory=dict)

    def processed(self, stamps: Iterable[tuple[Spot, float]]) -> None:
        """Notes the broker's stamps, in Unix seconds, on what a batch processed, in order."""
        for spot, at in dict(stamps).items():
            self._parts.setdefault(spot, _Partition()).processed_at = at

    def look(self, ends: Mapping[Spot, int], committed: Mapping[Spot, int], now: float) -> dict[str, float]:
        """Seconds behind by topic, the worst of its partitions; 0 where nothing waits."""
        found: dict[str, float] = {}
        for spot, end in ends.items():
            if spot in committed:
                age = self._age(self._parts.setdefault(spot, _Partition()), end, committed[spot], now)
                found[spot[0]] = max(found.get(spot[0], 0.0), age)
        for gone in self._parts.keys() - committed.keys():
            del self._parts[gone]
        return found

    @staticmethod
    def _age(part: _Partition, end: int, committed: int, now: float) -> float:
        seen = part.seen
        if seen and end < seen[-1][0]:  # the topic was made anew
            seen.clear()
        if not seen or end > seen[-1][0]:
            seen.append((end, now))
        while len(seen) > 1 and seen[1][0] <= committed:
            seen.popleft()
        if len(seen) > SAMPLES_MAX:
            part.seen = seen = deque((seen[0], *list(seen)[1:-1:2], seen[-1]))
        if end <= committed:
            return 0.0
        if seen[0][0] <= committed:  # then the next one was there when the oldest unprocessed record was first seen
            return now - seen[1][1] if len(seen) > 1 else 0.0
        since = seen[0][1] if part.processed_at is None else min(part.processed_at, seen[0][1])
        return max(0.0, now - since)
