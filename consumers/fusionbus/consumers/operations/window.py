"""What was added to counters within the last minutes, whichever process counted it, and however often it restarted."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from fusionbus.consumers.operations.scrape import Sample

LENGTH_S: Final = 900.0
"""A quarter of an hour: what is kept, and the trend that is drawn."""
BUCKET: Final = "_bucket"
KEPT: Final = {
    "fusion_reports_in_total": "agency",
    "fusion_dead_letters_total": "reason",
    "fusion_publish_to_route_seconds_bucket": "le",
    "fusion_publish_to_alert_seconds_bucket": "le",
}
"""Counters that are followed, and the one label by which they are told apart."""

Key = tuple[str, str]
"""A counter's name and the value of its label."""


def totals(samples: Iterable[Sample]) -> dict[Key, float]:
    """The counters that are followed, summed over their other labels."""
    found: dict[Key, float] = defaultdict(float)
    for sample in samples:
        label = KEPT.get(sample.name)
        if label is not None:
            found[sample.name, sample.label(label)] += sample.value
    return found


def added(before: Mapping[Key, float], now: Mapping[Key, float]) -> dict[Key, float]:
    """What came in between; a counter that fell began anew with its process."""
    steps = {}
    for key, value in now.items():
        old = before.get(key, 0.0)
        step = value - old if value >= old else value
        if step:
            steps[key] = step
    return steps


@dataclass(slots=True)
class Window:
    """Steps of counters, newest last."""

    length_s: float = LENGTH_S
    _steps: deque[tuple[float, dict[Key, float]]] = field(default_factory=deque)
    _last: dict[str, Mapping[Key, float]] = field(default_factory=dict)

    def take(self, source: str, samples: Iterable[Sample], at: float) -> None:
        """Adds one look at a process; the first one is only what the next is measured from."""
        now = totals(samples)
        before = self._last.get(source)
        self._last[source] = now
        steps = {} if before is None else added(before, now)
        if steps:
            self._steps.append((at, steps))
        while self._steps and self._steps[0][0] < at - self.length_s:
            self._steps.popleft()

    def within(self, since: float) -> dict[Key, float]:
        """What was added since then."""
        found: dict[Key, float] = defaultdict(float)
        for at, steps in reversed(self._steps):
            if at < since:
                break
            for key, step in steps.items():
                found[key] += step
        return found


def quantile(buckets: Mapping[float, float], share: float) -> float | None:
    """The value below which this share lies, as Prometheus's `histogram_quantile` has it: between a bucket's bounds
    in proportion; beyond the last finite bound that bound. None where nothing was counted. Buckets are cumulative.
    """
    bounds = sorted(buckets)
    if not bounds or buckets[bounds[-1]] <= 0:
        return None
    rank = share * buckets[bounds[-1]]
    low, below = 0.0, 0.0
    for bound in bounds:
        if buckets[bound] >= rank:
            if bound == float("inf"):
                return low
            inside = buckets[bound] - below
            return low + (bound - low) * ((rank - below) / inside if inside else 1.0)
        low, below = bound, buckets[bound]
    return low
