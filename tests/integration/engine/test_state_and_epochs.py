"""State lies in the partition of its event, survives whatever happens, and epochs tell when to rebuild an index."""

import json

import pytest

from integration.engine.kit import Bench, numbered, until

pytestmark = pytest.mark.broker


@pytest.mark.parametrize("store", ["memory://", "rocksdb://"])
def test_the_same_key_in_two_partitions_is_two_states_that_survive_a_kill(bench: Bench, store: str) -> None:
    bench.make_topics("in", "out", partitions=2)
    bench.write("in", [("a", b""), ("a", b""), ("b", b"")], partition=0)
    bench.write("in", [("a", b""), ("c", b""), ("c", b"forget")], partition=1)
    first = bench.start("ours", "counting", partitions=2, store=store)
    until(lambda: bench.committed("in", 2) == 6)
    first.kill()
    bench.write("in", [("list", b"")], partition=0)
    bench.write("in", [("list", b"")], partition=1)
    bench.start("ours", "counting", partitions=2, store=store)
    until(lambda: bench.committed("in", 2) == 8)
    listed = sorted(record.value for record in bench.read("out") if record.key == b"list")
    assert [json.loads(rows) for rows in listed] == [{"a": "1"}, {"a": "2", "b": "1"}]


def test_a_worker_with_an_empty_folder_recovers_the_state_from_the_changelog(bench: Bench) -> None:
    bench.make_topics("in", "out")
    bench.write("in", [("a", b"")] * 12)
    first = bench.start("ours", "counting", state="w1")
    until(lambda: bench.committed("in") == 12)
    assert first.stop() == 0
    bench.write("in", [("a", b"")])
    bench.start("ours", "counting", state="w2")
    until(lambda: bench.committed("in") == 13)
    assert max(int(record.value) for record in bench.read("out")) == 13


def test_state_written_by_another_worker_is_seen_when_the_partition_comes_back(bench: Bench) -> None:
    bench.make_topics("in", "out")
    for round_number, state in enumerate(["w1", "w2", "w1"], start=1):
        bench.write("in", [("a", b"")] * 7)
        worker = bench.start("ours", "counting", state=state)
        until(lambda done=7 * round_number: bench.committed("in") == done)  # type: ignore[misc]
        assert worker.stop() == 0
    assert sorted(int(record.value) for record in bench.read("out")) == list(range(1, 22))


def test_a_second_worker_loses_and_doubles_nothing_and_bumps_the_epoch(bench: Bench) -> None:
    bench.make_topics("in", "out", partitions=4)
    bench.start("ours", "seen_once", state="w1", partitions=4)
    written = 0

    def write_more() -> None:
        nonlocal written
        bench.write("in", numbered(100, first=written))
        written += 100

    def joined_under_load() -> bool:
        write_more()
        return bench.sign(f"decided-{second.process.pid}")

    write_more()
    until(lambda: bench.committed("in", 4) == written)
    second = bench.start("ours", "seen_once", state="w2", partitions=4)
    until(joined_under_load)
    for _ in range(10):
        write_more()
    assert second.stop() == 0
    for _ in range(10):
        write_more()
    until(lambda: bench.committed("in", 4) == written)
    assert bench.keys("out") == dict.fromkeys((f"k{number}" for number in range(written)), 1)
    epochs = [int(record.headers["epoch"]) for record in bench.read("out") if record.partition == 0]
    assert len(set(epochs)) > 1


def test_a_worker_without_partitions_waits_quietly_and_takes_over(bench: Bench) -> None:
    bench.make_topics("in", "out")
    bench.write("in", numbered(5))
    first = bench.start("ours", "seen_once", state="w1", rebalance_stuck_s=2, stuck_s=3)
    until(lambda: bench.committed("in") == 5)
    second = bench.start("ours", "seen_once", state="w2", rebalance_stuck_s=2, stuck_s=3)
    with pytest.raises(AssertionError, match="not within"):  # the watchdog must not take idleness for a hang
        until(lambda: not (first.alive and second.alive), 6.0)
    first.kill()
    second_first = bench.start("ours", "seen_once", state="w1", rebalance_stuck_s=60)
    bench.write("in", numbered(5, first=5))
    until(lambda: bench.committed("in") == 10)
    assert second.alive or second_first.alive
    assert bench.keys("out") == dict.fromkeys((f"k{number}" for number in range(10)), 1)


def test_a_record_without_key_or_value_reaches_the_handler(bench: Bench) -> None:
    bench.make_topics("in", "out")
    bench.write("in", [("tombstone", None), (None, b"no key"), (None, None), ("last", b"")])
    bench.start("ours", "copy")
    until(lambda: bench.committed("in") == 4)
    assert [(record.key, record.value) for record in bench.read("out")] == [
        (b"tombstone", b""),
        (b"", b"no key"),
        (b"", b""),
        (b"last", b""),
    ]


def test_three_agents_and_thirty_ingress_topics_work_in_one_app(bench: Bench) -> None:
    names = [f"in{number}" for number in range(30)]
    bench.make_topics(*names, "hop", "out", "control", "told", partitions=2)
    for name in names:
        bench.write(name, [(f"{name}-a", b""), (f"{name}-b", b"")])
    bench.start("ours", "three_agents", partitions=2)
    until(lambda: bench.count("out") == 60)
    assert {record.value.decode().split("-")[0] for record in bench.read("out")} == set(names)
    bench.write("control", [("ask", b"")])
    until(lambda: bench.count("told") == 1)
    assert json.loads(bench.read("told")[0].value) == {"ready": True, "records": 120}
