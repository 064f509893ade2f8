"""The oracle of the chaos matrix finds each thing that may go wrong; an oracle that always says clean is none."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from chaos.oracle import Evidence, Sent, Verdict, judge


def a_receipt(report_id: str = "r1", outcome: str = "new_incident", revision: int = 1, **more: Any) -> dict[str, Any]:
    made = {"receipt_id": f"{report_id}{outcome}{revision}", "agency": "CTD-KP", "outcome": outcome}
    return made | {"report_id": report_id, "revision": revision, "delivered_to": 1} | more


def an_alert(alert_id: str = "a1", report_id: str = "r1", revision: int = 1, kind: str = "incident") -> dict[str, Any]:
    return {"alert_id": alert_id, "kind": kind, "body": {"report_id": report_id, "revision": revision}}


def a_letter(offset: int) -> dict[str, Any]:
    place = {"topic": "reports-CTD-KP", "partition": 0, "offset": offset}
    return {"dead_letter_id": f"d{offset}", "reason": "schema", **place}


SENT = Sent("reports-CTD-KP", 0, 0, "r1", 1)
CLEAN = Evidence(
    ledger=[SENT],
    records={"CTD-KP": 1},
    receipts=[a_receipt()],
    dead_letters=[],
    alerts={"NACTA": [an_alert()]},
    sinks={"NACTA": [an_alert()]},
    stored={"NACTA": Counter({"a1": 1})},
    behind={"accepted": 0},
)


def found(**changes: Any) -> Verdict:
    return judge(replace(CLEAN, **changes))


def test_a_run_in_which_everything_arrived_once_is_clean() -> None:
    verdict = judge(CLEAN)
    assert verdict.is_clean
    assert (verdict.sent, verdict.delivered, verdict.missing, verdict.duplicates) == (1, 1, 0, 0)


def test_copies_on_the_topics_are_no_fault_for_sinks_know_them_by_id() -> None:
    doubled = found(receipts=[a_receipt(), a_receipt()], alerts={"NACTA": [an_alert(), an_alert()]})
    assert doubled.is_clean


def test_an_escalation_is_no_second_alert() -> None:
    both = [an_alert(), an_alert("a2", kind="escalation")]
    assert found(alerts={"NACTA": both}, sinks={"NACTA": both}, stored={"NACTA": Counter({"a1": 1, "a2": 1})}).is_clean


def test_an_acknowledged_report_without_receipt_and_dead_letter_is_missing() -> None:
    assert found(receipts=[], records={"CTD-KP": 0}).missing == 1


def test_a_report_only_ever_told_as_a_repeat_is_missing() -> None:
    assert found(receipts=[a_receipt(outcome="repeat")]).missing == 1


def test_a_dead_letter_accounts_for_the_message_at_its_place_only() -> None:
    raw = Sent("reports-CTD-KP", 0, 1)
    more: dict[str, Any] = {"ledger": [SENT, raw], "records": {"CTD-KP": 2}}
    assert judge(replace(CLEAN, dead_letters=[a_letter(1)], **more), dead_letters_wanted=1).is_clean
    assert judge(replace(CLEAN, dead_letters=[a_letter(2)], **more), dead_letters_wanted=1).missing == 1


FAULTS: dict[str, dict[str, Any]] = {
    "an alert that never reached the sink": {"sinks": {"NACTA": []}},
    "an alert that never reached the database": {"stored": {"NACTA": Counter()}},
    "one alert twice in a sink": {"sinks": {"NACTA": [an_alert(), an_alert()]}},
    "a second alert about the same news": {
        "alerts": {"NACTA": [an_alert(), an_alert("a2")]},
        "sinks": {"NACTA": [an_alert(), an_alert("a2")]},
        "stored": {"NACTA": Counter({"a1": 1, "a2": 1})},
    },
    "a record that ended in no way": {"records": {"CTD-KP": 2}},
    "a record that ended in two ways": {"receipts": [a_receipt(), a_receipt(outcome="relay")]},
    "a report that went to fewer than told": {"receipts": [a_receipt(delivered_to=2)]},
    "a report that went to more than told": {"receipts": [a_receipt(delivered_to=0)]},
    "a dead letter nobody sent": {"dead_letters": [a_letter(0)]},
    "an alert a receiver set aside": {"set_aside": 1},
    "records not committed": {"behind": {"accepted": 1}},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found(fault: dict[str, Any]) -> None:
    assert not found(**fault).is_clean
