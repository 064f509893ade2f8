"""The demo's check: it passes what is right, and finds a missing alert, an exercise mix-up and a miscount."""

from collections.abc import Iterable
from dataclasses import replace

from builders import (
    NOW,
    a_report,
    an_alert,
    an_alert_body,
    an_interval,
    minutes,
)
from demo_runs import INCIDENT, alert_of, evidence, faults, receipt_of, told
from fusionbus.contract import ids
from fusionbus.contract.alert import Alert, IncidentView
from fusionbus.contract.incident import Claim
from fusionbus.contract.records import Receipt, ReceiptOutcome, RejectReason
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.routing import Rule
from fusionbus.contract.sections import AssessmentSection
from fusionbus.contract.sections import Evidence as Resting
from fusionbus.contract.topics import CENTRE
from fusionbus.contract.vocabulary import (
    AlertKind,
    AlertMsgType,
    Credibility,
    FindingKind,
    Form,
    Kind,
    MsgType,
    Status,
)
from fusionbus.deploy.demo_check import CHECKS, check
from fusionbus.deploy.demo_evidence import Bad, Evidence, Expectation


def test_a_run_in_order_has_no_fault() -> None:
    assert check(evidence()) == []


def test_a_missing_alert_is_found() -> None:
    found = faults(evidence(alerts={}, handled={}, receipts=(receipt_of(a_report(), 0),)))
    assert found["every expected alert arrived"] == ["POLICE-KP heard nothing of CTD-KP's KP-2026-0001 (E1)"]
    assert found["the scenario's alerts are as written by hand"] == ["POLICE-KP had to be alerted of E1 and was not"]


def test_a_further_report_that_did_not_arrive_is_found_though_the_event_is_known() -> None:
    second = a_report(local_ref="KP-2026-0002", reported_at=NOW)
    held = evidence(
        sent=(told(a_report()), told(second, relation="independent")),
        receipts=(receipt_of(a_report()), receipt_of(second, 0, outcome=ReceiptOutcome.CORROBORATION)),
    )
    assert faults(held)["every expected alert arrived"] == ["POLICE-KP did not get CTD-KP's KP-2026-0002 (E1)"]


def test_an_alert_that_did_not_reach_its_handler_is_found() -> None:
    found = faults(evidence(handled={"POLICE-KP": frozenset()}))
    assert found["every alert reached its handler"] == ["POLICE-KP: 1 of 1 alerts did not reach the handler"]


def test_an_alert_in_another_agencys_topic_is_found() -> None:
    found = faults(evidence(alerts={"FMU": (alert_of(a_report()),)}, handled={}))
    assert any("lies in the topic of FMU" in sentence for sentence in found["every message is well formed"])


def test_an_alert_of_a_report_that_nobody_sent_is_found() -> None:
    strange = alert_of(a_report(local_ref="KP-2026-0009"))
    found = faults(evidence(alerts={"POLICE-KP": (alert_of(a_report()), strange)}, handled={}))
    assert any("nobody sent" in sentence for sentence in found["every message is well formed"])


def test_an_agency_that_may_never_hear_of_a_scenario_event_is_found() -> None:
    held = evidence(expectations=(Expectation("E1", must=(), never=("POLICE-KP",)),))
    assert faults(held) == {
        "the scenario's alerts are as written by hand": ["POLICE-KP was alerted of E1 and may not be"]
    }


def test_an_exercise_fused_with_a_real_report_is_found() -> None:
    exercise = a_report(status=Status.EXERCISE, agency="POLICE-KP", local_ref="X-1", reported_at=NOW)
    held = evidence(
        sent=(told(a_report()), told(exercise, relation="exercise", event="X1")),
        receipts=(receipt_of(a_report()), receipt_of(exercise, 0, outcome=ReceiptOutcome.CORROBORATION)),
    )
    assert faults(held)["no exercise met a real report"] == [f"incident {INCIDENT} mixes Actual and Exercise"]


def test_a_status_that_changed_on_the_way_is_found() -> None:
    exercise = a_report(status=Status.EXERCISE)
    alert = alert_of(exercise, "CTD-PB", status=Status.ACTUAL)
    held = evidence(sent=(told(exercise, relation="exercise"),), alerts={"CTD-PB": (alert,)}, handled={})
    assert any("became an alert of status Actual" in s for s in faults(held)["no exercise met a real report"])


def withdrawn(alerts: Iterable[Alert]) -> Evidence:
    cancel = a_report(msg_type=MsgType.CANCEL, revision=2, reported_at=NOW)
    held = tuple(alerts)
    receipts = (receipt_of(a_report()), receipt_of(cancel, len(held) - 1, outcome=ReceiptOutcome.CANCELLED))
    sent = (told(a_report()), told(cancel, relation="cancel"))
    return evidence(sent=sent, receipts=receipts, alerts={"POLICE-KP": held}, handled={})


def test_a_withdrawal_that_did_not_reach_a_holder_is_found() -> None:
    found = faults(withdrawn([alert_of(a_report())]))
    assert found == {
        "every withdrawal reached who had the report": [
            "POLICE-KP holds KP-2026-0001 and was not told that it is withdrawn"
        ]
    }


