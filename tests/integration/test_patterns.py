"""What the centre finds, on a real bus: told once though the worker is killed, and recalled with what it rests on."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from builders import NOW, a_report, a_token, an_interval
from fusionbus.contract import topics
from fusionbus.contract.alert import Alert
from fusionbus.contract.keeping import Purge
from fusionbus.contract.records import ReceiptOutcome
from fusionbus.contract.report import Entity, Place, ThreatReport
from fusionbus.contract.sections import AssessmentSection
from fusionbus.contract.vocabulary import AlertKind, EntityType, Kind, MsgType, Province
from running_hub import Bus, running, until

pytestmark = pytest.mark.broker

KINDS = {"kinds": ["incident", "assessment"]}
AGENCIES: dict[str, dict[str, Any]] = {
    "CTD-KP": {"group": "ctd", "organisation": "KP Police", "provinces": ["PK-KP"]},
    "CTD-PB": {"group": "ctd", "organisation": "Punjab Police", "provinces": ["PK-PB"]},
    "NACTA": {"group": "federal", "organisation": "NACTA", "subscriptions": [{"name": "Findings", **KINDS}]} | KINDS,
    topics.CENTRE: {"group": "federal", "organisation": "NACTA", "kinds": ["assessment"]},
}
SOON = {"FUSION_LOOK_S": "1", "FUSION_TICK_S": "1"}


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with running(tmp_path_factory.mktemp("patterns"), AGENCIES) as bus:
        bus.start(**SOON)
        yield bus


def naming(number: int, agency: str, **changes: Any) -> ThreatReport:
    """A report on the device of this number; no two of them tell of one event."""
    words = f"Matter {number} of {agency}: {' '.join(f'{agency}{number}word{each}' for each in range(9))}."
    at = {"CTD-KP": Province.KHYBER_PAKHTUNKHWA, "CTD-PB": Province.PUNJAB}[agency]
    told: dict[str, Any] = {
        "agency": agency,
        "local_ref": f"d-{number}",
        "headline": words,
        "narrative": words,
        "occurred": an_interval(NOW - timedelta(days=60 * number + 30 * (agency == "CTD-PB"))),
        "place": Place(province=at),
        "entities": (Entity(type=EntityType.DEVICE, token=a_token("device", number)),),
        "reported_at": datetime.now(UTC),
    }
    return a_report(**told | dict.fromkeys(("category", "weapon", "target_sector")) | changes)


def both(number: int) -> tuple[ThreatReport, ThreatReport]:
    return naming(number, "CTD-KP"), naming(number, "CTD-PB")


def findings(bus: Bus, *evidence: ThreatReport) -> list[Alert]:
    """What NACTA was told of that rests on these reports: each alert once, as a sink keeps them."""
    wanted = {report.report_id for report in evidence}
    return [
        alert
        for alert in bus.alerts_of("NACTA")
        if isinstance(alert.body.section, AssessmentSection)
        and {each.report_id for each in alert.body.section.evidence} == wanted
    ]


def test_a_worker_killed_between_tells_every_finding_and_none_twice(bus: Bus) -> None:
    pairs = [both(number) for number in range(1, 6)]
    for number, pair in enumerate(pairs):
        bus.send(*pair)
        if number == 2:
            seen = bus.written(topics.alerts_topic("NACTA"))
            until(partial(bus.has_more, topics.alerts_topic("NACTA"), seen), "something is told", every_s=0.02)
            bus.worker.send_signal(signal.SIGKILL)
            bus.worker.wait()
            bus.start(**SOON)
    until(lambda: all(findings(bus, *pair) for pair in pairs), "every finding")
    told = {pair[0].local_ref: findings(bus, *pair) for pair in pairs}
    assert {name: len(alerts) for name, alerts in told.items()} == dict.fromkeys(told, 1)
    assert {alert.kind for alerts in told.values() for alert in alerts} == {AlertKind.RELATED}
    refused = [r for r in bus.receipts_of(topics.CENTRE) if r.outcome is ReceiptOutcome.REJECTED]
    assert refused == [], "a revision never says two things"


def test_what_it_rests_on_is_withdrawn_and_purged_and_so_is_it(bus: Bus) -> None:
    withdrawn, purged = both(21), both(22)
    bus.send(*withdrawn, *purged)
    until(lambda: findings(bus, *withdrawn) and findings(bus, *purged), "both findings")
    one, two = findings(bus, *withdrawn)[0], findings(bus, *purged)[0]
    bus.send(withdrawn[0].model_copy(update={"msg_type": MsgType.CANCEL, "revision": 2}))
    order = Purge(agency="CTD-PB", report_id=purged[1].report_id, reason="No ground to keep it.", at=datetime.now(UTC))
    bus.put(topics.reports_topic("CTD-PB"), purged[1].report_id, order.model_dump_json(exclude_none=True).encode())

    def recall(of: Alert) -> list[Alert]:
        return [a for a in bus.alerts_of("NACTA") if a.kind is AlertKind.RECALL and a.incident_id == of.incident_id]

    until(lambda: recall(one) and recall(two), "both are recalled")
    assert recall(one)[0].body.kind is Kind.ASSESSMENT
    erased = recall(two)[0].erase
    assert erased is not None
    assert two.alert_id in erased.alerts
