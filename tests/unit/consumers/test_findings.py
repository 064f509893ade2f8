"""What the centre found: which findings are open, and how the pages show them."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

from builders import NOW
from findings_told import a_surge
from fusionbus.consumers.testing import sample_alert
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.findings import open_findings
from fusionbus.consumers.threats.store import keep_alerts
from fusionbus.consumers.threats.viewer import Role, Viewer
from fusionbus.consumers.web.pages import findings, incident_parts
from fusionbus.contract.alert import Alert
from fusionbus.contract.sections import AssessmentSection
from fusionbus.contract.vocabulary import AlertKind
from pictured import EVIL, read_of

KP = Viewer(agency="CTD-KP", roles=frozenset({Role.ANALYST}))


def section_of(alert: Alert) -> AssessmentSection:
    assert isinstance(alert.body.section, AssessmentSection)
    return alert.body.section


def test_a_findings_page_has_figures_against_their_lines_and_a_way_to_each_incident_of_the_evidence() -> None:
    alert = a_surge("CTD-KP", NOW)
    html = incident_parts.sections(read_of(alert), NOW, "CTD-KP")["Finding"]
    assert "23.46" in html
    assert "8.49" in html
    assert "Neill &lt;2009&gt;" in html
    for each in section_of(alert).evidence:
        assert f'href="/incidents/{each.incident_id}"' in html
    assert "masked source" in html
    assert "Finding" not in incident_parts.sections(read_of(sample_alert("CTD-KP", 1)), NOW, "CTD-KP")


def test_what_a_finding_says_is_text_wherever_it_stands() -> None:
    alert = a_surge("CTD-KP", NOW)
    evil = section_of(alert).evidence[0].model_copy(update={"says": EVIL})
    section = section_of(alert).model_copy(update={"evidence": (evil,), "evidence_beyond": 3})
    body = alert.body.model_copy(update={"headline": EVIL, "section": section})
    for html in (findings.finding(section), findings.panel([alert.model_copy(update={"body": body})], NOW)):
        assert "<img" not in html
        assert "&lt;img" in html
    assert "and 3 older not listed" in findings.finding(section)


def test_the_map_marks_the_districts_that_surge_and_no_others() -> None:
    assert findings.surged([a_surge("CTD-KP", NOW), sample_alert("CTD-KP", 1)]) == ["Hangu", "Kohat"]
    assert findings.panel([], NOW) == ""


def test_open_findings_are_the_viewers_own_until_they_are_over(tmp_path: Path) -> None:
    at = NOW - timedelta(days=1)
    surge, other = a_surge("CTD-KP", at), a_surge("IB", at, 51)
    forecast = a_surge("CTD-KP", at, 52).model_copy(update={"kind": AlertKind.FORECAST})
    with closing(ThreatDatabase(f"sqlite:{tmp_path}/threats.db")) as database:

        def keep(*alerts: Alert) -> None:
            with database.writing() as db:
                keep_alerts(db, list(alerts), NOW)

        keep(surge, other, forecast, sample_alert("CTD-KP", 1, published_at=at))
        assert open_findings(database, KP, NOW) == [surge]
        assert open_findings(database, KP, NOW + timedelta(days=40)) == []
        again = a_surge("CTD-KP", NOW, phase="over")
        keep(again.model_copy(update={"incident_revision": 2, "alert_id": a_surge("CTD-PB", NOW).alert_id}))
        assert open_findings(database, KP, NOW) == []
