"""The files that put fusionbus on machines: they load, and they say what the design wants.

Docker and Kubernetes are not at hand where the tests run: that these files work there is not shown here.
"""

import configparser
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from fusionbus.deploy import restarts
from fusionbus.deploy.broker_files import RECORD_BYTES_MAX, RECORD_OVERHEAD_BYTES
from fusionbus.deploy.broker_jars import KAFKA_VERSION
from fusionbus.deploy.hub_service import METRICS_PORT
from fusionbus.shell.cli import build
from fusionbus.streams.engine import EngineSettings

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
ALL_UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
ONCE = [path for path in ALL_UNITS if "Type=oneshot" in path.read_text(encoding="utf-8")]
UNITS = [path for path in ALL_UNITS if path not in ONCE]
"""Those that run for ever."""
BYTES_MAX = RECORD_BYTES_MAX + RECORD_OVERHEAD_BYTES


def compose() -> dict[str, Any]:
    loaded = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def manifests() -> Iterator[dict[str, Any]]:
    for path in sorted((DEPLOY / "k8s").glob("*.yaml")):
        yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


def manifest(kind: str) -> dict[str, Any]:
    return next(one for one in manifests() if one["kind"] == kind)


def unit(path: Path) -> configparser.RawConfigParser:
    parsed = configparser.RawConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's keys have capitals
    parsed.read_string(path.read_text(encoding="utf-8"))
    return parsed


def test_compose_runs_three_brokers_of_the_version_that_the_local_broker_has() -> None:
    brokers = [one for name, one in compose()["services"].items() if name.startswith("kafka-")]
    assert [one["image"] for one in brokers] == [f"apache/kafka:{KAFKA_VERSION}"] * 3
    assert sorted(one["environment"]["KAFKA_NODE_ID"] for one in brokers) == [1, 2, 3]


