"""The hub as it runs: a real worker on a real broker, told wrong things, killed, and stopped."""

import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from builders import NOW, a_handling, a_report, an_interval
from fusionbus.contract import ids, topics
from fusionbus.contract.agency import Subscription
from fusionbus.contract.codec import encode
from fusionbus.contract.control import Subscribe
from fusionbus.contract.records import AuditRecord, DeadLetter, ReceiptOutcome, RejectReason
from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.vocabulary import TLP, Province
from fusionbus.deploy.broker_ports import free_port
from running_hub import WITHIN_S, Bus, running, until

pytestmark = pytest.mark.broker

AGENCIES: dict[str, dict[str, Any]] = {
    "CTD-KP": {"group": "ctd", "organisation": "KP Police", "provinces": ["PK-KP"]},
    "CTD-PB": {"group": "ctd", "organisation": "Punjab Police", "provinces": ["PK-PB"]},
    "IB": {"group": "federal", "organisation": "IB", "subscriptions": [{"name": "Everything"}]},
    "NACTA": {"group": "federal", "organisation": "NACTA", "subscriptions": [{"name": "Everything"}]},
    "LIAISON-1": {"group": "partner", "organisation": "Abroad", "foreign": True},
}


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    """A provisioned bus with a running worker. The hub's topics have fixed names, so the broker is its own."""
    with running(tmp_path_factory.mktemp("hub"), AGENCIES, early=True) as bus:
        bus.start()
        yield bus


ERAS = {"walk": 0, "live": 1_000, "kill": 4_000, "stop": 8_000}
"""How many days back each group of reports lies, so that none is taken for another."""


def apart(number: int, prefix: str, **changes: Any) -> ThreatReport:
    """One of many reports that have nothing to do with each other."""
    words = f"Matter {prefix}{number}: {' '.join(f'{prefix}{number}word{n}' for n in range(9))}."
    told: dict[str, Any] = {
        "local_ref": f"{prefix}-{number}",
        "headline": words,
        "narrative": words,
        "occurred": an_interval(NOW - timedelta(days=ERAS[prefix] + 9 * number)),
        "place": Place(province=Province.KHYBER_PAKHTUNKHWA),
    }
    told |= dict.fromkeys(("category", "weapon", "target_sector"))
    return a_report(**told | changes)


# -- wrong settings: these processes start while the bus does ---------------------------------------------------------
def refusal(process: "subprocess.Popen[str]") -> str:
    """The one sentence that a worker ended with."""
    _, said = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 2, said
    assert "Traceback" not in said
    sentences = [line for line in said.splitlines() if line and not line.startswith("%")]
    assert len(sentences) == 1, said
    return sentences[0]


def test_a_worker_without_topics_says_what_to_run(bus: Bus) -> None:
    assert refusal(bus.started["early"]) == "The hub's topics are missing: run `fusionbus provision` first."


def test_a_worker_says_in_one_sentence_that_it_finds_no_broker_or_is_not_let_in(bus: Bus) -> None:
    in_time = {"FUSION_CONNECT_TIMEOUT_S": "4"}
    nobody = bus.start(f"127.0.0.1:{free_port()}", "nobody", **in_time)
    password = in_time | {"FUSION_SECURITY": "SASL_PLAINTEXT", "FUSION_USERNAME": "hub", "FUSION_PASSWORD": "wrong"}
    refused = bus.start(None, "refused", **password)
    nameless = bus.start(None, "nameless", FUSION_SECURITY="SASL_PLAINTEXT")
    assert "FUSION_USERNAME" in refusal(nameless)
    assert "No broker answers at 127.0.0.1" in refusal(nobody)
    sentence = refusal(refused)
    assert "FUSION_PASSWORD" in sentence
    assert "wrong" not in sentence


