"""The demo's oracle and its search for leaks: each rule, each form, each marking."""

from dataclasses import replace
from typing import Any

import pytest

from builders import (
    a_handling,
    a_place,
    a_report,
    a_subscription,
    a_token,
    an_alert_body,
)
from demo_runs import FEDERATION, alert_of, evidence, faults, receipt_of, told
from fusionbus.contract.alert import AlertBody, IncidentView
from fusionbus.contract.incident import Claim
from fusionbus.contract.report import Person, ThreatReport
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import (
    TLP,
    AlertKind,
    AlertMsgType,
    Classification,
    Credibility,
    Form,
    MsgType,
    Province,
    Severity,
    Status,
    SubjectRole,
    Urgency,
)
from fusionbus.deploy.demo_oracle import Answer, Oracle


def leaks(report: ThreatReport, recipient: str, **changes: Any) -> list[str]:
    """What the check says of this alert of this report."""
    alert = alert_of(report, recipient, **changes)
    held = evidence(sent=(told(report),), receipts=(receipt_of(report),), alerts={recipient: (alert,)}, handled={})
    return faults(held).get("none went where it must not", [])


def test_a_pointer_to_another_desk_is_on_the_readers_own_report_and_holds_nothing_else() -> None:
    def pointer(agency: str, **shown: Any) -> list[str]:
        report = a_report()
        alert = alert_of(report, agency, kind=AlertKind.DECONFLICTION, form=Form.POINTER)
        bare = AlertBody(msg_type=MsgType.REPORT, kind=report.kind, reported_at=report.reported_at, contact="Desk")
        view = IncidentView(claim=Claim(), reports=1, independent_origins=1, credibility=Credibility.CANNOT_BE_JUDGED)
        alert = alert.model_copy(update={"body": bare.model_copy(update=shown), "incident": view})
        held = evidence(sent=(told(report),), receipts=(receipt_of(report),), alerts={agency: (alert,)}, handled={})
        return faults(held).get("a pointer tells whom to call and nothing else", [])

    assert pointer("CTD-KP") == []
    assert pointer("CTD-PB") == ["CTD-PB: a pointer on a report that is not its own"]
    assert pointer("CTD-KP", headline="A raid") == ["CTD-KP: a pointer that shows headline"]
    assert pointer("CTD-KP", contact=None) == ["CTD-KP: a pointer to nobody"]


def answer(report: ThreatReport, agency: str) -> Answer:
    return Oracle(FEDERATION).verdict(told(report), agency).answer


@pytest.mark.parametrize(
    ("handling", "recipient", "rule"),
    [
        ({"tlp": TLP.AMBER_STRICT}, "LIAISON-1", "foreign"),
        ({"tlp": TLP.RED, "releasable_to": ("CTD-PB",)}, "POLICE-KP", "tlp"),
        ({"tlp": TLP.GREEN, "releasable_to": ("CTD-PB",)}, "POLICE-KP", "releasable_to"),
        ({"tlp": TLP.GREEN, "classification": Classification.SECRET}, "POLICE-KP", "clearance"),
        ({"tlp": TLP.GREEN, "originator_control": True}, "POLICE-KP", "originator_control"),
        ({"tlp": TLP.GREEN}, "LIAISON-1", "foreign"),
        ({"tlp": TLP.GREEN}, "FMU", "need_to_know"),
        ({"tlp": TLP.GREEN}, "CTD-PB", "interest"),
        ({"tlp": TLP.GREEN}, "CTD-KP", "echo"),
    ],
)
def test_a_planted_leak_is_found_with_its_rule(handling: dict[str, Any], recipient: str, rule: str) -> None:
    report = a_report(handling=a_handling(**handling), urgency=Urgency.PAST)
    assert any(f"rule {rule} forbids it" in sentence for sentence in leaks(report, recipient))


def test_an_exercise_at_an_agency_that_did_not_ask_for_exercises_is_a_leak() -> None:
    report = a_report(status=Status.EXERCISE)
    assert any("rule status forbids it" in sentence for sentence in leaks(report, "POLICE-KP"))


