"""Three models of a week's risk, side by side: the long run, the last months, and attacks that excite further ones."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fusionbus.streams.patterns.forecast.belief import Belief
from fusionbus.streams.patterns.forecast.course import FAST_WEEKS, FEATURES, PRIOR_WEEKS, SLOW_WEEKS, Course

RECENT_PRIOR_WEEKS: Final = 4.0
"""As `PRIOR_WEEKS`, where old weeks fade."""
TRUST: Final = 10.0
"""After how many expected attacks a district's own record weighs as much as the model: 10 was better than 3 on 2004 to
2007."""
START: Final = (0.3, 0.2, 0.4, 0.1)
"""Where the search for the most likely shares begins; it ends at the same maximum from anywhere inside."""
ROUNDS_MAX: Final = 60
SETTLED: Final = 1e-3
"""A round that moves no share by more ends the search: the rest changes probabilities in their fourth place."""
NEIGHBOURS: Final = 5
"""So many a district has in the mean (`ground.TOUCHING`)."""
FLOOR: Final = 1e-4
"""Attacks a week in a district where everything says none: once in two centuries."""


class Model(StrEnum):
    """The models, simplest first."""

    CLIMATOLOGY = "climatology"
    EWMA = "ewma"
    SELF_EXCITING = "self_exciting"


@dataclass(frozen=True, slots=True)
class Forecast:
    """What each model says of each district for one week, from what was known at its start."""

    week: int
    weeks_watched: int
    beliefs: dict[Model, tuple[Belief, ...]]
    shares: tuple[float, ...]
    """Of the self-exciting model: what the long run, own attacks lately and of months, and neighbours' count for."""


def forecast(course: Course, start: Sequence[float] = START) -> Forecast:
    """What the models say of the week at whose start the course stands; `start` is where the fit begins."""
    shares = fitted(course, start)
    return Forecast(
        course.week,
        course.watched_weeks,
        {
            Model.CLIMATOLOGY: tuple(Belief(shape, rate) for shape, rate in course.long_run()),
            Model.EWMA: tuple(Belief(shape, rate) for shape, rate in course.lately(RECENT_PRIOR_WEEKS)),
            Model.SELF_EXCITING: tuple(_excited(course, shares)),
        },
        shares,
    )


def _excited(course: Course, shares: Sequence[float]) -> list[Belief]:
    """A discrete Hawkes process with each district's own record beside it.

    Expected is a sum: a share of the long run, and of what past attacks here and next door still excite, fading
    exponentially. Each district has a factor to that, Gamma(TRUST, TRUST) at first (mean 1), and by its attacks and
    what was expected of it, both fading, Gamma(TRUST + attacks, TRUST + expected). The interval is as wide as that
    factor is uncertain and, added in squares, as the parts of the sum waver by chance: each is a mean of counts over
    so many weeks.
    """
    told = course.features[course.week]
    weeks = (course.watched_weeks + PRIOR_WEEKS, 2 * FAST_WEEKS, 2 * SLOW_WEEKS, 2 * FAST_WEEKS * NEIGHBOURS)
    beliefs = []
    for district in range(len(course.ground.names)):
        parts = [share * column[district] for share, column in zip(shares, told, strict=True)]
        due = sum(share * column[district] for share, column in zip(shares, course.summed, strict=True))
        sure, rate = TRUST + course.seen[district], max(sum(parts), FLOOR)
        wavers = sum(share * part / over for share, part, over in zip(shares, parts, weeks, strict=True))
        shape = 1 / (1 / sure + wavers / rate**2)
        beliefs.append(Belief(shape, shape * (TRUST + due) / (sure * rate)))
    return beliefs


def fitted(course: Course, start: Sequence[float] = START) -> tuple[float, ...]:
    """The most likely shares, each at least 0, over the weeks behind the course's own.

    Whether a district was attacked in a week has the chance 1 - exp(-rate), and the rate is a sum of parts: so
    expectation (how many attacks there were where there was any, and which part caused them) and maximisation climb to
    the maximum. Only weeks with an attack are walked through. The first week of watching teaches nothing.
    Source: Veen and Schoenberg 2008, "Estimation of space-time branching process models in seismology using an EM-type
    algorithm".
    """
    totals, rows = _lessons(course)
    shares = list(start)
    for _ in range(ROUNDS_MAX if rows else 0):
        caused = [0.0] * FEATURES
        for row in rows:
            parts = [share * value for share, value in zip(shares, row, strict=True)]
            whole = sum(parts)
            if whole > 0:
                by = 1 / -math.expm1(-whole)
                caused = [held + by * part for held, part in zip(caused, parts, strict=True)]
        new = [cause / total if total > 0 else 0.0 for cause, total in zip(caused, totals, strict=True)]
        settled = max(abs(a - b) for a, b in zip(new, shares, strict=True)) < SETTLED
        shares = new
        if settled:
            break
    return tuple(shares)


def _lessons(course: Course) -> tuple[list[float], list[list[float]]]:
    """The sums of all features, and the features of each district and week with an attack."""
    totals, rows = [0.0] * FEATURES, []
    for week in range(course.since + 1, course.week):
        told = course.features.get(week)
        if told is not None:
            totals = [held + sum(column) for held, column in zip(totals, told, strict=True)]
            certain = sorted(set(course.counts.get(week, ())) - course.vague.get(week, set()))
            rows += [[column[district] for column in told] for district in certain]
    return totals, rows
