"""What a fault in the handler costs: the naive loop loses, ours replays."""

import pytest

from integration.engine.kit import Bench, numbered, until

pytestmark = pytest.mark.broker

ALL = {f"k{number}" for number in range(20)}


def _loses_nothing(bench: Bench, scenario: str) -> str:
    """The first start gives up with 70 and commits nothing past the fault; mended, all comes out."""
    bench.make_topics("in", "out", "dead")
    bench.write("in", numbered(20))
    first = bench.start("ours", scenario)
    assert first.ended() == 70
    assert bench.committed("in") <= 5
    bench.start("ours", scenario, healed=1)
    until(lambda: bench.committed("in") == 20)
    assert set(bench.keys("out")) | set(bench.keys("dead")) == ALL
    return first.told()


def test_an_exception_loses_the_record_in_the_naive_loop(naive_bench: Bench) -> None:
    naive_bench.make_topics("in", "out")
    naive_bench.write("in", numbered(20))
    naive_bench.start("naive", "handler_fails")
    until(lambda: naive_bench.committed("in") == 20)
    assert "k5" not in naive_bench.keys("out")  # committed, and nowhere


def test_an_exception_stops_our_worker_and_kafka_replays(bench: Bench) -> None:
    told = _loses_nothing(bench, "handler_fails")
    assert "engine: exit 70: a handler failed (ValueError at ours.py:" in told
    assert "xxxx" not in told  # the error's text has the record's body in it


def test_the_crashing_supervisor_commits_past_the_failed_record(naive_bench: Bench) -> None:
    naive_bench.make_topics("in", "out")
    naive_bench.write("in", numbered(20))
    worker = naive_bench.start("naive", "crashing_supervisor")
    until(lambda: not worker.alive or naive_bench.committed("in") > 5)
    worker.kill()
    naive_bench.start("naive", "crashing_supervisor", healed=1)
    until(lambda: naive_bench.committed("in") == 20)
    assert "k5" not in naive_bench.keys("out")


def test_an_exception_in_take_loses_the_whole_batch(naive_bench: Bench) -> None:
    naive_bench.make_topics("in", "out")
    records = [(f"k{number}", b"x" if number == 7 else str(number + 10).encode()) for number in range(20)]
    naive_bench.write("in", records)
    naive_bench.start("naive", "take_fails")
    until(lambda: naive_bench.committed("in") == 20)
    lost = 20 - naive_bench.count("out")
    assert lost >= 5  # the batch at least; on a quiet machine 15, the backlog with it
    assert "x" not in naive_bench.keys("out")


def test_bad_json_is_lost_where_faust_decodes_and_a_dead_letter_where_the_handler_does(
    bench: Bench, naive_bench: Bench
) -> None:
    for one, program in ((naive_bench, "naive"), (bench, "ours")):
        one.make_topics("in", "out", "dead")
        one.write("in", [("good", b"{}"), ("bad", b"{"), ("last", b"{}")])
        one.start(program, "bad_json")
    until(lambda: naive_bench.committed("in") == 3)
    assert set(naive_bench.keys("out")) == {"good", "last"}
    until(lambda: bench.committed("in") == 3)
    assert set(bench.keys("out")) == {"good", "last"}
    assert set(bench.keys("dead")) == {"bad"}


def test_a_refused_record_takes_others_with_it_in_the_naive_loop(naive_bench: Bench) -> None:
    naive_bench.make_topics("in")
    naive_bench.make_topics("out", config={"max.message.bytes": "2000"})
    naive_bench.write("in", [("big", b"x" * 5000), *numbered(7)])
    naive_bench.start("naive", "refused")
    until(lambda: naive_bench.committed("in") == 8)
    assert "big" not in naive_bench.keys("out")  # committed, and only a warning was written


def test_a_refused_record_stops_our_worker_and_nothing_is_lost(bench: Bench) -> None:
    bench.make_topics("in", "dead")
    bench.make_topics("out", config={"max.message.bytes": "2000"})
    bench.write("in", [("big", b"x" * 5000), *numbered(7)])
    worker = bench.start("ours", "refused")
    assert worker.ended() == 70
    assert "MSG_SIZE_TOO_LARGE" in worker.told()
    assert bench.committed("in") == 0
    bench.start("ours", "refused", healed=1)
    until(lambda: bench.committed("in") == 8)
    assert set(bench.keys("out")) == {f"k{number}" for number in range(7)}
    assert set(bench.keys("dead")) == {"big"}


def test_a_table_value_above_the_limit_leaves_the_output_without_its_state_in_the_naive_loop(
    naive_bench: Bench,
) -> None:
    naive_bench.make_topics("in", "out")
    naive_bench.write("in", [("small", b"x"), ("big", b"xxxx")])
    worker = naive_bench.start("naive", "table_too_large")
    until(lambda: "MessageSizeTooLarge" in worker.told())
    until(lambda: naive_bench.keys("out")["big"])
    assert naive_bench.changelog("held") == {"small": 1}  # what comes next is a crash loop, or a commit: lost


def test_a_mark_above_the_limit_is_refused_before_anything_is_sent(bench: Bench) -> None:
    bench.make_topics("in", "out", "dead")
    bench.write("in", [("small", b"x"), ("big", b"xxxx")])
    worker = bench.start("ours", "table_too_large")
    assert worker.ended() == 70
    assert "A record for table held is too large (key 3, value 1200000 bytes, limit 1048576" in worker.told()
    assert bench.count("out") == 0
    bench.start("ours", "table_too_large", healed=1)
    until(lambda: bench.committed("in") == 2)
    assert set(bench.keys("out")) == {"small"}
    assert set(bench.keys("dead")) == {"big"}


def test_records_larger_than_one_fetch_come_with_their_neighbours(bench: Bench) -> None:
    bench.make_topics("in", "out", partitions=4)
    for partition in range(4):
        mixed = [(f"{partition}-{number}", b"x" * (900_000 if number % 3 == 0 else 10)) for number in range(9)]
        bench.write("in", mixed, partition)
    bench.start("ours", "copy", partitions=4)
    until(lambda: bench.count("out") >= 36)
    assert set(bench.keys("out")) == {f"{partition}-{number}" for partition in range(4) for number in range(9)}
