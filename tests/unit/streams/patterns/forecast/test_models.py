"""Forecasts come from the past alone, in any order, and say more where more happened."""

import math
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from fusionbus.streams.patterns.forecast.course import LONG_WEEKS, SILENCE_WEEKS, Attack, Course, damped
from fusionbus.streams.patterns.forecast.ground import Ground
from fusionbus.streams.patterns.forecast.models import Model, fitted
from fusionbus.streams.patterns.forecast.rolling import forecasts, record

FIRST, NOW = 3_000, 3_030
SQUARE = Ground(("A", "B", "C", "D"), (0, 0, 1, 1), ((1,), (0,), (3,), (2,)))
ATTACKS = some.lists(
    some.builds(
        lambda week, late, district: Attack(week + late, week, (district,)),
        some.integers(FIRST, NOW + 10),
        some.integers(0, 5),
        some.integers(0, 3),
    ),
    max_size=60,
)


def chances(attacks: list[Attack], model: Model = Model.SELF_EXCITING, week: int = NOW) -> list[float]:
    (made,) = forecasts(SQUARE, attacks, range(week, week + 1))
    return [belief.probability for belief in made.beliefs[model]]


@settings(max_examples=60, deadline=None)
@given(ATTACKS, ATTACKS, some.integers(0, 2**32))
def test_what_becomes_known_later_changes_nothing(past: list[Attack], later: list[Attack], seed: int) -> None:
    known = [attack for attack in past if attack.known < NOW]
    future = [attack for attack in later if attack.known >= NOW]
    mixed = known + future
    Random(seed).shuffle(mixed)  # noqa: S311 - any order will do
    (alone,), (among,) = (forecasts(SQUARE, each, range(NOW, NOW + 1)) for each in (known, mixed))
    assert alone == among


@pytest.mark.parametrize("model", Model)
def test_where_more_happened_more_is_expected(model: Model) -> None:
    attacks = [Attack(week, week, (0,)) for week in range(FIRST, NOW)] + [Attack(NOW - 9, NOW - 9, (2,))]
    often, never, once, beside = chances(attacks, model)
    assert often > 0.5 > once > 0
    assert 0 < never < often
    assert 0 < beside < often


def test_an_attack_next_door_raises_the_risk_where_attacks_were_seen_to_spread() -> None:
    rng = Random(5)  # noqa: S311 - chance that can be repeated
    spread, seen = [], [Attack(FIRST, FIRST, (2,))]
    for week in range(FIRST, NOW - 1):
        if rng.random() < 0.3:
            spread += [Attack(week, week, (0,)), Attack(week + 1, week + 1, (1,))]
        seen.append(Attack(week, week, (2,)))
    quiet = chances(spread + seen)[1]
    assert chances([*spread, *seen, Attack(NOW - 1, NOW - 1, (0,))])[1] > quiet


def test_old_attacks_fade_for_the_models_of_the_last_months_and_stay_for_the_long_run() -> None:
    steady = [Attack(week, week, (3,)) for week in range(NOW - LONG_WEEKS, NOW)]
    old = steady + [Attack(week, week, (0,)) for week in range(NOW - 51, NOW - 36)]
    new = steady + [Attack(week, week, (0,)) for week in range(NOW - 15, NOW)]
    assert chances(old, Model.CLIMATOLOGY)[0] == pytest.approx(chances(new, Model.CLIMATOLOGY)[0])
    assert chances(old, Model.EWMA)[0] < chances(new, Model.EWMA)[0] / 5
    assert chances(old)[0] < chances(new)[0] / 2


def test_a_report_that_came_late_counts_as_if_it_had_come_at_once_from_then_on() -> None:
    steady = [Attack(week, week, (3,)) for week in range(FIRST, NOW)]
    at_once = [*steady, Attack(NOW - 6, NOW - 6, (0,))]
    late = [*steady, Attack(NOW - 2, NOW - 6, (0,))]
    for model in (Model.CLIMATOLOGY, Model.EWMA):
        assert chances(at_once, model) == pytest.approx(chances(late, model))
    assert chances(at_once, week=NOW - 3)[0] > chances(late, week=NOW - 3)[0]


def test_a_stray_old_report_does_not_lengthen_the_time_that_was_watched() -> None:
    course = Course(SQUARE, FIRST)
    course.go_on([Attack(FIRST, FIRST, (0,))])
    while course.week < FIRST + SILENCE_WEEKS + 20:
        course.go_on([Attack(course.week, course.week, (1,))] if course.week > FIRST + SILENCE_WEEKS + 10 else [])
    assert course.watched_weeks == 9


def test_an_attack_in_one_of_several_districts_is_shared_out_and_never_held_against_a_forecast() -> None:
    attacks = [Attack(week, week, (0, 1)) for week in range(FIRST, NOW)]
    one, two, *_ = chances(attacks, Model.CLIMATOLOGY)
    assert one == pytest.approx(two)
    (made,) = forecasts(SQUARE, attacks, range(NOW, NOW + 1))
    fared = record([made], [Attack(NOW, NOW, (0, 1))])
    assert fared is not None
    rest = [belief.probability for belief in made.beliefs[Model.CLIMATOLOGY][2:]]
    assert fared.briers[Model.CLIMATOLOGY] == pytest.approx(sum(p**2 for p in rest) / 2)


def test_the_record_is_the_mean_of_squared_errors_over_weeks_and_districts() -> None:
    attacks = [Attack(week, week, (0,)) for week in range(FIRST, NOW)]
    made = list(forecasts(SQUARE, attacks, range(NOW - 3, NOW)))
    fared = record(made, attacks)
    assert fared is not None
    assert fared.weeks == 3
    for model in Model:
        errors = [
            (belief.probability - (district == 0)) ** 2
            for each in made
            for district, belief in enumerate(each.beliefs[model])
        ]
        assert fared.briers[model] == pytest.approx(sum(errors) / 12)
    assert record([], attacks) is None


def test_many_attacks_in_one_week_weigh_less_than_as_many_weeks() -> None:
    assert (damped(0), damped(1), damped(3), damped(7)) == (0, 1, 2, 3)


def test_the_fit_ends_at_the_maximum() -> None:
    rng = Random(11)  # noqa: S311 - chance that can be repeated
    attacks = [
        Attack(w, w, (rng.choice((0, 0, 0, 1, 2, 3)),)) for w in range(FIRST, NOW) for _ in range(rng.randrange(4))
    ]
    course = Course(SQUARE, FIRST)
    for week in range(FIRST, NOW):
        course.go_on([attack for attack in attacks if attack.week == week])
    best = fitted(course)

    def likelihood(shares: Sequence[float]) -> float:
        total = 0.0
        for week in range(course.since + 1, NOW):
            for district in range(4):
                rate = sum(s * column[district] for s, column in zip(shares, course.features[week], strict=True))
                total += math.log(-math.expm1(-rate)) if district in course.counts[week] else -rate
        return total

    for part in range(4):
        for step in (-0.02, 0.02):
            other = [max(1e-6, share + step * (index == part)) for index, share in enumerate(best)]
            assert likelihood(other) <= likelihood(best) + 1e-3
