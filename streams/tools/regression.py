"""The regression behind `learn_weights.py`: weights that give the right incident, or none, the highest posterior."""

# ruff: noqa: INP001 - beside the room, not in it

import math
import random
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

EPOCHS = 8
PRIOR_BITS = 1.5
"""How far a weight may stray from where it started before the data must insist."""
STEP = 0.25
BITS_MAX = 10.0
LIMITS = tomllib.loads(Path(__file__).with_name("learn_weights.toml").read_text(encoding="utf-8"))
BOUNDS: dict[str, tuple[float, float]] = {name: (low, high) for name, (low, high) in LIMITS["bounds"].items()}
FALLING: list[list[str]] = LIMITS["falling"]


@dataclass(frozen=True, slots=True)
class Case:
    """What a report was shown: the findings on each candidate, and which one is right (None: none is)."""

    options: list[list[tuple[str, float]]]
    right: int | None


def learn(cases: list[Case], start: dict[str, float], prior: dict[str, float]) -> dict[str, float]:
    """Weights after some passes over the cases (Adagrad)."""
    bits = dict(start)
    squares: Counter[str] = Counter()
    pull = 1.0 / (PRIOR_BITS**2 * max(1, len(cases)))
    chance = random.Random(1)  # noqa: S311 - an order, no secret
    for _ in range(EPOCHS):
        chance.shuffle(cases)
        for case in cases:
            for name, slope in _slopes(case, bits).items():
                total = slope - pull * (bits.get(name, 0.0) - prior.get(name, 0.0))
                squares[name] += total * total  # type: ignore[assignment]  # a sum of floats
                bits[name] = bits.get(name, 0.0) + STEP * total / math.sqrt(squares[name] + 1e-6)
        for levels in FALLING * 2:
            _keep_falling(bits, squares, levels)
        _keep_in_bounds(bits)
    return bits


def _keep_in_bounds(bits: dict[str, float]) -> None:
    for name, weight in bits.items():
        low, high = BOUNDS.get(name, (-BITS_MAX, BITS_MAX))
        if not name.startswith("lineage."):
            bits[name] = min(high, max(low, weight))


def _keep_falling(bits: dict[str, float], seen: Counter[str], levels: list[str]) -> None:
    """Pools neighbours that are in the wrong order, by how much each has learned from."""
    pools: list[tuple[float, float, int]] = []
    for name in levels:
        weight, mean, size = float(seen[name]) + 1e-3, bits.get(name, 0.0), 1
        while pools and pools[-1][1] < mean:
            other, its_mean, its_size = pools.pop()
            mean = (weight * mean + other * its_mean) / (weight + other)
            weight, size = weight + other, size + its_size
        pools.append((weight, mean, size))
    pooled = [mean for _, mean, size in pools for _ in range(size)]
    bits.update(zip(levels, pooled, strict=True))


def _slopes(case: Case, bits: dict[str, float]) -> dict[str, float]:
    odds = [2.0 ** min(60.0, sum(bits.get(n, 0.0) * a for n, a in option)) for option in case.options]
    total = 1.0 + sum(odds)
    slopes: dict[str, float] = {}
    for index, option in enumerate(case.options):
        error = (1.0 if index == case.right else 0.0) - odds[index] / total
        if abs(error) > 1e-4:  # noqa: PLR2004 - nothing to learn from
            for name, amount in option:
                slopes[name] = slopes.get(name, 0.0) + error * amount
    return slopes
