"""Forecasts week after week, each from what was known at its start, and how they compare with what happened."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fusionbus.streams.patterns.forecast.course import Attack, Course
from fusionbus.streams.patterns.forecast.ground import Ground
from fusionbus.streams.patterns.forecast.models import START, Forecast, Model, forecast

BEGIN_SHARE: Final = 0.02
"""A fit begins where the last one ended, but at no share of nothing: from there it could never rise again."""


def forecasts(ground: Ground, attacks: Iterable[Attack], weeks: range) -> Iterator[Forecast]:
    """The forecast of each of these weeks, in order. What became known in a week, or later, changes nothing in its own.

    The order of the attacks is of no matter.
    """
    known: dict[int, list[Attack]] = {}
    for attack in sorted(attacks):
        known.setdefault(attack.known, []).append(attack)
    course = Course(ground, min([*known, weeks.start]))
    shares: Sequence[float] = START
    while course.week < weeks.stop:
        if course.week in weeks:
            made = forecast(course, shares)
            shares = [max(share, BEGIN_SHARE) for share in made.shares]
            yield made
        course.go_on(known.get(course.week, ()))


@dataclass(frozen=True, slots=True)
class Record:
    """How forecasts compared with what is known by now: the mean Brier score of each model, over so many weeks."""

    weeks: int
    briers: Mapping[Model, float]


def record(made: Sequence[Forecast], attacks: Iterable[Attack]) -> Record | None:
    """How these forecasts fared, or nothing where there is none.

    Districts of which it is not known whether they were attacked in the week are left out.
    """
    hit: set[tuple[int, int]] = set()
    vague: set[tuple[int, int]] = set()
    for attack in attacks:
        held = hit if len(attack.districts) == 1 else vague
        held.update((attack.week, district) for district in attack.districts)
    vague -= hit
    sums, number = dict.fromkeys(Model, 0.0), 0
    for each in made:
        for district in range(len(each.beliefs[Model.CLIMATOLOGY])):
            if (each.week, district) in vague:
                continue
            number += 1
            so = (each.week, district) in hit
            for model in Model:
                sums[model] += (each.beliefs[model][district].probability - so) ** 2
    return Record(len(made), {model: total / number for model, total in sums.items()}) if number else None
