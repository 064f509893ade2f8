"""What a kill, a stop, a pause or a hang costs: the naive loop loses or hangs, ours replays."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from fusionbus.deploy.broker import LocalBroker
from integration.engine.kit import Bench, numbered, until

pytestmark = pytest.mark.broker

ALL = {f"k{number}" for number in range(10)}


def _killed_and_started_again(bench: Bench, program: str) -> set[str]:
    """What comes out when the worker is killed on k5, after that is marked or decided, and starts again."""
    bench.make_topics("in", "out")
    bench.write("in", numbered(10))
    first = bench.start(program, "mark_then_send")
    until(lambda: bench.sign("marked"))
    first.kill()
    bench.start(program, "mark_then_send", healed=1)
    until(lambda: bench.committed("in") == 10)
    return set(bench.keys("out"))


def test_marking_before_sending_loses_what_a_kill_comes_between(naive_bench: Bench) -> None:
    assert _killed_and_started_again(naive_bench, "naive") == ALL - {"k5"}


def test_our_marks_come_after_the_sends_so_a_kill_loses_nothing(bench: Bench) -> None:
    assert _killed_and_started_again(bench, "ours") == ALL


def test_a_kill_while_the_sends_wait_for_the_broker_loses_nothing(
    own_broker: Callable[[], LocalBroker], tmp_path: Path
) -> None:
    broker = own_broker()
    bench = Bench(broker.bootstrap, tmp_path)
    try:
        bench.make_topics("in", "out")
        bench.write("in", numbered(5))
        first = bench.start("ours", "seen_once", batch=1)
        until(lambda: bench.committed("in") == 5)
        sign = f"decided-{first.process.pid}"
        (tmp_path / sign).unlink()
        bench.write("in", numbered(5, first=5))
        until(lambda: bench.sign(sign))
        broker.pause()
        first.kill()
        broker.resume()
        bench.start("ours", "seen_once", batch=1)
        until(lambda: bench.committed("in") == 10)
        assert set(bench.keys("out")) == ALL
    finally:
        bench.close()


def _stopped_inside_a_record(bench: Bench, program: str) -> set[str]:
    bench.make_topics("in", "out")
    bench.write("in", numbered(10))
    first = bench.start(program, "slow")
    until(lambda: bench.sign("inside"))
    assert first.stop() == 0
    bench.start(program, "copy", healed=1)
    until(lambda: bench.committed("in") == 10)
    return set(bench.keys("out"))


def test_without_stream_wait_empty_every_sigterm_loses_a_record(naive_bench: Bench) -> None:
    assert _stopped_inside_a_record(naive_bench, "naive") == ALL - {"k5"}


def test_sigterm_lets_our_batch_finish_and_commits_it(bench: Bench) -> None:
    assert _stopped_inside_a_record(bench, "ours") == ALL
    assert bench.count("out") == 10  # nothing twice


def test_a_worker_paused_longer_than_its_session_leaves_at_once(bench: Bench, naive_bench: Bench) -> None:
    for one, program in ((naive_bench, "naive"), (bench, "ours")):
        one.make_topics("in", "out")
        one.write("in", numbered(5))
        one.start(program, "copy")
        until(lambda one=one: one.committed("in") == 5)  # type: ignore[misc]
    for one in (naive_bench, bench):
        one.workers[0].send(signal.SIGSTOP)
    second = bench.start("ours", "copy", state="w2")
    bench.write("in", numbered(5, first=5))
    until(lambda: bench.committed("in") == 10)  # the second took over, so the session of the first is over
    for one in (naive_bench, bench):
        one.workers[0].send(signal.SIGCONT)
    assert bench.workers[0].ended(5.0) == 70
    assert "stood still" in bench.workers[0].told()
    assert naive_bench.workers[0].alive  # and would go on with what others own
    assert bench.keys("out") == dict.fromkeys(ALL, 1)
    assert second.stop() == 0


def test_a_handler_that_never_returns_ends_the_worker(bench: Bench) -> None:
    bench.make_topics("in", "out")
    bench.write("in", numbered(10))
    first = bench.start("ours", "blocked", stuck_s=3)
    assert first.ended() == 70
    assert "the event loop stood for 3 s" in first.told()
    assert bench.committed("in") == 0


def test_state_that_takes_longer_to_read_than_anything_may_stand_still_is_read(bench: Bench) -> None:
    bench.make_topics("in", "out")
    bench.write("in", numbered(10))
    first = bench.start("ours", "slow_to_read", slices=30, stuck_s=3, standstill_s=4)
    until(lambda: bench.committed("in") == 10)
    assert first.alive
    assert bench.keys("out") == dict.fromkeys(ALL, 1)
    assert first.stop() == 0


def test_a_rebalance_does_not_wait_for_state_that_is_being_read(bench: Bench) -> None:
    bench.make_topics("in", "out", partitions=2)
    bench.write("in", numbered(10))
    first = bench.start("ours", "slow_to_read", state="w1", slices=600, stuck_s=3, partitions=2)
    until(lambda: bench.sign(f"reading-{first.process.pid}"))
    second = bench.start("ours", "slow_to_read", state="w2", slices=600, stuck_s=3, partitions=2)
    until(lambda: bench.sign(f"reading-{second.process.pid}"))
    assert bench.keys("out") == {}
    (bench.folder / "joined").touch()
    until(lambda: bench.committed("in", 2) == 10)
    assert first.alive
    assert second.alive
    assert bench.keys("out") == dict.fromkeys(ALL, 1)


def test_a_shutdown_with_a_blocked_handler_ends_in_time(bench: Bench) -> None:
    bench.make_topics("in", "out")
    bench.write("in", numbered(10))
    first = bench.start("ours", "blocked", shutdown_s=2)
    until(lambda: bench.sign("inside"))
    assert first.stop(6.0) == 70
    assert "the shutdown took longer than 2 s" in first.told()


def test_a_frozen_broker_cannot_hold_our_shutdown(own_broker: Callable[[], LocalBroker], tmp_path: Path) -> None:
    broker = own_broker()
    ours, naive = Bench(broker.bootstrap, tmp_path), Bench(broker.bootstrap, tmp_path / "naive")
    (tmp_path / "naive").mkdir()
    try:
        for one, program in ((ours, "ours"), (naive, "naive")):
            one.make_topics("in", "out")
            one.write("in", numbered(5))
            one.start(program, "copy", shutdown_s=3)
            until(lambda one=one: one.committed("in") == 5)  # type: ignore[misc]
        broker.pause()
        naive.workers[0].send(signal.SIGTERM)
        assert ours.workers[0].stop(7.0) == 70
        assert "is the broker there?" in ours.workers[0].told()
        assert naive.workers[0].alive  # it waits for the broker
    finally:
        ours.close()
        naive.close()


def test_a_send_that_gets_no_answer_ends_the_worker_and_is_replayed(
    own_broker: Callable[[], LocalBroker], tmp_path: Path
) -> None:
    broker = own_broker()
    bench = Bench(broker.bootstrap, tmp_path)
    try:
        bench.make_topics("in", "out")
        bench.write("in", numbered(10))
        first = bench.start("ours", "slow", send_timeout_s=2)
        until(lambda: bench.sign("inside"))  # it decides for 2 s: time to freeze the broker
        broker.pause()
        bench_ended = first.ended(20.0)
        broker.resume()
        assert bench_ended == 70
        assert "_MSG_TIMED_OUT" in first.told()
        assert bench.committed("in") == 0
        bench.start("ours", "copy")
        until(lambda: bench.committed("in") == 10)
        assert set(bench.keys("out")) == ALL
    finally:
        bench.close()


def test_a_partition_that_is_never_fetched_again_ends_the_worker_and_the_mark_of_a_transaction_does_not(
    bench: Bench,
) -> None:
    bench.make_topics("in", "out", partitions=2)
    bench.write("in", numbered(5), partition=0)
    bench.write_in_transaction("in", [("kept", b"")], partition=1)
    first = bench.start("ours", "deaf", partitions=2, standstill_s=3)
    until(lambda: bench.sign("deaf") and bench.committed("in", 2) == 6)
    with pytest.raises(AssertionError, match="not within"):
        until(lambda: not first.alive, 6.0)  # the end of partition 1 counts the mark, which is no record
    bench.write("in", numbered(5, first=5), partition=0)
    assert first.ended() == 70
    assert "[0] stood at 5 for 3 s and 5 records wait that are not fetched" in first.told()
    bench.start("ours", "deaf", healed=1, partitions=2)
    until(lambda: set(bench.keys("out")) == {*ALL, "kept"})
