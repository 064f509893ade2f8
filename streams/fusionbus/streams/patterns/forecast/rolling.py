"""Forecasts week after week, each from what was known at its start, and how they compare with what happened."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from fusionbus.streams.patterns.forecast.course import Attack, Course
from fusionbus.streams.patterns.forecast.ground import Ground
from fusionbus.streams.patterns.forecast.models import Forecast, Model, forecast


def forecasts(ground: Ground, attacks: Iterable[Attack], weeks: range) -> Iterator[Forecast]:
    """The forecast of each of these weeks, in order. What became known in a week, or later, changes nothing in its own.

    The order of the attacks is of no matter, nor is which weeks are asked for.
    """
    known: dict[int, list[Attack]] = {}
    for attack in sorted(attacks):
        known.setdefault(attack.known, []).append(attack)
    course = Course(ground, min([*known, weeks.start]))
    while course.week < weeks.stop:
        if course.week in weeks:
            yield forecast(course)
        course.go_on(known.get(course.week, ()))


EDGES: Final = (0.0, 0.05, 0.10, 0.25, 0.50, 1.0)
"""Between these, what was said is compared with what was so: the classes of the map."""


class Stretch(NamedTuple):
    """District-weeks of which something between two probabilities was said: the means of what was said and so."""

    low: float
    high: float
    said: float
    so: float
    number: int


@dataclass(frozen=True, slots=True)
class Record:
    """How forecasts compared with what is known by now: the mean Brier score of each model, over so many weeks."""

    weeks: int
    briers: Mapping[Model, float]
    stretches: tuple[Stretch, ...]
    """What the published model said against what was so."""


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
    said: dict[Model, list[tuple[float, bool]]] = {model: [] for model in Model}
    for each in made:
        for model, beliefs in each.beliefs.items():
            said[model] += [
                (belief.probability, (each.week, district) in hit)
                for district, belief in enumerate(beliefs)
                if (each.week, district) not in vague
            ]
    if not said[Model.SELF_EXCITING]:
        return None
    briers = {model: sum((p - so) ** 2 for p, so in pairs) / len(pairs) for model, pairs in said.items()}
    return Record(len(made), briers, tuple(_stretches(said[Model.SELF_EXCITING])))


def _stretches(said: Sequence[tuple[float, bool]]) -> Iterator[Stretch]:
    for low, high in pairwise(EDGES):
        held = [(p, so) for p, so in said if low <= p < high or p == high == EDGES[-1]]
        if held:
            number = len(held)
            yield Stretch(low, high, sum(p for p, _ in held) / number, sum(so for _, so in held) / number, number)