def test_compose_keeps_three_copies_two_of_them_sure_and_makes_no_topic_by_itself() -> None:
    settings = compose()["services"]["kafka-1"]["environment"]
    assert settings["KAFKA_DEFAULT_REPLICATION_FACTOR"] == "3"
    assert settings["KAFKA_MIN_INSYNC_REPLICAS"] == "2"
    assert settings["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert settings["KAFKA_MESSAGE_MAX_BYTES"] == str(BYTES_MAX)


def test_compose_opens_no_port_outside_loopback_and_pins_every_image() -> None:
    for name, service in compose()["services"].items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
        tag = service["image"].rpartition(":")[2]
        assert tag[0].isdigit() or tag[0] == "v", name
        if service.get("network_mode") == "host":
            assert "127.0.0.1" in str(service.get("command", "")) + str(service.get("environment", "")), name


def test_compose_advertises_to_the_host_the_port_that_it_opens_there() -> None:
    for name, service in compose()["services"].items():
        if name.startswith("kafka-"):
            port = service["ports"][0].rpartition(":")[2]
            assert f"HOST://127.0.0.1:{port}" in service["environment"]["KAFKA_ADVERTISED_LISTENERS"]
            assert f"HOST://:{port}" in service["environment"]["KAFKA_LISTENERS"]


def test_the_cluster_on_kubernetes_asks_everyone_for_a_password_and_keeps_three_copies() -> None:
    kafka = manifest("Kafka")["spec"]["kafka"]
    for listener in kafka["listeners"]:
        assert listener["tls"] is True
        assert listener["authentication"]["type"] == "scram-sha-512"
    assert kafka["authorization"]["type"] == "simple"
    assert kafka["config"]["min.insync.replicas"] == 2
    assert kafka["config"]["message.max.bytes"] == BYTES_MAX
    pool = manifest("KafkaNodePool")
    assert pool["spec"]["replicas"] == 3
    assert pool["metadata"]["labels"]["strimzi.io/cluster"] == manifest("Kafka")["metadata"]["name"]


def test_the_hub_on_kubernetes_runs_without_rights_and_can_be_scraped() -> None:
    template = manifest("Deployment")["spec"]["template"]
    container = template["spec"]["containers"][0]
    assert template["spec"]["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    port = template["metadata"]["annotations"]["prometheus.io/port"]
    assert port in container["args"]
    assert port == str(METRICS_PORT)
    assert int(port) in [one["containerPort"] for one in container["ports"]]
    mounts = {one["name"] for one in container["volumeMounts"]}
    assert mounts == {one["name"] for one in template["spec"]["volumes"]}
    assert not any("PASSWORD" in one["name"] and one["name"] != "FUSION_PASSWORD_FILE" for one in container["env"])


def test_kubernetes_asks_the_worker_where_it_answers_and_longer_than_it_asks_itself() -> None:
    container = manifest("Deployment")["spec"]["template"]["spec"]["containers"][0]
    host = next(one for one in container["env"] if one["name"] == "FUSION_METRICS_HOST")
    assert host["valueFrom"]["fieldRef"]["fieldPath"] == "status.podIP"
    asked = {name: container[f"{name}Probe"] for name in ("liveness", "readiness", "startup")}
    assert {name: probe["httpGet"]["path"] for name, probe in asked.items()} == {
        "liveness": "/live",
        "readiness": "/ready",
        "startup": "/live",
    }
    assert {probe["httpGet"]["port"] for probe in asked.values()} <= {port["name"] for port in container["ports"]}
    # The worker's own watchdog is first: its last words tell more than a probe that failed.
    assert asked["liveness"]["periodSeconds"] * asked["liveness"]["failureThreshold"] >= EngineSettings().stuck_s


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_waits_as_our_own_supervisor_does(path: Path) -> None:
    service = unit(path)["Service"]
    assert service["RestartMaxDelaySec"] == f"{restarts.MOST_S:.0f}s"
    assert float(service["RestartSec"].removesuffix("s")) <= 2 * restarts.FIRST_S


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_comes_back_for_ever(path: Path) -> None:
    service = unit(path)["Service"]
    assert service["Restart"] == "always"
    assert "RestartSec" in service
    assert unit(path)["Unit"]["StartLimitIntervalSec"] == "0"


@pytest.mark.parametrize("path", ONCE, ids=lambda path: path.name)
def test_a_unit_that_runs_once_has_a_timer(path: Path) -> None:
    assert unit(path.with_suffix(".timer"))["Timer"]["OnCalendar"]


@pytest.mark.parametrize("path", ALL_UNITS, ids=lambda path: path.name)
def test_a_unit_keeps_its_state_and_is_confined(path: Path) -> None:
    service = unit(path)["Service"]
    assert service["StateDirectory"].startswith("fusionbus")
    for wall in ("NoNewPrivileges", "PrivateTmp", "ProtectHome"):
        assert service[wall] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["User"] != "root"


def test_every_command_that_a_file_runs_is_a_command_of_fusionbus() -> None:
    known = set(typer.main.get_group(build()).commands)
    lines = [
        unit(path)["Service"][key] for path in ALL_UNITS for key in unit(path)["Service"] if key.startswith("ExecS")
    ]
    called = {line.split()[1] for line in lines}
    called.add(manifest("Deployment")["spec"]["template"]["spec"]["containers"][0]["args"][0])
    assert called == {"broker", "keep", "worker", "alerts", "alert-services", "backup", "tips", "web"}
    assert called <= known


def test_the_brokers_unit_takes_javas_143_for_success() -> None:
    assert unit(DEPLOY / "systemd" / "fusionbus-broker.service")["Service"]["SuccessExitStatus"] == "143"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
@pytest.mark.parametrize("path", ALL_UNITS, ids=lambda path: path.name)
def test_systemd_knows_every_line_of_a_unit(path: Path) -> None:
    done = subprocess.run(["systemd-analyze", "verify", str(path)], capture_output=True, text=True, check=False)
    allowed = ("RestartSteps", "RestartMaxDelaySec", "/opt/fusionbus/bin/fusionbus is not executable")
    faults = [line for line in done.stderr.splitlines() if "fusionbus" in line and not any(a in line for a in allowed)]
    assert faults == []
