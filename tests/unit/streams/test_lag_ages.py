"""How many seconds a topic is behind, against what the broker's stamps would say."""

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fusionbus.streams.lag_ages import SAMPLES_MAX, LagAges

SPOT = ("accepted", 0)


def look(ages: LagAges, end: int, committed: int, now: float) -> float:
    return ages.look({SPOT: end}, {SPOT: committed}, now)["accepted"]


def test_nothing_waits_is_zero_however_long_nothing_came() -> None:
    ages = LagAges()
    ages.processed([(SPOT, 10.0)])
    assert look(ages, 5, 5, 1_000.0) == 0
    assert look(ages, 5, 5, 90_000.0) == 0


def test_a_record_that_waits_is_as_old_as_the_first_look_at_it() -> None:
    ages = LagAges()
    look(ages, 5, 5, 100.0)
    assert look(ages, 6, 5, 101.0) == 0
    assert look(ages, 90, 5, 131.0) == 30
    assert look(ages, 95, 6, 132.0) == 1  # the record of second 101 is done, that of second 131 is the oldest


def test_a_backlog_from_before_the_start_is_as_old_as_what_was_processed_last() -> None:
    ages = LagAges()
    look(ages, 1_000, 0, 5_000.0)
    ages.processed([(SPOT, 1_400.0)])
    assert look(ages, 1_000, 10, 5_001.0) == 3_601


def test_a_backlog_of_which_nothing_was_processed_is_at_least_as_old_as_the_worker() -> None:
    ages = LagAges()
    look(ages, 1_000, 0, 5_000.0)
    assert look(ages, 1_000, 0, 5_060.0) == 60


def test_the_worst_partition_is_the_topics() -> None:
    ages, two = LagAges(), {SPOT: 1, ("accepted", 1): 1}
    ages.look(two, dict.fromkeys(two, 1), 0.0)
    ages.look({SPOT: 2, ("accepted", 1): 1}, dict.fromkeys(two, 1), 10.0)
    assert ages.look(dict.fromkeys(two, 2), dict.fromkeys(two, 1), 30.0) == {"accepted": 20}


def test_a_partition_that_left_and_came_back_is_looked_at_anew() -> None:
    ages = LagAges()
    look(ages, 5, 1, 0.0)
    assert ages.look({}, {}, 10.0) == {}
    assert look(ages, 5, 1, 1_000.0) == 0


def test_a_topic_made_anew_does_not_look_old() -> None:
    ages = LagAges()
    look(ages, 900, 900, 0.0)
    look(ages, 2, 2, 50.0)
    assert look(ages, 3, 2, 60.0) == 0


def test_a_lag_of_hours_keeps_few_samples_and_its_age() -> None:
    ages = LagAges()
    for second in range(10_000):
        age = look(ages, 10 + second, 10, float(second))
    assert age == 10_000 - 2
    assert len(ages._parts[SPOT].seen) <= SAMPLES_MAX + 1  # noqa: SLF001 - that nothing grows without a limit


@given(
    st.lists(st.floats(0, 50), min_size=1, max_size=30).map(sorted),
    st.lists(st.tuples(st.floats(0, 20), st.integers(0, 5)), min_size=1, max_size=20),
)
def test_once_caught_up_the_age_is_never_too_large_and_too_small_by_the_pause_between_looks_at_most(
    written: Sequence[float], looks: Sequence[tuple[float, int]]
) -> None:
    ages, now, committed = LagAges(), 0.0, 0
    look(ages, 0, 0, -1.0)
    times = [-1.0, 0.0]
    for pause, done in looks:
        now += pause
        times.append(now)
        end = sum(at <= now for at in written)
        committed = min(end, committed + done)
        age = look(ages, end, committed, now)
        true = now - written[committed] if committed < end else 0.0
        longest = max(after - before for before, after in pairwise(times))
        assert true - longest <= age <= max(true, 0) + 1e-6
