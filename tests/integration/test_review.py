"""A person's decision on the real bus: two incidents joined and parted by command, and the hub killed in between."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from typer.testing import CliRunner

from analysts import A, B, the_blast, the_raid
from desks import wait_for
from fusionbus.contract.codec import encode
from fusionbus.contract.errors import FusionError
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.topics import reports_topic
from fusionbus.deploy.broker import LocalBroker
from fusionbus.deploy.cli import commands

pytestmark = pytest.mark.broker

COMMAND = str(Path(sys.executable).with_name("fusionbus"))
SHARED: dict[str, Any] = {"organisation": "Desk", "kinds": ["incident"], "contact": "Desk"}
AGENCIES: list[dict[str, Any]] = [
    {"agency": "CTD-KP", "name": "CTD", "group": "ctd", "provinces": ["PK-KP"]},
    {"agency": "IB", "name": "IB", "group": "federal"},
    {
        "agency": "NACTA",
        "name": "Centre",
        "group": "federal",
        "reviews": True,
        "subscriptions": [{"name": "Everything"}],
    },
]


@dataclass
class Centre:
    """A provisioned bus with a worker, and its analyst's command line."""

    bootstrap: str
    folder: Path
    worker: "subprocess.Popen[bytes] | None" = None

    @property
    def env(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("FUSION_")}
        own = {"FUSION_BOOTSTRAP": self.bootstrap, "FUSION_HOME": str(self.folder / "home"), "COLUMNS": "200"}
        return clean | own | {"FUSION_SESSION_S": "6", "FUSION_RECEIPT_WAIT_S": "60"}

    def run(self, *arguments: str) -> str:
        """What the command prints. Raises what it would end with."""
        done = CliRunner().invoke(commands, arguments, env=self.env)
        if done.exception is not None:
            raise done.exception
        return done.stdout

    def told(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json"))

    def start(self) -> None:
        with (self.folder / "worker.log").open("ab") as log:
            self.worker = subprocess.Popen((COMMAND, "worker", "--id", "t"), env=self.env, stdout=log, stderr=log)

    def kill(self) -> None:
        if self.worker is not None:
            self.worker.send_signal(signal.SIGKILL)
            self.worker.wait(30)

    def send(self, *reports: ThreatReport) -> None:
        producer = Producer({"bootstrap.servers": self.bootstrap, "partitioner": "murmur2_random"})
        for report in reports:
            producer.produce(reports_topic(report.agency), encode(report), report.report_id)
        assert producer.flush(30) == 0

    def reports_of(self, incident: str) -> list[str]:
        """The reports that the hub holds under an incident; none where there is no such incident."""
        try:
            held = self.told("review", "show", incident)
        except FusionError:
            return []
        return [] if held.get("merged_into") else [member["report_id"] for member in held["members"]]


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """The hub's topics have fixed names, so the broker is its own."""
    folder = tmp_path_factory.mktemp("review")
    listed = {"as_of": "2026-01-01T00:00:00Z", "agencies": [agency | SHARED for agency in AGENCIES]}
    (folder / "agencies.yaml").write_text(json.dumps(listed), encoding="utf-8")
    with LocalBroker(folder / "broker") as broker:
        made = Centre(broker.bootstrap, folder)
        made.run("provision", "--agencies", str(folder / "agencies.yaml"), "--partitions", "2")
        made.start()
        yield made
        made.kill()


def test_two_incidents_are_joined_and_parted_by_command_and_a_killed_hub_remembers(centre: Centre) -> None:
    first, second = the_blast().report_id, the_raid().report_id
    centre.send(the_blast())
    wait_for(lambda: centre.reports_of(A) == [first])
    centre.send(the_raid())
    wait_for(lambda: centre.reports_of(B) == [second])
    assert "Nothing waits" in centre.run("review")

    assert f"{B} is part of {A} now" in centre.run("merge", B, A, "--reason", "One event.", "--by", "watch.floor")
    assert centre.reports_of(A) == [first, second]
    with pytest.raises(FusionError, match="may not join or part"):
        centre.run("merge", A, B, "--reason", "One event.", "--agency", "IB")

    centre.kill()
    centre.start()
    assert "stands by itself again" in centre.run("merge", A, B, "--undo", "--reason", "Another day.")
    assert (centre.reports_of(A), centre.reports_of(B)) == ([first], [second])
    with pytest.raises(FusionError, match="all of its reports"):
        centre.run("split", A, "--report", first, "--reason", "Wrong.")
    story = centre.run("audit", "show", second)
    assert "incident merged" in story
    assert "incident split" in story
