"""Laws over what watches the bus: rules that fire, routes that end at somebody, dashboards that ask for what exists."""

import json
import re
import subprocess
from collections import Counter
from itertools import combinations
from typing import Any

import pytest
import yaml

from fusionbus.deploy import hub_service
from fusionbus.shell import metrics
from monitoring_files import (
    ALERTMANAGER,
    ALERTS,
    GRAFANA,
    PROMETHEUS,
    RECORDED,
    dashboards,
    families,
    panel_queries,
    panels,
    tool,
)

TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))
TARGETS = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((PROMETHEUS / "targets").glob("*.json"))
}
DECLARED = {str(family.name) for family in metrics.METRICS.collect()}
BOARDS = dashboards()
COLUMNS = 24
"""Of Grafana's grid."""


def ran(*command: str) -> str:
    """What a checker says of files that are right; what it says otherwise is the test's message."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def cases() -> list[dict[str, Any]]:
    return [
        case
        for path in TESTS
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]
        for case in block["alert_rule_test"]
    ]


# -- Prometheus
def test_prometheus_takes_the_configuration_and_the_rules() -> None:
    ran(tool("promtool"), "check", "config", str(PROMETHEUS / "prometheus.yml"))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_each_alert_is_raised_by_what_it_is_for_and_by_nothing_else(path: Any) -> None:
    ran(tool("promtool"), "test", "rules", str(path))


def test_each_rule_has_a_case_in_which_it_fires_and_each_alert_one_in_which_it_does_not() -> None:
    fires = {
        (case["alertname"], one["exp_labels"]["severity"]) for case in cases() for one in case.get("exp_alerts") or ()
    }
    still = {case["alertname"] for case in cases() if not case.get("exp_alerts")}
    assert fires == {(rule["alert"], rule["labels"]["severity"]) for rule in ALERTS}
    assert still == {rule["alert"] for rule in ALERTS}


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_name_says_what_it_is_of_and_is_asked_for_somewhere(name: str) -> None:
    assert re.fullmatch(r"fusion:[a-z_]+:[a-z0-9]+", name)
    assert families(name) <= DECLARED
    asked = [rule["expr"] for rule in ALERTS] + [query for _, query in panel_queries()]
    assert any(re.search(rf"{re.escape(name)}(?![a-z0-9_:])", query) for query in asked)


def test_the_targets_are_on_the_loopback_no_port_twice_and_each_file_is_scraped() -> None:
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))
    scraped = {
        job["job_name"]: part["files"] for job in config["scrape_configs"] for part in job.get("file_sd_configs", ())
    }
    assert scraped == {name: [f"targets/{name}*.json"] for name in TARGETS}
    ports = [target for parts in TARGETS.values() for part in parts for target in part["targets"]]
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+", target) for target in ports)
    assert max(Counter(ports).values()) == 1


def test_the_hubs_targets_are_the_ports_that_up_gives_its_workers() -> None:
    ports = [f"127.0.0.1:{hub_service.METRICS_PORT + number}" for number in range(hub_service.WORKERS)]
    assert TARGETS["hub"] == [{"targets": ports}]


# -- Alertmanager
def receivers(**labels: str) -> set[str]:
    told = ran(
        tool("amtool"),
        "config",
        "routes",
        "test",
        f"--config.file={ALERTMANAGER}",
        *(f"{name}={value}" for name, value in labels.items()),
    )
    return set(told.strip().split(","))


def test_alertmanager_takes_the_configuration() -> None:
    assert "1 templates" in ran(tool("amtool"), "check-config", str(ALERTMANAGER))


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_an_alert_wakes_the_duty_officer_or_waits_for_the_desk_and_security_hears_of_break_ins(
    rule: dict[str, Any],
) -> None:
    told = receivers(alertname=rule["alert"], severity=rule["labels"]["severity"])
    assert ("duty-officer" in told) == (rule["labels"]["severity"] == "page")
    assert ("operators-desk" in told) == (rule["labels"]["severity"] == "ticket")
    assert ("security-desk" in told) == (rule["alert"].startswith("Audit") or rule["alert"] in SECURITY)


SECURITY = {"ForgedReports", "RefusedAttempts"}


def test_an_alert_without_a_severity_wakes_somebody() -> None:
    assert receivers(alertname="Unheard") == {"duty-officer"}


def test_every_alert_that_alertmanager_names_exists() -> None:
    config = yaml.safe_load(ALERTMANAGER.read_text(encoding="utf-8"))
    matchers = [
        one for rule in config["inhibit_rules"] for side in ("source", "target") for one in rule[f"{side}_matchers"]
    ]
    matchers += [one for route in config["route"]["routes"] for one in route["matchers"]]
    named = {word for one in matchers if "alertname" in one for word in re.findall(r"[A-Z][A-Za-z0-9]+", one)}
    assert len(named) > 5
    assert named <= {rule["alert"] for rule in ALERTS}


# -- Grafana: it is no part of Debian and was not run; what its provisioning asks for is checked here
def provisioned(kind: str) -> dict[str, Any]:
    (path,) = (GRAFANA / "provisioning" / kind).glob("*.yml")
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def test_the_provisioning_names_one_source_on_the_loopback_and_dashboards_that_are_files() -> None:
    sources, boards = provisioned("datasources"), provisioned("dashboards")
    assert sources["apiVersion"] == boards["apiVersion"] == 1
    (source,) = sources["datasources"]
    assert (source["type"], source["uid"]) == ("prometheus", "fusionbus")
    assert source["url"].startswith("http://127.0.0.1:")
    (provider,) = boards["providers"]
    assert provider["type"] == "file"
    assert provider["options"]["path"].startswith("/")


def test_dashboards_have_ids_of_their_own() -> None:
    assert len(BOARDS) == 3
    assert len({board["uid"] for board in BOARDS.values()}) == len({board["title"] for board in BOARDS.values()}) == 3


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_a_dashboards_panels_lie_side_by_side_and_ask_the_provisioned_source(board: dict[str, Any]) -> None:
    assert board["schemaVersion"] >= 36  # targets name their source
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    for panel in panels(board):
        assert panel["title"]
        assert panel["targets"]
        for one in (panel, *panel["targets"]):
            assert one["datasource"] == {"type": "prometheus", "uid": "fusionbus"}
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
    spots = [panel["gridPos"] for panel in board["panels"]]
    assert all(spot["x"] >= 0 and spot["x"] + spot["w"] <= COLUMNS for spot in spots)
    assert not [(one, two) for one, two in combinations(spots, 2) if overlap(one, two)]


def overlap(one: dict[str, int], two: dict[str, int]) -> bool:
    return all(one[at] < two[at] + two[size] and two[at] < one[at] + one[size] for at, size in (("x", "w"), ("y", "h")))


@pytest.mark.parametrize(("where", "query"), panel_queries(), ids=[where for where, _ in panel_queries()])
def test_a_panel_asks_for_metrics_that_are_declared(where: str, query: str) -> None:
    assert families(query), where
    assert families(query) <= DECLARED
    assert "$" not in query, "a variable that Grafana is not given"
