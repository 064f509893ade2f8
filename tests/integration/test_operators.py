"""Operators' tools on a real broker with a real worker: a night in which things go wrong."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from typer.testing import CliRunner

from builders import NOW, a_report
from desks import wait_for
from fusionbus.contract import ids
from fusionbus.contract.codec import encode
from fusionbus.contract.errors import FusionError
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import MsgType
from fusionbus.deploy import agencies
from fusionbus.deploy.broker import LocalBroker
from fusionbus.deploy.broker_ports import free_port
from fusionbus.deploy.cli import commands
from fusionbus.deploy.operators.doctor_look import Doctor
from fusionbus.deploy.operators.findings import Level
from fusionbus.deploy.operators.settings import OperatorSettings
from fusionbus.shell.cli import EXIT_FAULT
from fusionbus.shell.settings import load

pytestmark = pytest.mark.broker

COMMAND = str(Path(sys.executable).with_name("fusionbus"))
AGENCIES = {
    "as_of": "2026-01-01T00:00:00Z",
    "agencies": [
        {"agency": "CTD-KP", "name": "CTD", "group": "ctd", "provinces": ["PK-KP"]},
        {"agency": "IB", "name": "IB", "group": "federal", "subscriptions": [{"name": "Everything"}]},
    ],
}


@dataclass(frozen=True)
class Done:
    """What a command did."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Night:
    """A provisioned bus of two agencies, and its worker."""

    bootstrap: str
    folder: Path
    worker: "subprocess.Popen[bytes] | None" = None

    @property
    def env(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("FUSION_")}
        home = {"FUSION_BOOTSTRAP": self.bootstrap, "FUSION_HOME": str(self.folder / "home"), "COLUMNS": "200"}
        return clean | home | {"FUSION_SESSION_S": "6", "FUSION_CONNECT_TIMEOUT_S": "5"}

    def run(self, *arguments: str, **env: str) -> Done:
        """The command in this process: starting one takes as long as most of these tests."""
        done = CliRunner().invoke(commands, arguments, env=self.env | env)
        if isinstance(done.exception, FusionError):  # as `fusionbus.shell.cli.main` tells it
            return Done(EXIT_FAULT, done.stdout, f"{done.stderr}{done.exception}\n")
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Done(done.exit_code, done.stdout, done.stderr)

    def told(self, *arguments: str) -> Any:
        """What the command prints as JSON."""
        return json.loads(self.run(*arguments, "--json").stdout)

    def doctor(self, *arguments: str) -> dict[str, list[tuple[str, str]]]:
        """Level and sentence of each finding, by check."""
        found: dict[str, list[tuple[str, str]]] = {}
        for one in self.told("doctor", "--agencies", str(self.folder / "agencies.yaml"), *arguments)["findings"]:
            found.setdefault(one["check"], []).append((one["level"], one["sentence"]))
        return found

    def start(self) -> None:
        with (self.folder / "worker.log").open("ab") as log:
            self.worker = subprocess.Popen((COMMAND, "worker", "--id", "t"), env=self.env, stdout=log, stderr=log)

    def send(self, *bodies: bytes | ThreatReport) -> None:
        """Each on the topic of CTD-KP."""
        producer = KafkaProducer(bootstrap_servers=self.bootstrap)
        for body in bodies:
            raw, key = (body, b"key") if isinstance(body, bytes) else (encode(body), body.report_id.encode())
            producer.send("reports-CTD-KP", raw, key=key).get(timeout=30)
        producer.close(timeout=5)

    def waiting(self) -> list[dict[str, Any]]:
        """Dead letters that nobody has handled."""
        found: list[dict[str, Any]] = self.told("dead-letters", "list")
        return found


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """The hub's topics have fixed names, so the broker is its own."""
    folder = tmp_path_factory.mktemp("night")
    shared = {"organisation": "Desk", "kinds": ["incident"], "contact": "Desk"}
    listed = [agency | shared for agency in AGENCIES["agencies"] if isinstance(agency, dict)]
    (folder / "agencies.yaml").write_text(json.dumps(AGENCIES | {"agencies": listed}), encoding="utf-8")
    with LocalBroker(folder / "broker") as broker:
        made = Night(broker.bootstrap, folder)
        yield made
        if made.worker is not None:
            made.worker.kill()
            made.worker.wait()


