"""Laws over the metrics: each says what it is, and none tells of a person, a place or a report."""

import re
from collections.abc import Mapping

import pytest

from fusionbus.shell import metrics

FAMILIES = list(metrics.METRICS.collect())
LABELS_ALLOWED = {
    "agency", "action", "age", "cause", "contact", "handler",
    "kind", "phase", "reason", "rule", "search", "step", "topic",
}  # fmt: skip
"""Each has few values, known beforehand, and names no person: a new one is added here on purpose."""


def labels_of(name: str) -> tuple[str, ...]:
    owners: Mapping[str, object] = metrics.METRICS._names_to_collectors  # noqa: SLF001 - there is no public way
    return tuple(getattr(owners[name], "_labelnames", ()))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: str(family.name))
def test_a_metric_has_a_help_text_and_a_name_of_ours(family: object) -> None:
    name, said = str(getattr(family, "name", "")), str(getattr(family, "documentation", ""))
    assert re.fullmatch(r"fusion_[a-z_]+", name)
    assert said.endswith(".")


def test_no_label_is_a_person_a_place_or_a_report() -> None:
    names = metrics.METRICS._names_to_collectors  # noqa: SLF001 - as above
    assert names
    assert {label for name in names for label in labels_of(name)} <= LABELS_ALLOWED


def test_every_metric_is_declared_in_the_one_file() -> None:
    declared = {value for value in vars(metrics).values() if hasattr(value, "_labelnames")}
    assert len(declared) == len(FAMILIES)
