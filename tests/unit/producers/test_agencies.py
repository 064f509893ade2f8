"""Every agency has a script, and what it makes is a report that its agency may send."""

import importlib.util
from pathlib import Path
from typing import cast

import pytest

from fusionbus.contract.report import ThreatReport
from fusionbus.contract.topics import CENTRE
from fusionbus.contract.vocabulary import Kind, Status
from fusionbus.producers.outcomes import Delivered
from fusionbus.producers.testing import RecordingPublisher

ROOT = Path(__file__).parents[3]
SCRIPTS = sorted((ROOT / "producers" / "agencies").glob("*.py"))


def built_by(script: Path) -> ThreatReport:
    spec = importlib.util.spec_from_file_location(script.stem, script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast("ThreatReport", module.build())


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_makes_an_exercise_report_of_its_agency(script: Path) -> None:
    report = built_by(script)
    assert report.agency == script.stem.upper().replace("_", "-")
    assert report.status is Status.EXERCISE
    assert isinstance(RecordingPublisher(report.agency).publish(report).result(), Delivered)


def test_every_agency_of_the_registry_has_a_script() -> None:
    registry = (ROOT / "deploy" / "agencies.yaml").read_text(encoding="utf-8")
    listed = {line.split()[-1] for line in registry.splitlines() if line.startswith("  - agency:")}
    assert listed - {CENTRE} == {script.stem.upper().replace("_", "-") for script in SCRIPTS}


def test_the_scripts_show_every_kind_of_report() -> None:
    assert {built_by(script).kind for script in SCRIPTS} == set(Kind) - {Kind.ASSESSMENT}, (
        "an assessment is the centre's own"
    )