def until_processed(night: Night) -> None:
    """Returns when the hub has committed all that lies on its topics."""
    wait_for(lambda: night.run("lag", "--max-records", "0").returncode == 0)


def test_an_empty_broker_is_told_what_it_lacks_and_the_doctor_leaves_nothing_behind(night: Night) -> None:
    found = night.doctor()
    assert found["broker"][0][0] == "ok"
    assert all("fusionbus provision" in sentence for _, sentence in (*found["topics"], *found["registry"]))
    assert "No worker" in found["hub"][0][1]
    assert found["clocks"][0][0] == "ok"
    admin = KafkaAdminClient(bootstrap_servers=night.bootstrap)
    assert [name for name in admin.list_topics() if not name.startswith("__")] == []
    admin.close()
    for words in (("dead-letters", "list"), ("lag",)):
        done = night.run(*words)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "fusionbus provision" in done.stderr


def test_lag_is_told_in_records_and_seconds_before_a_worker_runs(night: Night) -> None:
    words = ("--agencies", str(night.folder / "agencies.yaml"), "--partitions", "2")
    assert night.run("provision", *words).returncode == 0
    future = a_report(local_ref="F-1", reported_at=NOW.replace(year=NOW.year + 50))
    night.send(a_report(), b'{"evil": "\x1b[31m"}', future, b"x" * 70_000, a_report(agency="IB"))

    done = night.run("lag", "--max-records", "4")
    assert done.returncode == 1
    assert "fusion-hub on reports-CTD-KP is 5 records behind; 4 are allowed." in done.stdout
    (row,) = [row for row in night.told("lag")["lag"] if row["records"]]
    assert (row["topic"], row["committed"], row["end"], row["records"]) == ("reports-CTD-KP", 0, 5, 5)
    assert 0 <= row["seconds"] < 60
    assert night.run("lag", "--max-seconds", "0").returncode == 1
    assert night.run("lag", "--max-records", "5", "--max-seconds", "600").returncode == 0
    (level, sentence), *_ = night.doctor("--read-only")["hub"]
    assert (level, sentence.split(":")[0]) == ("fault", "No worker is in the group fusion-hub; 5 records wait")


def test_with_a_worker_nothing_is_wrong(night: Night) -> None:
    night.start()
    until_processed(night)
    levels = {check: {level for level, _ in told} for check, told in night.doctor().items()}
    assert levels.pop("disk")  # this machine's own affair
    assert levels.pop("rights") == {"note"}  # an open broker
    checks = ("broker", "topics", "registry", "hub", "clocks", "versions", "state")
    assert levels == {check: {"ok"} for check in checks}
    assert "alerts-IB" in night.told("lag")["never_read"]


def test_letters_are_shown_harmlessly_and_only_whole_ones_are_sent_again(night: Night) -> None:
    by_reason = {(one["reason"], one["body_bytes"]): one["dead_letter_id"] for one in night.waiting()}
    assert sorted(reason for reason, _ in by_reason) == ["future_dated", "not_json", "not_json", "wrong_agency"]
    (evil,) = [name for (reason, size), name in by_reason.items() if reason == "not_json" and size < 70_000]
    shown = night.run("dead-letters", "show", evil[:8])
    assert "\\u{1b}[31m" in shown.stdout
    assert "\x1b" not in shown.stdout

    cut = by_reason["not_json", 70_000]
    refused = night.run("dead-letters", "replay", cut)
    assert refused.returncode == 1
    assert "70,000 bytes and 65,536 are kept" in refused.stderr
    assert len(night.waiting()) == 4


def test_what_is_replayed_goes_through_admit_again_and_both_acts_are_recorded(night: Night) -> None:
    dry = night.run("dead-letters", "replay", "--reason", "future_dated", "--dry-run")
    assert (dry.returncode, len(night.waiting())) == (0, 4)
    done = night.run("dead-letters", "replay", "--reason", "future_dated", "--by", "watch-floor")
    assert done.returncode == 0, done.stderr
    assert "1 of 1 were sent again." in done.stdout
    wait_for(lambda: len(night.told("dead-letters", "list", "--all")) == 5)  # refused anew: the date is still wrong

    (wrong,) = [one for one in night.waiting() if one["reason"] == "wrong_agency"]
    assert night.run("dead-letters", "discard", wrong["dead_letter_id"], "--why", "A slip.").returncode == 0
    handled = [one["handled"] for one in night.told("dead-letters", "list", "--all") if one["handled"]]
    assert sorted(acts[0].split(" ", 1)[1][:30] for acts in handled) == [
        "discarded by operator: A slip.",
        "replayed by watch-floor: sent ",
    ]
    assert wrong["dead_letter_id"] not in {one["dead_letter_id"] for one in night.waiting()}
    twice = night.run("dead-letters", "replay", wrong["dead_letter_id"])
    assert (twice.returncode, "already" in twice.stderr) == (1, True)

    story = night.told("audit", "show", "--agency", "CTD-KP", "--local-ref", "F-1")["story"]
    assert [line["what"] for line in story].count("refused") == 2
    assert any("replayed by watch-floor" in line["said"] for line in story)


