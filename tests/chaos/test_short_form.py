"""The chaos matrix in short, with every run of the tests: a worker killed and the broker bounced, under load."""

from pathlib import Path

import pytest

from chaos.brokers import Single
from chaos.federation import Federation
from chaos.oracle import judge

pytestmark = [pytest.mark.broker, pytest.mark.chaos, pytest.mark.timeout(300)]


def test_nothing_is_lost_or_told_twice_when_a_worker_is_killed_and_the_broker_bounced_under_load(
    tmp_path: Path,
) -> None:
    with Federation(Single(tmp_path / "broker"), tmp_path, seed=1, rate=15) as fed:
        (node,) = fed.brokers.nodes
        fed.load(40)
        fed.wait_for_outputs()
        fed.crew.kill("w1")
        dying = fed.start_worker(1, dies_at="sent:2")
        node.restart()
        fed.wait_until(lambda: not dying.alive, 30)
        fed.crew.kill("w1")
        fed.start_worker(1)
        fed.wait_for_outputs()
        fed.finish_loads()
        fed.drain()
        verdict = judge(fed.evidence())
    assert (verdict.faults, fed.faults) == ((), [])
    assert (verdict.missing, verdict.duplicates) == (0, 0)
    assert verdict.sent > 40
