"""What may be committed, and what the state has seen."""

from dataclasses import dataclass

from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from fusionbus.streams.engine.bookkeeping import Checkpoint, DeliveryBook

TP0, TP1 = TP("in", 0), TP("in", 1)


@dataclass
class Message:
    offset: int
    acked: bool = False


def handed_out(book: DeliveryBook, tp: TP, *offsets: int) -> list[Message]:
    messages = [Message(offset) for offset in offsets]
    book.queue_of(tp).extend(messages)
    return messages


def test_nothing_is_committed_before_the_first_is_acknowledged() -> None:
    book = DeliveryBook()
    first, second = handed_out(book, TP0, 7, 8)
    second.acked = True
    assert book.safe_offset(TP0) is None
    assert book.waiting(TP0) == 7
    first.acked = True
    assert book.safe_offset(TP0) == 9
    assert book.waiting(TP0) is None


def test_a_hole_in_the_log_needs_no_acknowledgement() -> None:
    book = DeliveryBook()
    for message in handed_out(book, TP0, 3, 900):
        message.acked = True
    assert book.safe_offset(TP0) == 901


def test_partitions_are_apart() -> None:
    book = DeliveryBook()
    handed_out(book, TP0, 0)
    handed_out(book, TP1, 5)[0].acked = True
    assert (book.safe_offset(TP0), book.safe_offset(TP1)) == (None, 6)


def test_an_acknowledgement_of_an_old_epoch_counts_for_nothing() -> None:
    book = DeliveryBook()
    old_queue = book.queue_of(TP0)
    old = handed_out(book, TP0, 0)[0]
    book.begin_epoch()
    old.acked = True
    late = Message(1, acked=True)
    old_queue.append(late)  # a fetch under way still holds the old queue
    assert book.safe_offset(TP0) is None
    assert list(book.partitions()) == []


@given(st.lists(st.booleans(), max_size=40), st.integers(0, 1000))
def test_the_position_is_the_end_of_the_acknowledged_prefix(acked: list[bool], first: int) -> None:
    book = DeliveryBook()
    for message, done in zip(handed_out(book, TP0, *range(first, first + len(acked))), acked, strict=True):
        message.acked = done
    prefix = acked.index(False) if False in acked else len(acked)
    assert book.safe_offset(TP0) == (first + prefix if prefix else None)


@given(st.lists(st.integers(0, 30), max_size=40, unique=True).map(sorted), st.data())
def test_acknowledging_in_any_order_ends_at_the_same_position(offsets: list[int], data: st.DataObject) -> None:
    book = DeliveryBook()
    messages = handed_out(book, TP0, *offsets)
    positions = []
    for message in data.draw(st.permutations(messages)):
        message.acked = True
        positions.append(book.safe_offset(TP0) or 0)
    assert positions == sorted(positions)
    assert book.safe_offset(TP0) == (offsets[-1] + 1 if offsets else None)


def test_the_checkpoint_stops_at_a_hole_for_good() -> None:
    checkpoint = Checkpoint.at(9)
    assert [checkpoint.written(offset, 2) for offset in (10, 11, 13, 14, 15)] == [None, 11, None, None, None]
    assert checkpoint.contiguous == 11  # 12 is another worker's: it must be read again


def test_the_checkpoint_of_an_empty_store_begins_at_zero() -> None:
    checkpoint = Checkpoint.at(None)
    assert [checkpoint.written(offset, 3) for offset in range(7)] == [None, None, 2, None, None, 5, None]


@given(st.integers(-1, 50), st.lists(st.integers(0, 100), max_size=60), st.integers(1, 5))
def test_the_checkpoint_never_passes_an_offset_that_was_not_written(
    persisted: int, written: list[int], every: int
) -> None:
    checkpoint, seen = Checkpoint.at(persisted), set(range(persisted + 1))
    for offset in written:
        seen.add(offset)
        stored = checkpoint.written(offset, every)
        assert stored is None or set(range(stored + 1)) <= seen
