"""Drafts, sizes and what a handler sees."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusionbus.streams.engine import Decision, Draft, Event, Mark, Output, TooLarge, fits
from fusionbus.streams.engine.decision import refuse_too_large, size_of

LIMIT = 1000


class FakeTable:
    """A table in memory."""

    name = "seen"

    def __init__(self, rows: dict[tuple[int, bytes], bytes] | None = None) -> None:
        self.rows = rows or {}

    def read(self, partition: int, key: bytes) -> bytes | None:
        return self.rows.get((partition, key))


def event(partition: int = 0, key: bytes = b"k") -> Event:
    return Event("in", partition, 0, 1_000, key, b"v")


def test_an_event_tells_when_it_was_written_in_utc() -> None:
    assert event().written_at == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)


def test_a_draft_reads_its_own_marks_before_the_table() -> None:
    table, draft = FakeTable({(0, b"k"): b"old"}), Draft()
    assert draft.read(table, event(), b"k") == b"old"
    draft.mark(table, event(), b"k", b"new")
    assert draft.read(table, event(), b"k") == b"new"
    draft.mark(table, event(), b"k", None)
    assert draft.read(table, event(), b"k") is None
    assert table.rows == {(0, b"k"): b"old"}  # the loop writes, not the handler


def test_a_draft_keeps_partitions_apart() -> None:
    table, draft = FakeTable(), Draft()
    draft.mark(table, event(0), b"k", b"zero")
    assert draft.read(table, event(1), b"k") is None


def test_only_the_last_mark_of_a_key_is_written_and_outputs_keep_their_order() -> None:
    table, draft = FakeTable(), Draft()
    for count in (b"1", b"2", b"3"):
        draft.mark(table, event(), b"k", count)
        draft.send("out", b"k", count)
    decision = draft.decision()
    assert [mark.value for mark in decision.marks] == [b"3"]
    assert [output.value for output in decision.outputs] == [b"1", b"2", b"3"]


@given(st.binary(max_size=1200), st.lists(st.tuples(st.text(max_size=9), st.binary(max_size=99)), max_size=3))
def test_what_fits_is_at_most_the_limit_with_key_value_and_headers(
    value: bytes, headers: list[tuple[str, bytes]]
) -> None:
    plain = len(value) + 3 + sum(len(name.encode()) + len(held) for name, held in headers)
    if fits(Output("out", b"key", value, headers), LIMIT):
        assert plain <= LIMIT
    assert size_of(b"key", value, headers) > plain


def test_a_too_large_output_is_named_by_topic_and_sizes_but_not_by_key_or_body() -> None:
    decision = Decision([Output("alerts-kp", b"secret-key", b"secret" * 500)])
    with pytest.raises(TooLarge, match=r"topic alerts-kp .*key 10, value 3000 bytes, limit 1000") as refused:
        refuse_too_large(decision, LIMIT)
    assert "secret" not in str(refused.value)


def test_a_too_large_mark_is_named_by_table() -> None:
    with pytest.raises(TooLarge, match="table seen"):
        refuse_too_large(Decision(marks=[Mark(FakeTable(), event(), b"k", b"x" * LIMIT)]), LIMIT)


def test_deleting_always_fits() -> None:
    refuse_too_large(Decision([Output("out", b"k", None)], [Mark(FakeTable(), event(), b"k", None)]), LIMIT)
