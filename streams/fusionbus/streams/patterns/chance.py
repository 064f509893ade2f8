"""How likely so many events are by chance, where so many are expected."""

import math


def at_least(count: int, expected: float) -> float:
    """The probability that a Poisson count with this mean is `count` or more; `expected` is above 0."""
    if count <= 0:
        return 1.0
    term = math.exp(count * math.log(expected) - expected - math.lgamma(count + 1))
    total, step = term, count
    while term > total * 1e-12:
        step += 1
        term *= expected / step
        total += term
    return min(1.0, total)


def said(p: float) -> str:
    """A probability in words."""
    return f"{p:.1%}" if p >= 0.001 else f"one in {1 / max(p, 1e-12):,.0f}"  # noqa: PLR2004 - where percents grow long
