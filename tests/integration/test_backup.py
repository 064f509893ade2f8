"""Backup and restore of the registry on a real broker: lost, changed, foreign."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from kafka import KafkaProducer
from typer.testing import CliRunner

from fusionbus.contract.errors import FusionError, Misconfigured
from fusionbus.deploy.backup import desk, manifest
from fusionbus.deploy.broker import LocalBroker
from fusionbus.deploy.cli import commands
from fusionbus.deploy.operators.bus import Bus
from fusionbus.deploy.operators.settings import OperatorSettings
from fusionbus.shell.settings import load

pytestmark = pytest.mark.broker


@dataclass(frozen=True)
class Desk:
    """A provisioned broker of three agencies, and a desk that runs commands in this process."""

    bootstrap: str
    folder: Path

    def run(self, *words: str) -> str:
        """What the command says; its fault is raised."""
        env = {"FUSION_BOOTSTRAP": self.bootstrap, "FUSION_HOME": str(self.folder / "home")}
        done = CliRunner().invoke(commands, words, env=env)
        if isinstance(done.exception, FusionError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.stdout

    def registry(self) -> dict[str, bytes]:
        with Bus(load(OperatorSettings, bootstrap=self.bootstrap)) as bus:
            return desk._newest(bus)  # noqa: SLF001 - the registry as backup sees it

    def write(self, entries: dict[str, bytes | None]) -> None:
        producer = KafkaProducer(bootstrap_servers=self.bootstrap)
        for key, value in entries.items():
            producer.send("registry", value, key=key.encode()).get(timeout=30)
        producer.close(timeout=5)


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("backup")
    shared = {"kinds": ["incident"], "contact": "Desk", "group": "federal", "organisation": "Desk"}
    names = [{"agency": name, "name": name, "subscriptions": [{"name": "سب"}]} for name in ("CTD-KP", "IB", "FIA")]
    listed = {"as_of": "2026-01-01T00:00:00Z", "agencies": [one | shared for one in names]}
    (folder / "agencies.yaml").write_text(json.dumps(listed), encoding="utf-8")
    with LocalBroker(folder / "broker") as broker:
        made = Desk(broker.bootstrap, folder)
        made.run("provision", "--agencies", str(folder / "agencies.yaml"), "--partitions", "1")
        yield made


def test_a_lost_registry_comes_back_to_the_byte(bus: Desk) -> None:
    before = bus.registry()
    kept = str(bus.folder / "kept")
    assert "registry.jsonl: 3 agency, 3 subscription." in bus.run("backup", kept)
    assert manifest.read(bus.folder / "kept").cluster is not None
    bus.write(dict.fromkeys(before))
    assert bus.registry() == {}
    assert "6 entries would be written" in bus.run("restore", kept, "--dry-run")
    assert bus.registry() == {}
    assert "6 entries were written, 0 are as in the backup." in bus.run("restore", kept)
    assert bus.registry() == before
    assert "0 entries were written, 6 are as in the backup." in bus.run("restore", kept)


def test_what_was_changed_since_is_left_unless_it_is_asked_for(bus: Desk) -> None:
    before = bus.registry()
    kept = str(bus.folder / "again")
    bus.run("backup", kept)
    changed = before["agency:IB"].replace(b'"Desk"', b'"New desk"')
    bus.write({"agency:IB": changed, "agency:FIA": None, "agency:NEW": before["agency:IB"].replace(b'"IB"', b'"NEW"')})
    said = bus.run("restore", kept)
    assert (
        "1 entries were written, 4 are as in the backup. 1 differ and are left: --replace writes them. 1 that" in said
    )
    assert bus.registry()["agency:IB"] == changed
    bus.run("restore", kept, "--replace")
    there = bus.registry()
    assert {key: there[key] for key in before} == before
    assert "agency:NEW" in there


def test_a_backup_of_another_cluster_or_federation_is_refused_unless_meant(bus: Desk) -> None:
    before = bus.registry()
    kept = bus.folder / "foreign"
    bus.run("backup", str(kept))
    told = json.loads((kept / manifest.NAME).read_text(encoding="utf-8"))
    (kept / manifest.NAME).write_text(json.dumps(told | {"cluster": "another"}), encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"of the cluster another, and .* with a registry of its own: --foreign"):
        bus.run("restore", str(kept))
    (kept / manifest.NAME).write_text(json.dumps(told), encoding="utf-8")
    bus.write(dict.fromkeys(before) | {"agency:ANF": before["agency:IB"].replace(b'"IB"', b'"ANF"')})
    with pytest.raises(Misconfigured, match="None of the backup's agencies is in the registry"):
        bus.run("restore", str(kept))
    assert list(bus.registry()) == ["agency:ANF"]
    bus.run("restore", str(kept), "--foreign")
    assert before.items() <= bus.registry().items()


def test_a_broker_without_topics_says_what_to_run_first(tmp_path: Path, bus: Desk) -> None:
    sentence = r"has no topic registry.*fusionbus provision"
    with LocalBroker(tmp_path / "broker") as empty, pytest.raises(Misconfigured, match=sentence):
        Desk(empty.bootstrap, tmp_path).run("restore", str(bus.folder / "kept"))
