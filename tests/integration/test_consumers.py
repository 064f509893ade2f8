"""Receivers on a real broker: kills, poison, failing handlers, members that come and go."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from kafka import KafkaConsumer

from desks import WAIT_S_MAX, Desk, alert_ids, make_topics, open_desk, wait_for
from fusionbus.consumers.stopping import Stop
from fusionbus.consumers.testing import RecordingHandler, sample_alert
from fusionbus.contract.alert import Alert
from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.contract.records import RejectReason
from fusionbus.contract.vocabulary import AckAction

pytestmark = [
    pytest.mark.broker,
    # kafka-python closes a client's last connection on its own thread, after `close` has returned.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

DIES_AFTER = """
import os, signal, sys
from fusionbus.consumers.handlers.database import DatabaseHandler
from fusionbus.consumers.receiver import AlertReceiver
from fusionbus.shell.settings import BrokerSettings

class DiesAfterTaking(DatabaseHandler):
    left = int(sys.argv[3])

    def take(self, alert):
        taken = super().take(alert)
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)
        return taken

AlertReceiver(sys.argv[1], [DiesAfterTaking(f"sqlite:{sys.argv[2]}")], BrokerSettings()).run(follow=False)
"""


@pytest.fixture
def desk(broker: str, tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    return open_desk(broker, tmp_path, request.node.nodeid)


def test_alerts_are_stored_acknowledged_and_committed_once_and_poison_stops_nobody(desk: Desk) -> None:
    alerts = desk.alerts(range(20))
    desk.send([*alerts[:10], b"\xff poison", sample_alert("CTD-SD"), *alerts[10:]], partition=1)
    store, lines = f"sqlite:{desk.folder}/threats.db", f"jsonl:{desk.folder}/alerts.jsonl"
    letters = desk.folder / "dead.jsonl"
    arguments = ["alerts", "--agency", desk.agency, "--once", "--dead-letters", str(letters)]
    for _ in range(2):
        done = desk.run(*arguments, "--handler", store, "--handler", lines, "--handler", "terminal")
        assert done.returncode == 0, done.stderr
    assert sorted(desk.stored()) == alert_ids(alerts)
    assert len((desk.folder / "alerts.jsonl").read_text(encoding="utf-8").splitlines()) == 20
    reasons = [json.loads(line)["reason"] for line in letters.read_text(encoding="utf-8").splitlines()]
    assert reasons == [RejectReason.NOT_JSON, RejectReason.WRONG_AGENCY]
    said = desk.said()
    assert sorted(one.alert_id for one in said) == alert_ids(alerts)
    assert {one.action for one in said} == {AckAction.RECEIVED}
    assert desk.committed() == 22
    with closing(sqlite3.connect(desk.folder / "threats.db")) as database:
        assert database.execute("SELECT count(*) FROM acknowledgements WHERE action = 'received'").fetchone() == (20,)


@pytest.mark.parametrize("taken", [1, 7])
def test_a_kill_between_handler_and_commit_doubles_nothing_and_loses_nothing(desk: Desk, taken: int) -> None:
    alerts = desk.alerts(range(12))
    desk.send(alerts)
    path = desk.folder / "threats.db"
    command = [sys.executable, "-c", DIES_AFTER, desk.agency, str(path), str(taken)]
    killed = subprocess.run(command, env=desk.env, check=False, timeout=WAIT_S_MAX)
    assert killed.returncode == -signal.SIGKILL
    assert len(desk.stored()) == taken
    assert desk.committed() == 0
    done = desk.run("alerts", "--agency", desk.agency, "--once", "--handler", f"sqlite:{path}")
    assert done.returncode == 0, done.stderr
    assert sorted(desk.stored()) == alert_ids(alerts)
    assert {one.alert_id for one in desk.said()} == set(alert_ids(alerts))
    assert desk.committed() == 12


def test_a_handler_that_fails_for_a_while_gets_every_alert(desk: Desk) -> None:
    alerts = desk.alerts(range(5))
    desk.send(alerts)
    handler = RecordingHandler([RetryLater("The made-up target is out.")] * 4)
    tally = desk.receiver(handler).run(follow=False)
    assert alert_ids(handler.alerts) == alert_ids(alerts)
    assert (tally.new, tally.retries, tally.acknowledged, tally.set_aside) == (5, 4, 5, 0)


def test_an_alert_no_handler_can_take_is_not_acknowledged(desk: Desk) -> None:
    alerts = desk.alerts(range(3))
    desk.send(alerts, partition=0)
    handler = RecordingHandler([ValueError("a bug")] * 6)
    tally = desk.receiver(handler).run(follow=False)
    assert (tally.set_aside, tally.acknowledged) == (1, 2)
    assert alert_ids(handler.alerts) == alert_ids(alerts[1:])
    assert sorted(one.alert_id for one in desk.said()) == alert_ids(alerts[1:])


def test_a_slow_batch_is_cut_and_read_on_from_there(desk: Desk) -> None:
    alerts = desk.alerts(range(6))
    desk.send(alerts)
    handler = RecordingHandler([RetryLater("Slow.")] * 3)
    tally = desk.receiver(handler, receiver_batch_s_max=0.001).run(follow=False)
    assert alert_ids(handler.alerts) == alert_ids(alerts)
    assert (tally.new, tally.repeated) == (6, 0)
    assert tally.commits > 1


def test_a_handler_set_up_wrongly_stops_it_and_what_was_taken_before_is_committed(desk: Desk) -> None:
    desk.send(desk.alerts(range(3)), partition=0)

    class BreaksAtTheThird(RecordingHandler):
        def take(self, alert: Alert) -> Any:
            if len(self.alerts) == 2:
                raise Misconfigured("The made-up password is wrong.")
            return super().take(alert)

    with pytest.raises(Misconfigured, match="made-up password"):
        desk.receiver(BreaksAtTheThird()).run(follow=False)
    assert desk.committed() == 2
    assert len(desk.said()) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_receiver_with_0_and_nothing_is_read_again(desk: Desk, number: signal.Signals) -> None:
    store = f"sqlite:{desk.folder}/threats.db"
    with desk.following("--handler", store) as child:
        desk.send(desk.alerts(range(5)))
        wait_for(lambda: len(desk.stored()) == 5)
        child.send_signal(number)
        assert child.wait(timeout=20) == 0
    assert desk.committed() == 5
    handler = RecordingHandler()
    assert desk.receiver(handler).run(follow=False).received == 0


def test_members_that_come_and_go_share_the_alerts_and_double_none(desk: Desk) -> None:
    store = f"sqlite:{desk.folder}/threats.db"
    alerts = desk.alerts(range(60))
    with desk.following("--handler", store) as first:
        desk.send(alerts[:20])
        wait_for(lambda: len(desk.stored()) == 20)
        with desk.following("--handler", store) as second:
            desk.send(alerts[20:40])
            wait_for(lambda: (desk.folder / "log").read_text(encoding="utf-8").count("receiver_started") == 2)
            wait_for(lambda: len(desk.stored()) == 40)
            first.send_signal(signal.SIGTERM)
            assert first.wait(timeout=20) == 0
            desk.send(alerts[40:])
            wait_for(lambda: len(desk.stored()) == 60)
            second.send_signal(signal.SIGTERM)
            assert second.wait(timeout=20) == 0
    assert sorted(desk.stored()) == alert_ids(alerts)
    assert {one.alert_id for one in desk.said()} == set(alert_ids(alerts))


def test_a_receiver_waits_for_a_broker_that_comes_back(own_broker: Callable[[], Any], tmp_path: Path) -> None:
    one = own_broker()
    make_topics(one.bootstrap, "CTD-KP")
    desk, stop, handler = Desk("CTD-KP", one.bootstrap, tmp_path), Stop(), RecordingHandler()
    receiver = desk.receiver(handler, stop=stop)
    thread = Thread(target=receiver.run, daemon=True)
    thread.start()
    desk.send(desk.alerts(range(3)))
    wait_for(lambda: len(handler.alerts) == 3)
    one.kill()
    one.start()
    desk.send(desk.alerts(range(3, 6)))
    wait_for(lambda: len(handler.alerts) == 6)
    stop.request()
    thread.join(timeout=30)
    assert not thread.is_alive()
    assert desk.committed() == 6
    assert {said.alert_id for said in desk.said()} == {alert.alert_id for alert in handler.alerts}


def test_a_receiver_whose_client_fetches_nothing_more_connects_anew(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, handler, made = Stop(), RecordingHandler(), list[KafkaConsumer]()
    poll = KafkaConsumer.poll

    def poll_that_stalls(self: KafkaConsumer, timeout_ms: int = 0) -> Any:
        if self not in made:
            made.append(self)
        if self is made[0] and handler.alerts:
            time.sleep(timeout_ms / 1_000)
            return {}
        return poll(self, timeout_ms=timeout_ms)

    monkeypatch.setattr(KafkaConsumer, "poll", poll_that_stalls)
    thread = Thread(target=desk.receiver(handler, stop=stop, receiver_quiet_s_max=1).run, daemon=True)
    thread.start()
    desk.send(desk.alerts(range(3)))
    wait_for(lambda: bool(handler.alerts))
    desk.send(desk.alerts(range(3, 6)))
    wait_for(lambda: len({alert.alert_id for alert in handler.alerts}) == 6)
    stop.request()
    thread.join(timeout=30)
    assert not thread.is_alive()
    assert len(made) == 2
    assert desk.committed() == 6
