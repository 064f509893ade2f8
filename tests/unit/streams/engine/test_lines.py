"""Whose records come next: in turn by topic, each topic in its order, none lost."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from fusionbus.streams.engine.lines import Lines


@dataclass(frozen=True)
class Message:
    topic: str
    offset: int


def filled(share_max: int, held: set[str], **waiting: int) -> Lines:
    lines = Lines(share_max, 100, held)
    for topic, count in waiting.items():
        for offset in range(count):
            lines.put(Message(topic, offset))
    return lines


def test_a_flood_gets_its_share_and_who_comes_after_it_is_in_the_next_batch() -> None:
    lines = filled(16, set(), flood=90)
    lines.put(Message("quiet", 0))
    batch = lines.take(1000)
    assert [message.topic for message in batch].count("flood") == 16
    assert Message("quiet", 0) in batch
    assert len(lines) == 90 - 16


def test_who_was_left_out_of_a_full_batch_is_first_in_the_next() -> None:
    lines = filled(2, set(), a=4, b=4, c=4)
    taken = [[message.topic for message in lines.take(4)] for _ in range(3)]
    assert taken == [["a", "a", "b", "b"], ["c", "c", "a", "a"], ["b", "b", "c", "c"]]
    assert not lines


def test_a_topic_with_too_much_waiting_is_held_until_half_of_it_is_gone() -> None:
    held: set[str] = set()
    lines = filled(10, held, flood=99, quiet=3)
    assert held == set()
    lines.put(Message("flood", 99))
    assert held == {"flood"}
    for _ in range(4):
        lines.take(1000)
    assert held == {"flood"}
    lines.take(1000)
    assert held == set()


def test_what_is_let_go_is_held_no_more() -> None:
    held = {"another's"}
    lines = filled(10, held, flood=150)
    lines.clear()
    assert (len(lines), held) == (0, {"another's"})
    assert lines.take(10) == []


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=200),
    st.integers(min_value=1, max_value=9),
    st.integers(min_value=1, max_value=20),
)
def test_nothing_is_lost_doubled_or_out_of_its_topics_order(
    steps: list[tuple[str, bool]], share_max: int, size_max: int
) -> None:
    lines, put, taken = Lines(share_max, 5, set()), dict.fromkeys("abc", 0), list[Message]()
    for topic, also_take in steps:
        lines.put(Message(topic, put[topic]))
        put[topic] += 1
        if also_take:
            batch = lines.take(size_max)
            assert len(batch) <= size_max
            assert all([m.topic for m in batch].count(topic) <= share_max for topic in "abc")
            taken += batch
    while lines:
        taken += lines.take(size_max)
    for topic, count in put.items():
        assert [m.offset for m in taken if m.topic == topic] == list(range(count))
