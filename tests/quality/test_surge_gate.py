"""Surges are seen as soon as they were, on backgrounds made by code; chance alone is no surge oftener than is said.

The full tables are in docs/surge.md. What is measured here is small and wavers: the lines lie below it.
"""

from random import Random

import pytest

from fusionbus.streams.patterns.surges.index import ALPHA, SCORE_MIN
from fusionbus.streams.patterns.surges.scan import score_at
from quality import outbreaks, surge
from quality.outbreaks import METHODS, Watch
from quality.surge import SKIP_DAYS, Row


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Each method on two years of the simulator's attacks, with forty outbreaks of each size."""
    return surge.measured(outbreaks.simulated(730, 3.0, 4), 40)


def seen(row: Row) -> list[float]:
    return [sum(each is not None for each in tried) / len(tried) for tried in row.days]


def test_the_scan_sees_most_outbreaks_with_few_false_alarms(rows: list[Row]) -> None:
    scan = rows[0]
    assert scan.method == "scan"
    assert scan.false_a_month <= 1.0
    small, week, fortnight, campaign = seen(scan)
    assert small >= 0.65
    assert week >= 0.8
    assert min(fortnight, campaign) >= 0.9


def test_ears_sees_less_at_as_few_false_alarms_and_alarms_oftener_at_its_own_threshold(rows: list[Row]) -> None:
    scan, own, as_seldom = rows[0], rows[1 : len(METHODS)], rows[1 - len(METHODS) :]
    assert {row.method for row in own} == {row.method for row in as_seldom} == set(METHODS[1:])
    assert all(row.false_a_month > 2 * scan.false_a_month for row in own)
    assert all(row.false_a_month <= scan.false_a_month for row in as_seldom)
    assert all(
        min(ours - theirs for ours, theirs in zip(seen(scan), seen(row), strict=True)) > 0.2 for row in as_seldom
    )


def test_by_chance_alone_the_scan_holds_on_no_more_days_than_it_says() -> None:
    days = set()
    count = 0
    for seed in range(3):
        watch = Watch(outbreaks.by_chance(300 + SKIP_DAYS, 6.0, seed), score_min=score_at(0.1))
        alarms = watch.alarms(SKIP_DAYS)["scan"]
        days |= {(seed, int(alarm.moment)) for alarm in alarms if alarm.value >= SCORE_MIN}
        count += len({int(alarm.moment) for alarm in alarms})
    assert count > 10, "chance makes some high scores, or nothing is measured here"
    assert len(days) / 900 <= 1.5 * ALPHA


def test_an_outbreak_lies_where_attacks_are_and_has_its_size() -> None:
    background = outbreaks.by_chance(500, 2.0, 1)
    made = outbreaks.outbreak(background, 9, 14, Random(2), SKIP_DAYS)  # noqa: S311 - chance that can be repeated
    assert len(made.events) == 9
    assert (made.events[-1].at - made.events[0].at).days <= 14
    assert made.events[0].at > background[0].at
