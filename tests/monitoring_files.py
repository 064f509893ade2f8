"""The files that Prometheus, Alertmanager and Grafana are given, as tests read them."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
PROMETHEUS = DEPLOY / "prometheus"
ALERTMANAGER = DEPLOY / "alertmanager" / "alertmanager.yml"
GRAFANA = DEPLOY / "grafana"
_GROUPED: list[dict[str, Any]] = [
    rule
    for path in sorted((PROMETHEUS / "rules").glob("*.yml"))
    for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
ALERTS = [rule for rule in _GROUPED if "alert" in rule]
RECORDED: dict[str, str] = {rule["record"]: rule["expr"] for rule in _GROUPED if "record" in rule}
PACKAGES = {"promtool": "prometheus", "prometheus": "prometheus", "amtool": "prometheus-alertmanager"}
OURS = re.compile(r"\bfusion_[a-z_]+")
_DERIVED = re.compile(r"_(total|bucket|sum|count)$")
_GROUPS = re.compile(r"\b(?:by|on|without) ?\(([a-z, ]+)\)")


def tool(name: str) -> str:
    """The path of a program of the system's packages; where it is missing the test fails, and says what to install."""
    found = shutil.which(name)
    assert found, f"{name} is not installed: on Debian, `apt-get install {PACKAGES[name]}`."
    return found


def spelled_out(query: str) -> str:
    """The query with every recorded name replaced by what it records."""
    for name, said in RECORDED.items():
        query = re.sub(rf"{re.escape(name)}(?![a-z0-9_:])", f"({said})", query)
    assert "fusion:" not in query, f"a name that no rule records: {query}"
    return query


def families(query: str) -> set[str]:
    """The metrics a query asks for, named as they are declared."""
    return {_DERIVED.sub("", name) for name in OURS.findall(spelled_out(query))}


def grouping(query: str) -> set[str]:
    """The labels that a query groups by at its outermost."""
    found = _GROUPS.findall(query) or _GROUPS.findall(spelled_out(query))
    return {label.strip() for words in found for label in words.split(",")}


def dashboards() -> dict[str, dict[str, Any]]:
    """Each dashboard by its file's name."""
    return {
        path.name: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((GRAFANA / "dashboards").glob("*.json"))
    }


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """Every panel that shows something: rows are left out."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def panel_queries() -> list[tuple[str, str]]:
    """Where it stands, and the query, with Grafana's variables as it fills them in by default."""
    return [
        (f"{file}: {panel['title']}", filled(target["expr"]))
        for file, dashboard in dashboards().items()
        for panel in panels(dashboard)
        for target in panel.get("targets", ())
    ]


def filled(query: str) -> str:
    """The query with `$agency` set to all, and `$__rate_interval` to five minutes."""
    return query.replace("$__rate_interval", "5m").replace("$agency", ".+")
