"""What the centre found, on a screen, in a mail, in CAP, CEF and STIX, and on the page: numbers and evidence."""

import io
import json
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from builders import NOW, an_alert, an_alert_body, minutes
from fusionbus.consumers.finding_words import EVIDENCE_NAMED_MAX, facts_of_finding
from fusionbus.consumers.formats.cap import NAMESPACE, message
from fusionbus.consumers.formats.cef import cef
from fusionbus.consumers.formats.stix import bundle
from fusionbus.consumers.handlers.mail_text import Letter, compose
from fusionbus.consumers.handlers.terminal import TerminalHandler, when
from fusionbus.consumers.threats.found import StoredAlert
from fusionbus.consumers.web.pages.incident_facts import reports
from fusionbus.contract import ids
from fusionbus.contract.alert import Alert
from fusionbus.contract.base import Interval
from fusionbus.contract.sections import AreaRisk, AssessmentSection, Evidence, Figure
from fusionbus.contract.vocabulary import AlertKind, FindingKind, Kind, Severity

INCIDENT = ids.incident_id("PK-KP", "x")


def evidence(number: int, **changes: Any) -> Evidence:
    made: dict[str, Any] = {
        "report_id": ids.report_id("CTD-KP", str(number)),
        "incident_id": INCIDENT,
        "agency": "CTD-KP",
        "reported_at": NOW - minutes(number),
        "says": f"attack number {number}",
    }
    return Evidence(**made | changes)


def a_finding(**changes: Any) -> AssessmentSection:
    made: dict[str, Any] = {
        "finding": FindingKind.SURGE,
        "window": Interval(start=NOW - minutes(60), end=NOW),
        "figures": (Figure(name="attacks", value=12.0, threshold=4.0, source="EARS C2"),),
        "evidence": (evidence(1), evidence(2, report_id=None, agency=None)),
        "areas": (AreaRisk(district="Quetta", probability=0.34, low=0.2, high=0.5, climatology=0.12),),
    }
    return AssessmentSection(**made | changes)


def told(section: AssessmentSection) -> Alert:
    body = an_alert_body(
        agency="NIFTAC",
        kind=Kind.ASSESSMENT,
        section=section,
        headline="More attacks in Peshawar than a usual week has",
        narrative="Twelve in a week in which four are usual.",
        severity=Severity.SEVERE,
        occurred=None,
    )
    return an_alert(kind=AlertKind.SURGE, body=body)


ALERT = told(a_finding())


def on_a_screen() -> str:
    out = io.StringIO()
    TerminalHandler(out, width=200).take(ALERT)
    return out.getvalue()


def in_a_mail() -> str:
    return str(compose(Letter([ALERT], "key"), "hub@example.invalid", ["desk@example.invalid"], NOW).get_content())


def in_cap() -> str:
    (said,) = fromstring(message(ALERT)).iter(f"{{{NAMESPACE}}}description")  # noqa: S314 - our own
    return said.text or ""


def in_stix() -> str:
    parts = json.loads(bundle(ALERT))["objects"]
    (incident,) = [part for part in parts if part["type"] == "incident"]
    assert not [part for part in parts if part["type"] == "sighting"], "what was found was seen by nobody"
    return str(incident["description"])


def on_the_page() -> str:
    return reports([StoredAlert(alert=ALERT, received_at=NOW, withdrawn_by_revision=None)])


@pytest.mark.parametrize("shown", [on_a_screen, in_a_mail, in_cap, in_stix, on_the_page])
def test_a_finding_is_told_with_its_numbers_and_what_it_rests_on(shown: Any) -> None:
    said = shown()
    for words in ("urge", "attacks", "12", "EARS C2", "Quetta", "34%", "CTD-KP", "attack number 1", "source masked"):
        assert words in said, words
    assert "killed" not in said


def test_a_line_for_machines_calls_it_what_it_is() -> None:
    assert cef(ALERT).split("|")[4:6] == ["surge", "Surge"]


def test_long_evidence_is_cut_and_counted() -> None:
    section = a_finding(evidence=tuple(map(evidence, range(1, 21))), evidence_beyond=80, areas=(), figures=())
    said = [text for label, text in facts_of_finding(section, when) if label == "rests on"]
    assert len(said) == EVIDENCE_NAMED_MAX + 1
    assert said[-1] == "and 92 more reports"
    assert "attack number 20" in said[-2]
