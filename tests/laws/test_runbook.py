"""Laws over the runbook: what it tells people to run and to look at exists."""

import re
from pathlib import Path

import typer
from typer.main import get_command

from fusionbus.contract.records import RejectReason
from fusionbus.shell import cli, metrics

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "runbook.md").read_text(encoding="utf-8")


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
    sections = {heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.+)$", PAGE, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([a-z0-9-]+)\)", PAGE)) <= sections


def test_every_reason_for_a_dead_letter_says_what_to_do() -> None:
    unused = {RejectReason.REVISION_GAP}
    assert [reason for reason in RejectReason if reason not in unused and f"`{reason}`" not in PAGE] == []
