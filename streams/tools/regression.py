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
DOUBLES = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15)
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


def doubles(cases: list[Case], bits: dict[str, float]) -> dict[str, float]:
    """How often what fits best is another event alike, by how exactly the times are told: the likeliest such shares.

    Agreement alone never shows this: two attacks on one day in one town are told in the same words.
    """
    fits: dict[str, list[tuple[float, bool]]] = {}
    for case in cases:
        odds = [2.0 ** min(60.0, sum(bits.get(n, 0.0) * a for n, a in option)) for option in case.options]
        best = max(range(len(odds)), key=odds.__getitem__)
        when = next(name for name, _ in case.options[best] if name.startswith("time."))
        fits.setdefault(when.rstrip("0123456789"), []).append((odds[best] / (1.0 + sum(odds)), best == case.right))
    found = {level: max(DOUBLES, key=lambda share: _likelihood(held, share)) for level, held in sorted(fits.items())}
    return {level: share for level, share in found.items() if share}


def _likelihood(fits: list[tuple[float, bool]], double: float) -> float:
    """The log-likelihood of what was right and wrong, where a double stands beside what fits best."""
    held = [(fit / (1.0 + double * fit), right) for fit, right in fits]
    return sum(math.log(max(1e-9, fit if right else 1.0 - fit)) for fit, right in held)


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
