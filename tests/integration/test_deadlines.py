"""Deadlines and questions as they run: a worker killed before a deadline on an idle bus, and officers who type."""

import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from builders import a_handling, a_report, an_acknowledgement
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import encode
from fusionbus.contract.records import AuditEvent, AuditRecord, ReceiptOutcome
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import AlertKind, Form, Status, Urgency
from running_hub import COMMAND, WITHIN_S, Bus, running, until

pytestmark = pytest.mark.broker

AGENCIES: dict[str, dict[str, Any]] = {
    "CTD-KP": {"group": "ctd", "organisation": "KP Police", "provinces": ["PK-KP"]},
    "CTD-PB": {"group": "ctd", "organisation": "Punjab Police", "provinces": ["PK-PB"]},
    "IB": {"group": "federal", "organisation": "IB", "subscriptions": [{"name": "Everything"}]},
    "NACTA": {"group": "federal", "organisation": "NACTA", "subscriptions": [{"name": "Everything"}]},
}
SOON = {"FUSION_TICK_S": "1", "FUSION_ACKNOWLEDGE_SEVERE_MIN": "0.1"}


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    """A bus whose agencies have six seconds to answer."""
    with running(tmp_path_factory.mktemp("deadlines"), AGENCIES) as bus:
        bus.start(**SOON)
        yield bus


def typed(bus: Bus, *words: str) -> "subprocess.CompletedProcess[str]":
    """A command as an officer types it."""
    return subprocess.run(
        [COMMAND, *words],
        env={"FUSION_BOOTSTRAP": bus.bootstrap, "HOME": str(bus.folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )


def escalations(bus: Bus, agency: str) -> list[Alert]:
    return [alert for alert in bus.alerts_of(agency) if alert.kind is AlertKind.ESCALATION]


def test_a_missed_deadline_is_told_once_though_the_worker_died_and_the_bus_is_idle(bus: Bus) -> None:
    bus.send(a_report(reported_at=datetime.now(UTC), occurred=None))
    until(lambda: len(bus.alerts_of("IB")) == len(bus.alerts_of("NACTA")) == 1, "two alerts")
    (alert,) = bus.alerts_of("NACTA")
    said = an_acknowledgement(
        agency="NACTA",
        at=datetime.now(UTC),
        alert_id=alert.alert_id,
        incident_id=alert.incident_id,
        zone=alert.zone,
    )
    bus.put("control-NACTA", "NACTA", encode(said))
    bus.producer.flush(WITHIN_S)
    until(lambda: any(r.outcome is ReceiptOutcome.ACKNOWLEDGED for r in bus.receipts_of("CTD-KP")), "the answer")
    bus.worker.send_signal(signal.SIGKILL)
    bus.worker.wait(WITHIN_S)
    assert escalations(bus, "IB") == []

    bus.start(**SOON)
    until(
        lambda: escalations(bus, "IB") and escalations(bus, "NACTA"), "the silence of IB is told to it and the centre"
    )
    bus.worker.send_signal(signal.SIGTERM)
    assert bus.worker.wait(WITHIN_S) == 0
    bus.start(**SOON)
    bus.send(a_report(local_ref="after", status=Status.TEST, reported_at=datetime.now(UTC)))
    until(lambda: bus.outcomes("CTD-KP", "after"), "the worker is at it again")
    for agency in ("IB", "NACTA"):
        (told,) = escalations(bus, agency)
        assert told.escalation is not None
        assert told.escalation.agency == "IB"
    assert [r.overdue for r in bus.receipts_of("CTD-KP") if r.outcome is ReceiptOutcome.ESCALATED] == [1]
    audit = {record.audit_id: record for record in bus.read(AuditRecord, "audit")}
    found = [record.agency for record in audit.values() if record.event is AuditEvent.ALERT_ESCALATED]
    assert found == ["IB"]


def test_a_receiver_acknowledges_what_is_late_and_not_the_notice(bus: Bus) -> None:
    shown = typed(bus, "alerts", "--agency", "IB", "--once").stdout
    assert "you have not acknowledged an alert in time" in shown
    answers = [r for r in bus.receipts_of("CTD-KP") if r.outcome is ReceiptOutcome.ACKNOWLEDGED]
    until(lambda: _acknowledged_by(bus) == 2, "both have acknowledged")
    assert answers
    assert bus.receipts_of("IB") == [], "nothing that the receiver said was refused"


def _acknowledged_by(bus: Bus) -> int:
    return max(r.acknowledged_by or 0 for r in bus.receipts_of("CTD-KP"))


def test_an_originator_lets_the_hub_pass_its_report_on(bus: Bus) -> None:
    words = "A courier of the group was seen at the bus stand with a parcel for Lahore."
    nothing: dict[str, Any] = dict.fromkeys(("category", "weapon", "target_sector", "occurred"))
    handling = a_handling(originator_control=True)
    bus.send(
        a_report(
            local_ref="controlled",
            reported_at=datetime.now(UTC),
            urgency=Urgency.PAST,
            headline=words,
            narrative=words,
            handling=handling,
            **nothing,
        )
    )
    until(lambda: bus.outcomes("CTD-KP", "controlled"), "the report is here")
    (alert,) = [one for one in bus.alerts_of("NACTA") if one.body.local_ref == "controlled"]
    asked = typed(bus, *f"share ask --agency NACTA --alert {alert.alert_id} --to CTD-PB --reason Travel".split())
    assert "The originator is asked" in asked.stdout, asked.stderr
    question = asked.stdout.split()[-1].rstrip(".")
    assert question in typed(bus, "share", "list", "--agency", "CTD-KP").stdout

    forged = typed(bus, "share", "answer", question, "--agency", "IB", "--grant", "full")
    assert (forged.returncode, forged.stderr.count("\n")) == (2, 1)
    granted = typed(bus, "share", "answer", question, "--agency", "CTD-KP", "--grant", "summary")
    assert "sent it to 1 of 1" in granted.stdout, granted.stderr
    (sent,) = bus.alerts_of("CTD-PB")
    assert (sent.rule, sent.form, sent.body.headline) == (Rule.GRANTED, Form.SUMMARY, words)
    answers = [r for r in bus.receipts_of("NACTA") if r.outcome is ReceiptOutcome.SHARING_ANSWERED]
    assert [r.request_id for r in answers] == [question]

    again = typed(bus, "share", "answer", question, "--agency", "CTD-KP", "--deny")
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    assert "answered already (grant)" in again.stderr
    assert "No question waits for CTD-KP." in typed(bus, "share", "list", "--agency", "CTD-KP").stdout
