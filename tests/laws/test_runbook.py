"""Laws over the runbook: what it tells people to run and to look at exists."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from fusionbus.contract.records import RejectReason
from fusionbus.shell import cli, metrics
from monitoring_files import ALERTS, families, grouping

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def anchor(heading: str) -> str:
    return heading.lower().replace(" ", "-")


def kebab(alert: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z0-9])", "-", alert).lower()


def leaves(command: object, *names: str) -> set[tuple[str, ...]]:
    """Every command that does something, by its words."""
    inner = getattr(command, "commands", None)
    return {names} if inner is None else {leaf for name, one in inner.items() for leaf in leaves(one, *names, name)}


def test_every_command_it_names_exists() -> None:
    app: typer.Typer = cli.build()
    known = leaves(get_command(app))
    told = {tuple(words.split()) for words in re.findall(r"fusionbus\s+([a-z]+(?:-[a-z]+)*(?: [a-z]+\b)?)", PAGE)}
    assert told
    assert {words for words in told if words not in known and words[:1] not in known} == set()


def test_every_metric_it_names_is_declared() -> None:
    told = set(re.findall(r"`(fusion_[a-z_]+)`", PAGE))
    declared = {str(family.name) for family in metrics.METRICS.collect()}
    assert told
    assert {name for name in told if name.removesuffix("_total") not in declared} == set()


def test_every_link_leads_to_a_section() -> None:
    assert set(re.findall(r"\]\(#([a-z0-9-]+)\)", PAGE)) <= {anchor(heading) for heading in SECTIONS}


def test_every_reason_for_a_dead_letter_says_what_to_do() -> None:
    unused = {RejectReason.REVISION_GAP}
    assert [reason for reason in RejectReason if reason not in unused and f"`{reason}`" not in PAGE] == []


def test_each_alert_rule_has_its_section_and_each_section_of_an_alert_its_rule() -> None:
    alerts = [heading for heading, body in SECTIONS.items() if "**Means:**" in body]
    assert len(ALERTS) >= len(alerts) > 0
    assert {rule["annotations"]["runbook"] for rule in ALERTS} == {
        f"docs/runbook.md#{anchor(heading)}" for heading in alerts
    }
    assert all(rule["annotations"]["runbook"].endswith("#" + kebab(rule["alert"])) for rule in ALERTS)
    # Whoever is woken by the name of an alert finds the heading by its words.
    assert {rule["alert"].lower() for rule in ALERTS} == {heading.lower().replace(" ", "") for heading in alerts}


@pytest.mark.parametrize("heading", [heading for heading, body in SECTIONS.items() if "**Means:**" in body])
def test_a_section_says_what_it_means_what_to_look_at_and_what_to_do(heading: str) -> None:
    places = [SECTIONS[heading].find(word) for word in ("**Means:**", "**Run", "**Do")]
    assert places == sorted(places)
    assert places[0] == 0
    assert -1 not in places


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: str(rule["alert"]))
def test_a_rule_asks_for_metrics_and_labels_that_are_declared_and_says_whether_to_wake_somebody(
    rule: dict[str, Any],
) -> None:
    declared = {str(family.name) for family in metrics.METRICS.collect()}
    asked = families(rule["expr"])
    assert asked
    assert asked <= declared
    owners: dict[str, Any] = metrics.METRICS._names_to_collectors  # noqa: SLF001 - there is no public way
    known = {"le", "instance"}.union(*(getattr(owners[name], "_labelnames", ()) for name in asked))
    grouped = grouping(rule["expr"])
    shown = set(re.findall(r"\$labels\.([a-z]+)", rule["annotations"]["summary"]))
    assert grouped | shown <= known
    assert not grouped or shown <= grouped
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"].endswith(".")
