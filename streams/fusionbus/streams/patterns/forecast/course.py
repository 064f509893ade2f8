"""The course of attacks week by week, as it was known at the start of each: counts, fading memories, what was expected.

A forecast for a week may only use what is here when the course stands at that week's start.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fusionbus.streams.patterns.forecast.ground import Ground

LONG_WEEKS: Final = 52
"""What "long-run" means: a year. The hub searches reports for 400 days, and older years tell less: on the real attacks
of 2008 to 2011 the Brier score of the long run was 0.0554 with one year, 0.0563 with two, 0.0571 with three."""
PRIOR_WEEKS: Final = 13.0
"""How many weeks of a district's own count weigh as much as its province's mean. Any from 4 to 26 did alike there."""
FAST_WEEKS, SLOW_WEEKS, TRUST_WEEKS = 2.0, 13.0, 52.0
"""Mean ages of the memories: of the last attacks, of the last months, and of how far the forecasts were off."""
SILENCE_WEEKS: Final = 8
"""A country without one report for so long was not watched: counting begins anew after it."""
FEATURES: Final = 4
"""The long run, own attacks lately and in the last months, and the neighbours' lately."""


@dataclass(frozen=True, slots=True, order=True)
class Attack:
    """One attack: the weeks it became known and happened in, and its district; several, where it may be any of them."""

    known: int
    week: int
    districts: tuple[int, ...]


def damped(attacks: float) -> float:
    """What so many attacks on one district in one week weigh: one as one, three as two, seven as three.

    A wave of bombs in one week says less of the next week than as many weeks with one each; on the real attacks of 2008
    to 2011 this made Brier score and likelihood better than counting all, and than counting one (docs/forecast.md).
    """
    return math.log2(1.0 + attacks)


class Course:
    """Stands at the start of one week and goes on week by week; what became known later is not in it."""

    def __init__(self, ground: Ground, week: int) -> None:
        self.ground, self.week = ground, week
        self.counts: defaultdict[int, dict[int, float]] = defaultdict(dict)
        """By week and district, as known by now."""
        self.vague: defaultdict[int, set[int]] = defaultdict(set)
        """By week, districts of which it is not known whether they were attacked."""
        self.features: dict[int, tuple[list[float], ...]] = {}
        """By week, what was known of each district at its start."""
        size = len(ground.names)
        self._long, self._fast, self._slow = [0.0] * size, [0.0] * size, [0.0] * size
        self.seen, self.summed = [0.0] * size, tuple([0.0] * size for _ in range(FEATURES))
        """Attacks, and features, of each district, fading with `TRUST_WEEKS`."""
        self.features[week] = self._now()

    @property
    def since(self) -> int:
        """The first week of the present stretch of watching, or the present week where there is none."""
        first = self.week
        for week in sorted((week for week in self.counts if week < self.week), reverse=True):
            if first - week > SILENCE_WEEKS + 1:
                break
            first = week
        return max(first, self.week - LONG_WEEKS)

    @property
    def watched_weeks(self) -> int:
        """How many weeks there are to learn from."""
        return self.week - self.since

    def go_on(self, learnt: Sequence[Attack]) -> None:
        """To the start of the next week, with the attacks that became known in this one; in order."""
        self._fade()
        for attack in learnt:
            self._take(attack)
        expired = self.counts.get(self.week - LONG_WEEKS, {})
        for district, count in expired.items():
            self._long[district] = max(0.0, self._long[district] - count)
        self.week += 1
        self.features[self.week] = self._now()
        for forgotten in [week for week in self.features if week < self.week - LONG_WEEKS]:
            del self.features[forgotten]

    def _fade(self) -> None:
        fading = [(self._fast, FAST_WEEKS), (self._slow, SLOW_WEEKS), (self.seen, TRUST_WEEKS)]
        for held, age in fading + [(held, TRUST_WEEKS) for held in self.summed]:
            kept = math.exp(-1 / age)
            held[:] = [value * kept for value in held]
        for held, told in zip(self.summed, self.features[self.week], strict=True):
            held[:] = [value + more for value, more in zip(held, told, strict=True)]

    def _take(self, attack: Attack) -> None:
        week = min(attack.week, self.week)
        age, share = self.week - week, 1 / len(attack.districts)
        if age > LONG_WEEKS:
            return
        count = self.counts[week]
        for district in attack.districts:
            before = count.get(district, 0.0)
            count[district] = before + share
            if age < LONG_WEEKS:
                self._long[district] += share
            more = damped(before + share) - damped(before)
            self._fast[district] += more * math.exp(-age / FAST_WEEKS)
            self._slow[district] += more * math.exp(-age / SLOW_WEEKS)
            self.seen[district] += more * math.exp(-age / TRUST_WEEKS)
        if len(attack.districts) > 1:
            self.vague[week].update(attack.districts)

    def long_run(self) -> list[tuple[float, float]]:
        """Shape and rate of each district over the long run, drawn to its province's mean."""
        return self._drawn(self._long, float(self.watched_weeks), PRIOR_WEEKS)

    def lately(self, prior_weeks: float) -> list[tuple[float, float]]:
        """Shape and rate of each district with old weeks fading, drawn to its province's mean as much."""
        return self._drawn(self._slow, _weights(SLOW_WEEKS, self.watched_weeks), prior_weeks)

    def _drawn(self, counts: list[float], weeks: float, prior_weeks: float) -> list[tuple[float, float]]:
        drawn = [(0.0, 1.0)] * len(counts)
        for members in self.ground.members:
            # Half an attack more, so that a quiet province is not taken for one where nothing can happen (Jeffreys).
            total = sum(counts[each] for each in members) + 0.5
            mean = total / (len(members) * max(weeks, 1.0))
            for each in members:
                drawn[each] = (mean * prior_weeks + counts[each], prior_weeks + weeks)
        return drawn

    def _now(self) -> tuple[list[float], ...]:
        weeks = self.watched_weeks
        fast, slow = max(_weights(FAST_WEEKS, weeks), 1.0), max(_weights(SLOW_WEEKS, weeks), 1.0)
        near = [
            sum(self._fast[other] for other in others) / (fast * max(1, len(others)))
            for others in self.ground.neighbours
        ]
        return (
            [shape / rate for shape, rate in self.long_run()],
            [value / fast for value in self._fast],
            [value / slow for value in self._slow],
            near,
        )


def _weights(age: float, weeks: int) -> float:
    """What that many weeks weigh together, the newest 1."""
    kept = math.exp(-1 / age)
    return (1 - kept**weeks) / (1 - kept)
