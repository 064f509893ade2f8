"""What the hub did shows in the metrics of its process."""

from prometheus_client import generate_latest

from builders import a_report
from fusionbus.contract.vocabulary import Urgency
from fusionbus.shell import metrics
from fusionbus.streams.engine import Counters
from fusionbus.streams.meter import Meter
from hub import HubOnPaper


def value(name: str, **labels: str) -> float:
    return metrics.METRICS.get_sample_value(name, labels) or 0.0


def test_reports_outcomes_alerts_and_rejections_are_counted_by_agency() -> None:
    hub, meter = HubOnPaper.of(), Meter()
    before = {name: value(name, agency="CTD-KP") for name in ("fusion_reports_in_total", "fusion_new_incidents_total")}
    refused = value("fusion_rejected_total", agency="CTD-KP", reason="not_json")
    hub.send(a_report(urgency=Urgency.PAST))
    hub.put("reports-CTD-KP", b"x", b"garbage")
    work = hub.work("fuse")
    meter.count("fuse", [], work)
    assert value("fusion_reports_in_total", agency="CTD-KP") == before["fusion_reports_in_total"] + 2
    assert value("fusion_new_incidents_total", agency="CTD-KP") == before["fusion_new_incidents_total"] + 1
    assert value("fusion_rejected_total", agency="CTD-KP", reason="not_json") == refused + 1


def test_lag_open_incidents_and_awaited_answers_are_levels() -> None:
    hub, meter = HubOnPaper.of(), Meter()
    hub.send(a_report(urgency=Urgency.PAST))
    counters = Counters(
        committed={("accepted", 0): 5, ("accepted", 1): 1}, end={("accepted", 0): 9, ("accepted", 1): 2}
    )
    meter.look(hub.fusion, counters)
    assert value("fusion_lag_records", topic="accepted") == 5
    assert value("fusion_incidents_open") == 1
    waiting = sum(s.value for m in metrics.UNACKNOWLEDGED.collect() for s in m.samples)
    assert waiting == len(hub.alerts())


def test_no_person_place_or_report_shows_in_what_is_served() -> None:
    hub, meter = HubOnPaper.of(), Meter()
    report = a_report()
    hub.send(report)
    meter.count("fuse", [], hub.work("fuse"))
    served = generate_latest(metrics.METRICS).decode()
    for secret in (report.report_id, report.local_ref, "Peshawar", "Chashma"):
        assert secret not in served


def test_a_topic_that_went_to_another_worker_is_no_longer_told() -> None:
    hub, meter = HubOnPaper.of(), Meter()
    counters = Counters(committed={("accepted", 0): 1, ("audit", 0): 1}, end={("accepted", 0): 9, ("audit", 0): 9})
    meter.look(hub.fusion, counters)
    assert metrics.METRICS.get_sample_value("fusion_lag_seconds", {"topic": "audit"}) == 0
    del counters.committed["audit", 0], counters.end["audit", 0]
    meter.look(hub.fusion, counters)
    for name in ("fusion_lag_seconds", "fusion_lag_records"):
        assert metrics.METRICS.get_sample_value(name, {"topic": "audit"}) is None
    assert value("fusion_lag_records", topic="accepted") == 8
