"""Which partitions have stood still, look by look."""

from hypothesis import given
from hypothesis import strategies as st

from fusionbus.streams.engine.standstill import Standstill

A, B = ("in", 0), ("in", 1)


def test_time_counts_while_the_commit_stands_and_records_wait() -> None:
    standstill = Standstill()
    assert standstill.look({A: 5, B: 9}, {A: 6, B: 9}, 10) == {A: (5, 0.0)}
    assert standstill.look({A: 5, B: 9}, {A: 8, B: 9}, 10) == {A: (5, 10.0)}
    assert standstill.look({A: 5, B: 9}, {A: 8, B: 10}, 10) == {A: (5, 20.0), B: (9, 0.0)}


def test_a_commit_that_moves_or_catches_up_begins_anew() -> None:
    standstill = Standstill()
    for committed, stood_s in ((5, 0.0), (5, 10.0), (6, 0.0), (6, 10.0)):
        assert standstill.look({A: committed}, {A: 9}, 10) == {A: (committed, stood_s)}
    assert standstill.look({A: 9}, {A: 9}, 10) == {}
    assert standstill.look({A: 9}, {A: 10}, 10) == {A: (9, 0.0)}


def test_a_partition_that_was_taken_away_is_forgotten() -> None:
    standstill = Standstill()
    standstill.look({A: 5}, {A: 9}, 10)
    standstill.look({}, {A: 9}, 10)
    assert standstill.look({A: 5}, {A: 9}, 10) == {A: (5, 0.0)}


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30))
def test_a_commit_that_moves_with_every_look_never_stands(steps: list[tuple[int, int]]) -> None:
    standstill, committed, end = Standstill(), 0, 0
    for moved, written in steps:
        committed, end = committed + 1 + moved, max(end + written, committed + 1 + moved)
        assert all(stood_s == 0 for _, stood_s in standstill.look({A: committed}, {A: end}, 10).values())