def test_a_withdrawal_that_reached_its_holder_is_right() -> None:
    cancel = a_report(msg_type=MsgType.CANCEL, revision=2, reported_at=NOW)
    recall = alert_of(
        cancel,
        incident_revision=2,
        msg_type=AlertMsgType.CANCEL,
        rule=Rule.RECALL,
        issued_at=NOW + minutes(1),
        incident=IncidentView(
            claim=Claim(), reports=0, independent_origins=0, credibility=Credibility.CANNOT_BE_JUDGED
        ),
    )
    assert check(withdrawn([alert_of(a_report()), recall])) == []


def test_a_message_without_receipt_is_a_miscount() -> None:
    found = faults(evidence(receipts=()))
    assert found["counts reconcile per agency"] == ["CTD-KP sent 1 messages and has receipts for 0"]


def test_a_receipt_that_counts_wrong_recipients_is_found() -> None:
    found = faults(evidence(receipts=(receipt_of(a_report(), 4),)))
    assert found["counts reconcile per agency"] == ["CTD-KP was told of 4 recipients and there were 1"]


def test_a_receipt_written_twice_counts_once() -> None:
    assert check(evidence(receipts=(receipt_of(a_report()), receipt_of(a_report())))) == []


def rejection(reason: RejectReason, sentence: str | None = "Mend it.") -> Receipt:
    return receipt_of(
        a_report(), None, outcome=ReceiptOutcome.REJECTED, reason=reason, sentence=sentence, incident_id=None,
        report_id=None, revision=None,
    )  # fmt: skip


def test_a_bad_message_has_to_be_refused_for_its_own_reason() -> None:
    held = evidence(bad=(Bad("CTD-KP", "binary", "not_json"),))
    right = replace(held, receipts=(*held.receipts, rejection(RejectReason.NOT_JSON)))
    assert check(right) == []
    wrong = faults(replace(held, receipts=(*held.receipts, rejection(RejectReason.SCHEMA))))
    assert len(wrong["bad messages were refused with a reason"]) == 2
    mute = faults(replace(held, receipts=(*held.receipts, rejection(RejectReason.NOT_JSON, None))))
    assert mute["bad messages were refused with a reason"] == ["CTD-KP: a refusal does not say what to mend"]


def test_a_message_that_cannot_be_read_is_a_fault() -> None:
    assert faults(evidence(unreadable=("an alert for FMU cannot be read",))).keys() == {"every message is well formed"}


def test_every_check_has_a_name_that_is_shown() -> None:
    assert len(CHECKS) == 11


def a_finding_on(report: ThreatReport, agency: str) -> Alert:
    """What the centre found in this report, as this agency was told of it."""
    resting = Resting(
        report_id=report.report_id,
        incident_id=INCIDENT,
        agency=report.agency,
        reported_at=report.reported_at,
        says="names the device",
    )
    section = AssessmentSection(finding=FindingKind.SURGE, window=an_interval(NOW), evidence=(resting,))
    body = an_alert_body(agency=CENTRE, kind=Kind.ASSESSMENT, report_id=ids.report_id(CENTRE, "1"), section=section)
    return an_alert(recipient=agency, kind=AlertKind.SURGE, body=body, incident_id=ids.incident_id("PK", "1"))


def test_a_finding_is_nobodys_report_and_is_found_where_a_report_behind_it_may_not_be() -> None:
    report = a_report()
    right = {"POLICE-KP": (alert_of(report), a_finding_on(report, "POLICE-KP"))}
    names = frozenset(alert.alert_id for alert in right["POLICE-KP"])
    assert check(evidence(alerts=right, handled={"POLICE-KP": names})) == []
    wrong = {"POLICE-KP": (alert_of(report),), "FMU": (a_finding_on(report, "FMU"),)}
    found = faults(evidence(alerts=wrong))["no finding went where a report behind it must not"]
    assert found == [f"FMU got a finding that rests on CTD-KP's report {report.report_id}"]


def test_an_incident_joined_to_another_is_one_and_who_hears_of_it_knows_all_it_counts() -> None:
    """Two zones' reports of one event: each is its own incident first, then the hub joins them."""
    here, there = a_report(), a_report(agency="POLICE-KP", local_ref="L-2", report_id=ids.report_id("POLICE-KP", "L-2"))
    other = ids.incident_id("PK-PB", there.report_id)
    view = an_alert().incident

    def joined(reports: int, reader: str = "POLICE-KP") -> list[str]:
        news = alert_of(here, reader, merged_from=(other,), form=Form.POINTER, incident_revision=3)
        news = news.model_copy(update={"incident": view.model_copy(update={"reports": reports})})
        first = alert_of(here, reader)
        held = evidence(
            sent=(told(here), told(there, origin=there.report_id)),
            receipts=(
                receipt_of(here),
                receipt_of(there, 0, incident_id=other),
                receipt_of(there, None, outcome=ReceiptOutcome.MOVED),
            ),
            alerts={reader: (first, news)},
            handled={},
        )
        return [
            sentence
            for name in ("none went where it must not", "counts reconcile per agency", "every message is well formed")
            for sentence in faults(held).get(name, [])
        ]

    assert joined(2) == []
    assert joined(3) == [
        "POLICE-KP heard that incidents are one: its incident is made of 3 reports, of which it may know 2"
    ]
