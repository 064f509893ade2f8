"""What is believed of a district's rate: a gamma distribution, and what follows from it for one week."""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

COVER: Final = 0.90
"""Share of the belief inside the interval that is shown: one district in ten may lie outside. A convention."""
_STEPS_MAX: Final = 60
_EXACT: Final = 1e-6
_TINY: Final = 1e-300


@dataclass(frozen=True, slots=True)
class Belief:
    """The attacks expected in a week, as Gamma(shape, rate): mean shape / rate. Both are above zero."""

    shape: float
    rate: float

    @property
    def mean(self) -> float:
        """Attacks expected in one week."""
        return self.shape / self.rate

    @property
    def probability(self) -> float:
        """Of at least one attack in the week: the Poisson chance, averaged over the belief (a negative binomial)."""
        return -math.expm1(-self.shape * math.log1p(1.0 / self.rate))

    @property
    def interval(self) -> tuple[float, float]:
        """Between which two probabilities the district's own lies, with the certainty `COVER`."""
        edge = (1.0 - COVER) / 2
        low, high = (gamma_quantile(self.shape, p) / self.rate for p in (edge, 1.0 - edge))
        return -math.expm1(-low), -math.expm1(-high)


def gamma_cdf(shape: float, x: float) -> float:
    """The share of Gamma(shape, 1) below x: the regularised lower incomplete gamma function.

    Source: Abramowitz and Stegun 6.5.29 (series) and 6.5.31 (continued fraction).
    """
    if x <= 0:
        return 0.0
    front = math.exp(-x + shape * math.log(x) - math.lgamma(shape))
    if x < shape + 1:
        term = total = 1.0 / shape
        above = shape
        while term > total * 1e-12:
            above += 1
            term *= x / above
            total += term
        return min(1.0, front * total)
    b = x + 1 - shape
    c, d = 1 / _TINY, 1 / b
    total = d
    for step in range(1, 500):
        a = -step * (step - shape)
        b += 2
        d = 1 / (a * d + b or _TINY)
        c = b + a / c or _TINY
        total *= d * c
        if abs(d * c - 1) < 1e-12:  # noqa: PLR2004 - far below what is shown
            break
    return max(0.0, 1 - front * total)


def gamma_quantile(shape: float, p: float) -> float:
    """The x below which the share p of Gamma(shape, 1) lies; exact to one in a million. Takes p inside (0, 1).

    Newton's steps on the logarithm of x, kept inside a bracket. Source of the start: Wilson and Hilferty 1931.
    """
    normal = NormalDist().inv_cdf(p)
    ninth = 1 / (9 * shape)
    cube = 1 - ninth + normal * math.sqrt(ninth)
    # For a small shape the lower tail is x**shape / Gamma(shape + 1), which has an inverse.
    x = shape * cube**3 if cube > 0.2 and shape > 0.5 else math.exp((math.log(p) + math.lgamma(shape + 1)) / shape)  # noqa: PLR2004
    low, high = 0.0, math.inf
    for _ in range(_STEPS_MAX):
        if x < _TINY:
            return 0.0
        off = gamma_cdf(shape, x) - p
        low, high = (x, high) if off < 0 else (low, x)
        slope = math.exp(shape * math.log(x) - x - math.lgamma(shape))
        step = off / slope if slope > 0 else math.copysign(1.0, off)
        new = x * math.exp(-max(-2.0, min(2.0, step)))
        if not low < new < high:
            new = (low + high) / 2 if math.isfinite(high) else 2 * x
        if abs(new - x) <= _EXACT * x:
            return new
        x = new
    return x
