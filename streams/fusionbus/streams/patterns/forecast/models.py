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
"""After how many expected attacks a district's own record weighs as much as the model: chosen by hand, 10 over 3, on
the same years 2004 to 2011 that docs/forecast.md measures; only other years can judge it."""
Shares = tuple[float, float, float, float]
"""One figure for each of `FEATURES`."""
START: Final[Shares] = (0.3, 0.2, 0.4, 0.1)
"""Where the search for the most likely shares begins; it ends at the same maximum from anywhere inside."""
ROUNDS_MAX: Final = 60
SETTLED: Final = 1e-4
"""A long step that moves no share by more ends the search: the rest changes no probability that is told."""
LEAST: Final = 1e-6
"""A long step goes to no share of nothing: from there it could not rise again."""
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
    shares: Shares
    """Of the self-exciting model: what the long run, own attacks lately and of months, and neighbours' count for."""


def forecast(course: Course) -> Forecast:
    """What the models say of the week at whose start the course stands."""
    shares = fitted(course)
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


def fitted(course: Course) -> Shares:
    """The most likely shares, each at least 0, over the weeks behind the course's own.

    Whether a district was attacked in a week has the chance 1 - exp(-rate), and the rate is a sum of parts: so
    expectation (how many attacks there were where there was any, and which part caused them) and maximisation climb to
    the maximum. Only weeks with an attack are walked through. The first week of watching teaches nothing.
    Source: Veen and Schoenberg 2008, "Estimation of space-time branching process models in seismology using an EM-type
    algorithm".
    """
    totals, rows = _lessons(course)
    shares = START
    for _ in range(ROUNDS_MAX if rows else 0):
        one = _climbed(shares, totals, rows)
        two = _climbed(one, totals, rows)
        new = _climbed(_far(shares, one, two), totals, rows)
        settled = max(abs(a - b) for a, b in zip(new, shares, strict=True)) < SETTLED
        shares = new
        if settled:
            break
    return shares


def _climbed(shares: Shares, totals: Shares, rows: Sequence[Shares]) -> Shares:
    """One round: each attack is shared out among the parts that may have caused it, and the parts weighed by that."""
    s0, s1, s2, s3 = shares
    c0 = c1 = c2 = c3 = 0.0
    for x0, x1, x2, x3 in rows:  # a fit walks through some thousand rows some dozen times: so it is written out
        whole = s0 * x0 + s1 * x1 + s2 * x2 + s3 * x3
        if whole > 0:
            by = 1 / -math.expm1(-whole)
            c0 += by * x0
            c1 += by * x1
            c2 += by * x2
            c3 += by * x3
    t0, t1, t2, t3 = totals
    return (
        s0 * c0 / t0 if t0 else 0.0,
        s1 * c1 / t1 if t1 else 0.0,
        s2 * c2 / t2 if t2 else 0.0,
        s3 * c3 / t3 if t3 else 0.0,
    )


def _far(start: Shares, one: Shares, two: Shares) -> Shares:
    """A long step where two rounds point: rounds alone are slow near the maximum.

    Source: Varadhan and Roland 2008, "Simple and globally convergent methods for accelerating the convergence of any
    EM algorithm" (SQUAREM, third scheme).
    """
    first = [a - b for a, b in zip(one, start, strict=True)]
    bend = [c - b - d for b, c, d in zip(one, two, first, strict=True)]
    curve = math.hypot(*bend)
    if curve <= 0:
        return two
    long = max(1.0, math.hypot(*first) / curve)
    a, b, c, d = (
        max(at + 2 * long * step + long**2 * turn, LEAST) for at, step, turn in zip(start, first, bend, strict=True)
    )
    return a, b, c, d


def _lessons(course: Course) -> tuple[Shares, list[Shares]]:
    """The sums of all features, and the features of each district and week with an attack."""
    totals, rows = [0.0] * FEATURES, []
    for week in range(course.since + 1, course.week):
        told = course.features.get(week)
        if told is not None:
            totals = [held + sum(column) for held, column in zip(totals, told, strict=True)]
            one, two, three, four = told
            certain = sorted(set(course.counts.get(week, ())) - course.vague.get(week, set()))
            rows += [(one[each], two[each], three[each], four[each]) for each in certain]
    whole, here, months, beside = totals
    return (whole, here, months, beside), rows
