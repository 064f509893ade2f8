"""EARS C1, C2 and C3: the one-series methods of public health, shown beside the scan for comparison.

Source: Hutwagner, Thompson, Seeman and Treadwell 2003, The bioterrorism preparedness and response Early Aberration
Reporting System (EARS), Journal of Urban Health 80 (suppl. 1), i89-i96.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

BASELINE_DAYS: Final = 7
GUARD_DAYS: Final = 2
DAYS_NEEDED: Final = BASELINE_DAYS + GUARD_DAYS + 3
"""For C3: today and two days before, each with its guard and baseline."""
C1_MAX: Final = 3.0
C2_MAX: Final = 3.0
C3_MAX: Final = 2.0
"""Above these a method alarms. Source: as above."""
SIGMA_MIN: Final = 0.5
"""Where a week had no event or always as many, the standard deviation is none and any event would alarm; this least
one makes it two events after an empty week. An assumption: the source gives none for counts as small as these."""


class Ears(NamedTuple):
    """The three figures of one day."""

    c1: float
    c2: float
    c3: float


def ears(counts: Sequence[int]) -> Ears:
    """C1, C2 and C3 of the last day of this series of daily counts; at least `DAYS_NEEDED` long, newest last."""
    today = len(counts) - 1
    c2 = [_excess(counts, today - back, GUARD_DAYS) for back in range(3)]
    return Ears(_excess(counts, today, 0), c2[0], sum(max(0.0, each - 1) for each in c2))


def _excess(counts: Sequence[int], day: int, guard: int) -> float:
    """How many standard deviations a day lies over the mean of its baseline."""
    week = counts[day - guard - BASELINE_DAYS : day - guard]
    mean = sum(week) / BASELINE_DAYS
    spread = math.sqrt(sum((count - mean) ** 2 for count in week) / (BASELINE_DAYS - 1))
    return (counts[day] - mean) / max(spread, SIGMA_MIN)