# -- traffic ----------------------------------------------------------------------------------------------------------
def test_reports_become_alerts_and_bad_ones_receipts_that_say_what_to_mend(bus: Bus) -> None:
    bus.put("reports-CTD-KP", a_report().report_id, b"\xffnot a report")
    bus.put("reports-CTD-KP", a_report().report_id, encode(a_report(agency="IB")))
    bus.put("control-CTD-PB", "CTD-PB", b"[]")
    bus.send(apart(1, "walk"), apart(1, "walk"), apart(2, "walk", handling=a_handling(tlp=TLP.AMBER)))

    until(lambda: len(bus.outcomes("CTD-KP", "walk")) == 2 and len(bus.receipts_of("CTD-KP")) == 5, "five receipts")
    assert sorted(bus.outcomes("CTD-KP", "walk")["walk-1"]) == [ReceiptOutcome.NEW_INCIDENT, ReceiptOutcome.REPEAT]
    until(lambda: len(bus.alerts_of("NACTA")) == 2, "two alerts for the centre")
    (alert,) = bus.alerts_of("IB")
    assert alert.body.local_ref == "walk-1"
    assert bus.alerts_of("CTD-PB") == bus.alerts_of("LIAISON-1") == []
    until(lambda: len(bus.read(DeadLetter, topics.DEAD_LETTERS)) == 3, "three dead letters")
    reasons = {letter.reason for letter in bus.read(DeadLetter, topics.DEAD_LETTERS)}
    assert reasons == {RejectReason.NOT_JSON, RejectReason.WRONG_AGENCY, RejectReason.SCHEMA}
    assert all(r.sentence for r in bus.receipts_of("CTD-KP") if r.outcome is ReceiptOutcome.REJECTED)
    (refused,) = bus.receipts_of("CTD-PB")
    assert refused.outcome is ReceiptOutcome.REJECTED


def test_a_subscription_takes_effect_while_the_hub_runs(bus: Bus) -> None:
    wish = Subscription(
        subscription_id=ids.subscription_id("CTD-PB", "All"), agency="CTD-PB", name="All", created_at=NOW
    )
    bus.put("control-CTD-PB", "CTD-PB", encode(Subscribe(agency="CTD-PB", at=NOW, subscription=wish)))
    bus.producer.flush(WITHIN_S)
    sent = 0

    def heard() -> bool:
        nonlocal sent
        sent += 1
        bus.send(apart(sent, "live"))
        return any(alert.why == "your subscription “All”" for alert in bus.alerts_of("CTD-PB"))

    until(heard, "an alert by the new subscription")
    assert bus.worker.poll() is None


def test_a_worker_killed_amid_traffic_loses_no_report_and_repeats_no_alert_at_a_sink(bus: Bus) -> None:
    reports = [apart(number, "kill") for number in range(600)]
    for third in (200, 400):
        before = bus.written("receipts-CTD-KP")
        sender = threading.Thread(target=bus.send, args=reports[third - 200 : third])
        sender.start()
        until(partial(bus.has_more, "receipts-CTD-KP", before), "the worker is at it", every_s=0.002)
        bus.worker.send_signal(signal.SIGKILL)
        bus.worker.wait(WITHIN_S)
        sender.join(WITHIN_S)
        bus.start()
    bus.send(*reports[400:])
    until(lambda: len(bus.outcomes("CTD-KP", "kill")) == 600, "a receipt for every report")
    for reference, outcomes in bus.outcomes("CTD-KP", "kill").items():
        assert outcomes == [ReceiptOutcome.NEW_INCIDENT], f"{reference} ended as {outcomes}"
    alerted = Counter(alert.body.local_ref for alert in bus.alerts_of("NACTA"))
    for report in reports:
        assert alerted[report.local_ref] == 1, f"{report.local_ref}: {alerted[report.local_ref]} alerts"
    audit = {r.audit_id: r for r in bus.read(AuditRecord, topics.AUDIT)}
    assert sum(1 for r in audit.values() if r.report_id in {report.report_id for report in reports}) == 600


def test_a_worker_told_to_stop_ends_well_within_half_a_minute(bus: Bus) -> None:
    bus.send(*(apart(number, "stop") for number in range(50)))
    bus.worker.send_signal(signal.SIGTERM)
    assert bus.worker.wait(30) == 0
