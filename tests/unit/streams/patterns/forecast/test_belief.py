"""A belief gives a probability and an interval, and both mean what they say."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fusionbus.streams.patterns.forecast.belief import Belief, gamma_cdf, gamma_quantile

SHAPES = some.floats(0.05, 500.0)


@pytest.mark.parametrize(
    ("shape", "x", "share"),
    [(1.0, 1.0, 1 - math.exp(-1)), (2.0, 2.0, 1 - 3 * math.exp(-2)), (0.5, 0.5, math.erf(math.sqrt(0.5)))],
)
def test_the_gamma_distribution_is_that_of_the_books(shape: float, x: float, share: float) -> None:
    assert gamma_cdf(shape, x) == pytest.approx(share, rel=1e-9)


@given(SHAPES, some.floats(0.01, 0.99))
def test_below_a_quantile_lies_its_share(shape: float, p: float) -> None:
    assert gamma_cdf(shape, gamma_quantile(shape, p)) == pytest.approx(p, abs=1e-4)


@given(some.floats(10.0, 400.0), some.floats(0.01, 5.0))
def test_the_probability_lies_inside_its_interval(shape: float, mean: float) -> None:
    belief = Belief(shape, shape / mean)
    low, high = belief.interval
    assert 0 <= low < belief.probability < high <= 1


def test_more_attacks_behind_a_belief_make_its_interval_narrower() -> None:
    few, many = Belief(10, 20), Belief(200, 400)
    assert many.mean == few.mean
    assert many.interval[1] - many.interval[0] < (few.interval[1] - few.interval[0]) / 3