def test_a_reports_story_is_told_from_its_acceptance_to_its_recall(night: Night) -> None:
    report = a_report()
    night.send(a_report(revision=2, msg_type=MsgType.CANCEL))
    until_processed(night)
    told = night.told("audit", "show", report.report_id)
    assert (told["report_id"], told["agency"]) == (ids.report_id("CTD-KP", report.local_ref), "CTD-KP")
    lines = [(line["what"], line["agencies"], line["rule"]) for line in told["story"]]
    assert ("accepted revision 1 as original", ["CTD-KP"], "") in lines
    assert ("sent to", ["IB"], "subscription") in lines
    assert ("not sent to", ["CTD-KP"], "echo") in lines
    assert ("recalled from", ["IB"], "recall") in lines
    assert [line["at"] for line in told["story"]] == sorted(line["at"] for line in told["story"])
    unknown = night.run("audit", "show", ids.report_id("CTD-KP", "never"))
    assert (unknown.returncode, unknown.stdout.startswith("Neither")) == (1, True)


def test_a_worker_that_stands_still_is_found_out(night: Night) -> None:
    assert night.worker is not None
    night.worker.send_signal(signal.SIGSTOP)
    night.send(a_report(local_ref="S-1"))
    level, sentence = night.doctor("--read-only")["hub"][0]
    assert level == "fault"
    assert "1 records wait and nothing was committed" in sentence
    night.worker.kill()


def test_a_wrong_clock_a_changed_topic_a_strange_entry_and_another_wire_are_each_found(night: Night) -> None:
    admin = KafkaAdminClient(bootstrap_servers=night.bootstrap)
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "audit", {"retention.ms": "1000"})])
    admin.close()
    producer = KafkaProducer(bootstrap_servers=night.bootstrap)
    producer.send("registry", b'{"type": "treaty"}', key=b"treaty:1").get(timeout=30)
    producer.send("dead-letters", b'{"schema_version": "9.0"}').get(timeout=30)
    producer.close(timeout=5)
    settings = load(OperatorSettings, bootstrap=night.bootstrap, home=night.folder / "home")
    federation = agencies.read(night.folder / "agencies.yaml")
    late = Doctor(settings, federation, clock=lambda: datetime.now(UTC) - timedelta(hours=1)).visit()
    told = [one.sentence for one in late if one.level is Level.FAULT]
    assert any("audit (retention.ms is 1000, should be -1)" in sentence for sentence in told)
    assert any("1 entries are of another version" in sentence for sentence in told)
    assert any("finds 9.0 in dead-letters/0: hub and tools are of different releases" in sentence for sentence in told)
    assert any(sentence.startswith("The broker's clock is 3600.0 s ahead of this machine's") for sentence in told)


def test_without_a_broker_each_command_says_so_in_one_sentence(night: Night) -> None:
    (night.folder / "home" / "worker-t" / "v0").mkdir(parents=True)
    env = night.env | {"FUSION_BOOTSTRAP": f"127.0.0.1:{free_port()}", "FUSION_CONNECT_TIMEOUT_S": "1"}
    lines = (["lag"], ["dead-letters", "list"], ["audit", "show", ids.report_id("A", "b")], ["doctor"])
    # Processes of their own: kafka-python forgets the sockets that a dead broker refused, and warnings are errors here.
    started = [
        subprocess.Popen([COMMAND, *line], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in lines
    ]
    told = [(*process.communicate(timeout=60), process.returncode) for process in started]
    for out, err, code in told[:-1]:
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "No broker answers" in err
    out, _, code = told[-1]
    assert code == 1
    assert out.startswith("fault  broker    No broker answers")
    assert "worker-t/v0" in out
