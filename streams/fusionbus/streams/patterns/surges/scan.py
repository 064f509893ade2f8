"""The expectation-based Poisson scan statistic over a district and its neighbours.

Source: Neill, Moore, Sabhnani and Daniel 2005, Detection of emerging space-time clusters, KDD; Neill 2009,
Expectation-based scan statistics for monitoring spatial time series data, International Journal of Forecasting 25.
"""

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Final, NamedTuple

from fusionbus.streams.reading.gazetteer import DISTRICTS, distance_km

WINDOW_DAYS_MAX: Final = 14
NEIGHBOURS_MAX: Final = 5
"""Districts in a region: one and its nearest four."""
REACH_KM: Final = 150.0
"""Further apart, two districts are no neighbours: of the 171 districts and their fourth neighbours 96 % lie nearer."""
YEAR_DAYS: Final = 364
RECENT_DAYS: Final = 56
HISTORY_DAYS_MIN: Final = 56
"""With less behind it nothing is told: what is usual is not known yet."""
PRIOR_EVENTS: Final = 0.5
"""Added to the count of a baseline (Jeffreys' prior of a Poisson rate): a place without events is not impossible."""
COUNT_MIN: Final = 3
RATIO_MIN: Final = 2.0
LOCATION: Final = 5.0


class Region(NamedTuple):
    """Districts and days in which more happened than was expected."""

    districts: tuple[str, ...]
    """The middle one first."""
    days: int
    """Up to and with the day of the scan."""
    attacks: int
    expected: float
    score: float
    """The log likelihood ratio."""


def score(count: int, expected: float) -> float:
    """The log likelihood ratio of a raised rate against the expected one; 0 where no more happened than expected."""
    return count * math.log(count / expected) + expected - count if count > expected else 0.0


def p_value(best: float) -> float:
    """The chance that on one day any region of the country reaches this score while all is as expected."""
    return -math.expm1(-math.exp(LOCATION - best))


def score_at(p: float) -> float:
    """The score at which `p_value` is this."""
    return LOCATION - math.log(-math.log1p(-p))


@cache
def neighbours(district: str) -> tuple[str, ...]:
    """The district and its nearest, nearest first."""
    here = DISTRICTS[district]
    away = sorted((distance_km(here.lat, here.lon, each.lat, each.lon), name) for name, each in DISTRICTS.items())
    others = [name for km, name in away if name != district and km <= REACH_KM]
    return (district, *others[: NEIGHBOURS_MAX - 1])


@cache
def middles(district: str) -> tuple[str, ...]:
    """The districts that have this one among their neighbours, itself too."""
    return tuple(sorted(name for name in DISTRICTS if district in neighbours(name)))


@dataclass(slots=True)
class Series:
    """Like events by district, in order: when, in days (`attacks.moment_of`), and which incident."""

    events: dict[str, list[tuple[float, str]]] = field(default_factory=dict)

    def add(self, district: str, moment: float, incident_id: str) -> None:
        """One more event."""
        insort(self.events.setdefault(district, []), (moment, incident_id))

    def remove(self, district: str, moment: float, incident_id: str) -> None:
        """One event less."""
        held = self.events[district]
        del held[bisect_left(held, (moment, incident_id))]
        if not held:
            del self.events[district]

    def recent(self, district: str, upto: float, days: int) -> list[tuple[float, str]]:
        """The events of so many days up to a moment, its own day included."""
        held = self.events.get(district)
        if not held:
            return []
        return held[bisect_left(held, (int(upto) - days + 1,)) : bisect_right(held, (upto, "~"))]

    def rate(self, district: str, day: int, began: int) -> float:
        """Events a day expected on this day: of the last year or the last weeks, whichever had more.

        Only days before the longest window count, so that what is new does not hide itself; `began` is the first day
        of which anything is known.
        """
        last = day - WINDOW_DAYS_MAX
        held = self.events.get(district, ())
        upto = bisect_left(held, (last + 1,))
        found = 0.0
        for span in (YEAR_DAYS, RECENT_DAYS):
            known = min(span, last - began + 1)
            found = max(found, (upto - bisect_left(held, (last - known + 1,)) + PRIOR_EVENTS) / known)
        return found


def regions(series: Series, upto: float, began: int, around: str | None = None) -> Iterator[Region]:
    """All regions with more events than expected up to a moment; with `around` only those that have this district.

    Nothing where less than `HISTORY_DAYS_MIN` lie before the longest window.
    """
    day = int(upto)
    if day - WINDOW_DAYS_MAX - began + 1 < HISTORY_DAYS_MIN:
        return
    ages: dict[str, list[int]] = {}
    rates: dict[str, float] = {}
    for middle in middles(around) if around is not None else DISTRICTS:
        for district in neighbours(middle):
            if district not in ages:
                ages[district] = [day - int(when) for when, _ in series.recent(district, upto, WINDOW_DAYS_MAX)]
                rates[district] = series.rate(district, day, began)
        yield from _of_middle(neighbours(middle), ages, rates)


def _of_middle(near: tuple[str, ...], ages: dict[str, list[int]], rates: dict[str, float]) -> Iterator[Region]:
    held: list[int] = []
    rate = 0.0
    for size, district in enumerate(near, start=1):
        rate += rates[district]
        if not ages[district]:
            continue  # no more events and more expected: never the better region
        held = sorted(held + ages[district])
        for count in range(COUNT_MIN, len(held) + 1):
            days = held[count - 1] + 1
            if count < len(held) and held[count] < days:
                continue  # the window of these days has more
            if count >= RATIO_MIN * rate * days:
                yield Region(near[:size], days, count, rate * days, score(count, rate * days))
