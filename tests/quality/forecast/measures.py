"""How good forecasts were: Brier score, reliability, hits among the districts ranked first; with their uncertainty."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Final, NamedTuple

from fusionbus.streams.patterns.forecast.models import Model
from quality.forecast.origins import Origin

TOP: Final = (0.05, 0.10)
"""Shares of the districts that are ranked first."""
EDGES: Final = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
DRAWS, BLOCK_WEEKS = 2_000, 4
"""Of the bootstrap: blocks of weeks, because weeks that follow each other resemble each other."""
Z: Final = 1.96


@dataclass(slots=True)
class Tally:
    """One model's weeks."""

    briers: list[float] = field(default_factory=list)
    """The mean over districts, by week."""
    hits: dict[float, list[int]] = field(default_factory=lambda: {top: [] for top in TOP})
    """Attacks in the districts ranked first, by week."""
    attacks: list[int] = field(default_factory=list)
    said: list[tuple[float, bool]] = field(default_factory=list)

    @property
    def brier(self) -> float:
        """The mean squared distance between what was said and what was so (Brier 1950): lower is better."""
        return sum(self.briers) / len(self.briers)

    def hit_rate(self, top: float) -> float:
        """The share of all attacks that fell in this share of the districts."""
        return sum(self.hits[top]) / max(1, sum(self.attacks))


class Bin(NamedTuple):
    """District-weeks of one stretch of probability: said, so, and between what the true share may lie (Wilson)."""

    said: float
    so: float
    low: float
    high: float
    number: int


class Difference(NamedTuple):
    """One model less another, and between what it lies in 95 of 100 redrawn histories."""

    value: float
    low: float
    high: float


def tallied(weeks: Iterable[Origin]) -> dict[Model, Tally]:
    """The weeks as each model fared in them."""
    tallies = {model: Tally() for model in Model}
    for week in weeks:
        for model, tally in tallies.items():
            chances = [belief.probability for belief in week.forecast.beliefs[model]]
            was = [week.happened[district] > 0 for district in range(len(chances))]
            tally.briers.append(sum((p - so) ** 2 for p, so in zip(chances, was, strict=True)) / len(chances))
            ranked = sorted(range(len(chances)), key=lambda district: -chances[district])
            for top in TOP:
                first = ranked[: max(1, round(top * len(ranked)))]
                tally.hits[top].append(sum(week.happened[district] for district in first))
            tally.attacks.append(week.happened.total())
            tally.said += zip(chances, was, strict=True)
    return tallies


def reliability(said: Sequence[tuple[float, bool]]) -> list[Bin]:
    """What was said against what was so, by stretches of probability that hold any."""
    bins = []
    for low, high in pairwise(EDGES):
        held = [(p, so) for p, so in said if low <= p < high or p == high == EDGES[-1]]
        if held:
            share = sum(so for _, so in held) / len(held)
            bins.append(Bin(sum(p for p, _ in held) / len(held), share, *_wilson(share, len(held)), len(held)))
    return bins


def _wilson(share: float, number: int) -> tuple[float, float]:
    """Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference"."""
    middle = share + Z**2 / (2 * number)
    reach = Z * math.sqrt(share * (1 - share) / number + Z**2 / (4 * number**2))
    whole = 1 + Z**2 / number
    return (middle - reach) / whole, (middle + reach) / whole


def brier_difference(one: Tally, two: Tally, seed: int = 1) -> Difference:
    """The Brier score of one less that of the other: below zero, the first is better."""
    apart = [a - b for a, b in zip(one.briers, two.briers, strict=True)]
    return _redrawn(len(apart), lambda weeks: sum(apart[week] for week in weeks) / len(weeks), seed)


def hit_difference(one: Tally, two: Tally, top: float, seed: int = 1) -> Difference:
    """The hit rate of one less that of the other: above zero, the first is better."""
    apart = [a - b for a, b in zip(one.hits[top], two.hits[top], strict=True)]
    attacks = one.attacks
    return _redrawn(
        len(apart),
        lambda weeks: sum(apart[week] for week in weeks) / max(1, sum(attacks[week] for week in weeks)),
        seed,
    )


def _redrawn(weeks: int, figure: Callable[[Sequence[int]], float], seed: int) -> Difference:
    """The figure, and 95 % of it over histories drawn anew from blocks of weeks.

    Source: Politis and Romano 1992, "A circular block-resampling procedure for stationary data".
    """
    rng = Random(seed)  # noqa: S311 - a bootstrap wants chance that can be repeated
    drawn = []
    for _ in range(DRAWS):
        starts = [rng.randrange(weeks) for _ in range(math.ceil(weeks / BLOCK_WEEKS))]
        chosen = [(start + step) % weeks for start in starts for step in range(BLOCK_WEEKS)]
        drawn.append(figure(chosen[:weeks]))
    drawn.sort()
    edge = round(DRAWS * 0.025)
    return Difference(figure(range(weeks)), drawn[edge], drawn[-edge - 1])