def test_imminent_danger_opens_the_tearline_and_no_more() -> None:
    report = a_report(handling=a_handling(classification=Classification.SECRET), tearline="Keep away.")
    assert any("the tearline at most" in sentence for sentence in leaks(report, "POLICE-KP", form=Form.FULL))
    thin = an_alert_body(
        report_id=None, revision=None, agency=None, local_ref=None, narrative=None, place=None,
        reported_at=report.reported_at, tearline="Keep away.",
    )  # fmt: skip
    marks = alert_of(report).handling.model_copy(update={"classification": Classification.SECRET})
    assert leaks(report, "POLICE-KP", form=Form.TEARLINE, body=thin, handling=marks) == []


def test_personal_data_at_an_agency_without_leave_is_a_leak() -> None:
    person = Person(role=SubjectRole.WITNESS, id_tokens=(a_token("cnic"),))
    report = a_report(persons=(person,))
    body = an_alert_body(persons=(person,))
    assert any("it holds personal data" in sentence for sentence in leaks(report, "POLICE-KP", body=body))


def test_a_masked_source_that_shows_is_a_leak() -> None:
    report = a_report(handling=a_handling(mask_source=True))
    assert any("the masked source shows" in sentence for sentence in leaks(report, "POLICE-KP"))


def test_weaker_markings_than_the_report_has_are_a_leak() -> None:
    report = a_report(handling=a_handling(tlp=TLP.AMBER, classification=Classification.CONFIDENTIAL))
    said = leaks(report, "POLICE-KP")
    assert any("TLP is weaker" in sentence for sentence in said)
    assert any("classification is lower" in sentence for sentence in said)


def test_an_incident_made_of_withheld_reports_is_a_leak() -> None:
    view = IncidentView(claim=Claim(), reports=3, independent_origins=2, credibility=Credibility.CONFIRMED)
    assert any("made of 3 reports" in sentence for sentence in leaks(a_report(), "POLICE-KP", incident=view))


def test_a_recall_of_something_never_had_is_a_leak() -> None:
    report = a_report(msg_type=MsgType.CANCEL, revision=2)
    said = leaks(report, "POLICE-KP", msg_type=AlertMsgType.CANCEL, rule=Rule.RECALL)
    assert any("never had" in sentence for sentence in said)


def test_the_oracle_says_may_where_the_hub_reads_the_text() -> None:
    unplaced = a_report(place=None)
    assert answer(unplaced, "POLICE-KP") is Answer.MAY
    assert answer(a_report(), "POLICE-KP") is Answer.MUST
    assert answer(a_report(place=a_place(province=Province.SINDH)), "POLICE-KP") is Answer.NEVER


def test_the_oracle_knows_amber_reaches_who_is_served() -> None:
    amber = a_report(handling=a_handling(tlp=TLP.AMBER))
    assert answer(amber, "POLICE-KP") is Answer.MUST
    assert answer(amber, "CTD-PB") is Answer.NEVER


def test_the_oracle_knows_what_a_severity_asks_for() -> None:
    wish = a_subscription(agency="CTD-PB", name="Grave", severity_min=Severity.SEVERE)
    oracle = Oracle(replace(FEDERATION, subscriptions=(wish,)))
    assert oracle.verdict(told(a_report()), "CTD-PB").answer is Answer.MUST
    assert oracle.verdict(told(a_report(severity=Severity.UNKNOWN)), "CTD-PB").answer is Answer.NEVER


def test_the_oracle_demands_no_tearline_where_the_ground_is_not_stated() -> None:
    unplaced = a_report(place=None, tearline="Keep away.", handling=a_handling(classification=Classification.SECRET))
    verdict = Oracle(FEDERATION).verdict(told(unplaced), "POLICE-KP")
    assert verdict.answer is Answer.MAY
    assert verdict.tearline_only
