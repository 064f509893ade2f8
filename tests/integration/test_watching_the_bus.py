"""One bus, watched in two ways: a real Prometheus answers every query of ours, and `fusionbus watch` shows it."""

import json
import os
import pty
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from builders import a_report
from fusionbus.contract.topics import reports_topic
from fusionbus.deploy.broker_ports import free_port
from fusionbus.shell import metrics
from monitoring_files import ALERTS, PROMETHEUS, RECORDED, families, panel_queries, tool
from running_hub import COMMAND, Bus, running, until

pytestmark = pytest.mark.broker

AGENCIES: dict[str, dict[str, Any]] = {
    "CTD-KP": {"group": "ctd", "organisation": "KP Police", "provinces": ["PK-KP"]},
    "IB": {
        "group": "federal",
        "organisation": "IB",
        "clearance": "top_secret",
        "subscriptions": [{"name": "Everything"}],
    },
}
QUERIES = dict(
    [
        *((f"rule {rule['alert']} ({rule['labels']['severity']})", rule["expr"]) for rule in ALERTS),
        *((f"record {name}", said) for name, said in RECORDED.items()),
        *panel_queries(),
    ]
)
ANSWERED = (
    "overview.json: Workers ready",
    "overview.json: Reports a second",
    "overview.json: Routed within (p99)",
    "overview.json: Oldest record that waits",
    "overview.json: From the broker to the decision",
    "overview.json: Share of reports later than a second",
    "overview.json: Behind, by topic",
    "overview.json: Dead letters in 5 minutes, by reason",
    "overview.json: Open incidents",
    "agencies.json: Silent for",
    "agencies.json: Alerts a second",
    "agencies.json: At the handler (p99)",
    "hub.json: Ready",
    "hub.json: Records in a batch (p95)",
    "hub.json: Free share of the disk",
    "hub.json: Alerts a second, by rule",
)
"""Panels that must show a number once reports flow."""


