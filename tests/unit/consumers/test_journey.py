"""One report's way: the originator's receipts, the reader's alerts, and nobody else's."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from builders import NOW, an_alert, an_alert_body
from fusionbus.consumers.receipt_words import TITLES, told
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.found import Step
from fusionbus.consumers.threats.journeys import journey
from fusionbus.consumers.threats.tables_hub import link_incidents, links, receipts
from fusionbus.consumers.threats.viewer import Role, Viewer
from fusionbus.consumers.web.pages import journey_view as view
from fusionbus.consumers.web.pages.journey import id_of
from fusionbus.contract import codec, ids
from fusionbus.contract.incident import Link, Reason
from fusionbus.contract.records import Receipt, ReceiptOutcome
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import Form
from threats import keep

REPORT = ids.report_id("CTD-KP", "DD-17")
OTHER = ids.incident_id("PK-KP", ids.report_id("IB", "77"))


def a_receipt(**changes: Any) -> Receipt:
    made: dict[str, Any] = {
        "receipt_id": ids.report_id("receipt", REPORT),
        "agency": "CTD-KP",
        "at": NOW,
        "outcome": ReceiptOutcome.NEW_INCIDENT,
        "incident_id": ids.incident_id("PK-KP", REPORT),
    }
    return Receipt(**made | changes)


@pytest.fixture
def database(tmp_path: Path) -> ThreatDatabase:
    return ThreatDatabase(f"sqlite:{tmp_path}/threats.db")


def keep_receipt(database: ThreatDatabase, receipt: Receipt) -> None:
    row = {name: getattr(receipt, name) for name in ("receipt_id", "agency", "at", "report_id", "incident_id")}
    with database.writing() as db:
        db.execute(receipts.insert().values(**row, outcome=receipt.outcome.value, json=codec.encode(receipt).decode()))


def test_the_originator_reads_its_receipts_and_another_agency_its_own_alert_alone(database: ThreatDatabase) -> None:
    keep_receipt(database, a_receipt(agency="CTD-KP", report_id=REPORT, delivered_to=3, withheld={Rule.TLP: 2}))
    keep(database, [an_alert(recipient="POLICE-KP", body=an_alert_body(report_id=REPORT))])
    mine = journey(database, Viewer("CTD-KP"), REPORT)
    theirs = journey(database, Viewer("POLICE-KP"), REPORT)
    assert mine is not None
    assert theirs is not None
    assert [step.what.split(":")[0] for step in mine.steps] == ["receipt"]
    assert [step.what.split(":")[0] for step in theirs.steps] == ["alert"]
    assert journey(database, Viewer("IB"), REPORT) is None


def test_ties_of_its_incident_are_shown_to_the_hub_s_desk_alone(database: ThreatDatabase) -> None:
    receipt = a_receipt(agency="NACTA", report_id=REPORT)
    keep_receipt(database, receipt)
    assert receipt.incident_id is not None
    reasons = (Reason(field="place", bits=3.2, said="Both in Peshawar."),)
    tie = Link(
        link_id=ids.incident_id("PK-KP", "x"),
        incidents=(receipt.incident_id, OTHER),
        type="possible",
        reasons=reasons,
        decided_by="the hub",
        at=NOW + timedelta(minutes=1),
    )
    with database.writing() as db:
        db.execute(
            links.insert().values(link_id=tie.link_id, type=tie.type, at=tie.at, json=codec.encode(tie).decode())
        )
        db.execute(link_incidents.insert(), [{"incident_id": one, "link_id": tie.link_id} for one in tie.incidents])
    desk = journey(database, Viewer("NACTA", frozenset({Role.ANALYST}), reviews=True), REPORT)
    assert desk is not None
    assert (desk.steps[-1].what, desk.steps[-1].incident_id) == ("tie: possible", OTHER)
    assert "Both in Peshawar." in desk.steps[-1].sentence
    for viewer in (Viewer("NACTA"), Viewer("NACTA", frozenset({Role.OPERATOR}), reviews=True)):
        way = journey(database, viewer, REPORT)
        assert way is not None
        assert not any(step.what.startswith("tie") for step in way.steps)


def test_a_receipt_in_words_counts_who_was_left_out_and_names_nobody() -> None:
    receipt = a_receipt(
        independent_origins=2, delivered_to=3, forms={Form.FULL: 2, Form.TEARLINE: 1}, withheld={Rule.TLP: 4}, used_by=1
    )
    assert told(receipt).startswith(
        "The incident has 2 independent origins. Delivered to 3 (2 in the form full, 1 in the form tearline). "
        f"Not sent to others: 4 by the rule {Rule.TLP.value}. Of its recipients 1 used it."
    )


def test_every_outcome_has_a_title() -> None:
    assert set(TITLES) == set(ReceiptOutcome)


def test_a_report_is_found_by_its_id_or_the_agency_s_own_reference() -> None:
    assert id_of("DD-17", "CTD-KP") == REPORT
    assert id_of(REPORT.upper(), "POLICE-KP") == REPORT
    assert id_of("DD-17", "POLICE-KP") != REPORT


def test_what_others_wrote_stays_text() -> None:
    planted = "<img src=x onerror=alert(1)>"
    step = Step(at=NOW, what=f"said: {planted}", sentence=planted, incident_id=OTHER)
    for html in (view.steps([step]), view.form(planted), view.nothing(planted, planted)):
        assert "<img" not in html
        assert "&lt;img" in html