@dataclass(frozen=True)
class Watched:
    """A Prometheus, and the bus that it looks at."""

    address: str
    bus: Bus

    def asks(self, path: str, **question: str) -> Any:
        with urlopen(f"{self.address}/api/v1/{path}?{urlencode(question)}", timeout=10) as answer:  # noqa: S310 - ours
            told = json.load(answer)
        assert told["status"] == "success", told
        return told["data"]

    def result(self, query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.asks("query", query=query)["result"]
        return found

    def answers(self) -> bool:
        try:
            return {one["health"] for one in self.asks("targets")["activeTargets"]} == {"up"}
        except (URLError, ConnectionError):
            return False


def configured(folder: Path, own: int, **ports: int) -> Path:
    """Our own configuration, a second from look to look, with these targets."""
    shutil.copytree(PROMETHEUS, folder)
    config = yaml.safe_load((folder / "prometheus.yml").read_text(encoding="utf-8"))
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["scrape_configs"][-1]["static_configs"][0]["targets"] = [f"127.0.0.1:{own}"]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    for file in (folder / "targets").glob("*.json"):
        port = ports.get(file.stem)
        file.write_text(json.dumps([{"targets": [f"127.0.0.1:{port}"]}] if port else []), encoding="utf-8")
    return folder / "prometheus.yml"


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    own, hub, receiver = free_port(), free_port(), free_port()
    config = configured(folder / "prometheus", own, hub=hub, alerts=receiver)
    with running(folder, AGENCIES) as bus:
        bus.start(FUSION_METRICS_PORT=str(hub))
        line = [COMMAND, "alerts", "--agency", "IB", "--handler", f"sqlite:{folder / 'ib.db'}", "--metrics-port"]
        bus.started["receiver"] = subprocess.Popen(
            [*line, str(receiver)],
            env={"FUSION_BOOTSTRAP": bus.bootstrap, "PATH": ""},
            stdout=subprocess.DEVNULL,
            text=True,
        )
        storage = ("--storage.tsdb.path", str(folder / "tsdb"), "--web.listen-address", f"127.0.0.1:{own}")
        with (folder / "prometheus.log").open("w") as log:
            line = [tool("prometheus"), "--config.file", str(config), *storage]
            bus.started["prometheus"] = subprocess.Popen(line, stdout=log, stderr=log, text=True)
        found = Watched(f"http://127.0.0.1:{own}", bus)
        until(found.answers, "Prometheus scrapes worker and receiver")
        until(lambda: found.result("fusion_ready == 1"), "the worker is ready")
        for number in range(3):
            bus.send(a_report(local_ref=f"W-{number}"))
            bus.put(reports_topic("CTD-KP"), f"x{number}", b"garbage")
            bus.producer.flush()
            counted = f"sum(fusion_reports_in_total) == {2 * number + 2}"
            until(lambda query=counted: found.result(query), "what was sent is counted")  # type: ignore[misc]
        until(lambda: found.result("sum(fusion_alerts_received_total) > 0"), "an alert is received")
        yield found


@pytest.mark.parametrize("where", QUERIES)
def test_prometheus_answers_the_query(watched: Watched, where: str) -> None:
    watched.result(QUERIES[where])


@pytest.mark.parametrize("where", ANSWERED)
def test_a_panel_shows_a_number_once_reports_flow(watched: Watched, where: str) -> None:
    until(lambda: watched.result(QUERIES[where]), where)
    assert all(float(one["value"][1]) == float(one["value"][1]) for one in watched.result(QUERIES[where])), "not NaN"


def test_every_metric_that_is_asked_for_is_there_or_counts_what_has_not_happened_here(watched: Watched) -> None:
    names = {str(name) for name in watched.asks("label/__name__/values")}
    there = {name for name in names if name.startswith("fusion_")}
    asked = set().union(*(families(query) for query in QUERIES.values()))
    shown = {name for name in asked if any(one.startswith(name) for one in there)}
    # By declaration, and not by what has been counted: other tests of this process may have counted some of them.
    declared = [each for each in vars(metrics).values() if isinstance(each, MetricWrapperBase)]
    labelled = {family.name for each in declared if each._labelnames for family in each.describe()}  # noqa: SLF001
    assert asked - shown <= labelled, "without labels, and yet not there"
    assert len(shown) > len(asked) // 2


def test_nothing_is_wrong_on_this_bus_and_every_rule_was_looked_at(watched: Watched) -> None:
    rules = [rule for group in watched.asks("rules")["groups"] for rule in group["rules"]]
    assert len(rules) == len(ALERTS) + len(RECORDED)
    assert {rule["name"]: rule["lastError"] for rule in rules if rule.get("lastError")} == {}
    slow = {"AlertsLate", "LatencyBudgetBurns"}  # this machine's, while all starts
    assert {rule["name"] for rule in rules if rule.get("state", "inactive") != "inactive"} <= slow


def watch(watched: Watched, *words: str) -> "subprocess.CompletedProcess[str]":
    env = {"FUSION_BOOTSTRAP": watched.bus.bootstrap, "PATH": "", "COLUMNS": "150"}
    line = [COMMAND, "watch", *words]
    return subprocess.run(line, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_one_look_tells_what_came_who_was_told_and_what_was_refused(watched: Watched) -> None:
    done = watch(watched, "--once", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    sent = next(flow for flow in told["flows"] if flow["agency"] == "CTD-KP")
    assert sent["reports"]["hour"] == 6
    assert told["dead_letters"]["hour"] == 3
    assert len(told["newest"]["incident"]) >= 1
    assert {"IB"} <= {name for one in told["newest"]["alert"] for name in one["who"]}
    assert {one["who"][0] for one in told["newest"]["dead letter"]} == {"CTD-KP"}


def test_an_agencys_look_is_at_its_own_topics_only(watched: Watched) -> None:
    done = watch(watched, "--once", "--json", "--agency", "IB")
    told = json.loads(done.stdout)
    assert [flow["agency"] for flow in told["flows"]] == ["IB"]
    assert told["dead_letters"] is None
    assert told["newest"]["incident"] == told["newest"]["dead letter"] == []
    assert {name for one in told["newest"]["alert"] for name in one["who"]} == {"IB"}
    unknown = watch(watched, "--once", "--agency", "NOBODY")
    assert unknown.returncode == 2
    assert "No topic of NOBODY is to be seen" in unknown.stderr


def test_without_a_terminal_the_live_screen_is_refused_in_a_sentence(watched: Watched) -> None:
    done = watch(watched)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--once" in done.stderr


def test_the_live_screen_shows_until_ctrl_c(watched: Watched) -> None:
    ours, its = pty.openpty()
    env = {"FUSION_BOOTSTRAP": watched.bus.bootstrap, "PATH": "", "TERM": "xterm", "COLUMNS": "150", "LINES": "50"}
    live = subprocess.Popen([COMMAND, "watch", "--every-s", "0.5"], env=env, stdin=its, stdout=its, stderr=its)
    os.close(its)
    seen = b""
    while b"Newest dead letters" not in seen:
        seen += os.read(ours, 65_536)  # the test's own time limit ends it
    live.send_signal(signal.SIGINT)
    try:
        while os.read(ours, 65_536):
            pass
    except OSError:  # its end of the terminal is closed
        pass
    os.close(ours)
    assert live.wait(20) == 0
    assert b"CTD-KP" in seen
