"""The forecast on a real bus: weeks of reports, and an alert at who asked for it and at nobody else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from builders import a_report, an_interval
from fusionbus.contract import topics
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import decode_observed, encode
from fusionbus.contract.observation import NATION, Observation
from fusionbus.contract.sections import AssessmentSection
from fusionbus.contract.vocabulary import AlertKind
from running_hub import WITHIN_S, Bus, running, until

pytestmark = pytest.mark.broker

BOTH = ["incident", "assessment"]
AGENCIES: dict[str, dict[str, Any]] = {
    "CTD-KP": {"group": "ctd", "organisation": "KP Police", "provinces": ["PK-KP"], "kinds": BOTH},
    "IB": {
        "group": "federal",
        "organisation": "IB",
        "kinds": BOTH,
        "subscriptions": [{"name": "Forecasts", "findings": ["forecast"]}],
    },
    "CTD-PB": {
        "group": "ctd",
        "organisation": "Punjab Police",
        "kinds": BOTH,
        "provinces": ["PK-PB"],
        "subscriptions": [{"name": "Surges", "findings": ["surge"]}],
    },
    topics.CENTRE: {"group": "federal", "organisation": "NACTA", "kinds": BOTH},
}
WEEKS = 6


@pytest.fixture
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with running(tmp_path_factory.mktemp("forecast"), AGENCIES) as bus:
        bus.start()
        yield bus


def test_weeks_of_reports_make_one_forecast_for_those_who_subscribe_and_for_nobody_else(bus: Bus) -> None:
    now = datetime.now(UTC)
    for week in range(1, WEEKS + 1):
        at = now - timedelta(weeks=week, hours=2)
        bus.send(a_report(local_ref=f"w{week}", occurred=an_interval(at), reported_at=at + timedelta(minutes=5)))
    until(lambda: len(observed(bus)) == WEEKS, "all reports are with the search for patterns")
    assert forecasts(bus, "IB") == [], "what became known in a week makes no forecast for it"

    for each in observed(bus):  # as if the hub had had them in their own weeks
        then = each.model_copy(update={"accepted_at": each.reported_at})
        bus.put(topics.OBSERVATIONS, NATION.decode(), encode(then))
    bus.producer.flush(WITHIN_S)
    until(lambda: forecasts(bus, "IB"), "IB is told of the forecast")
    (alert,) = forecasts(bus, "IB")
    assert alert.acknowledge_by is None
    assert alert.body is not None
    section = alert.body.section
    assert isinstance(section, AssessmentSection)
    assert section.window.start <= now < section.window.end
    assert section.areas[0].district == "Peshawar"
    assert (section.evidence, section.evidence_beyond) == ((), WEEKS)
    bus.send(a_report(local_ref="after", reported_at=datetime.now(UTC), occurred=an_interval(now)))
    until(lambda: bus.outcomes("CTD-KP", "after"), "what came after it has been through")
    assert len(forecasts(bus, "IB")) == 1
    assert forecasts(bus, "CTD-PB") == forecasts(bus, "CTD-KP") == []


def observed(bus: Bus) -> list[Observation]:
    """What the second hop has told the third of reports."""
    read = (decode_observed(raw) for raw in bus._raw(topics.OBSERVATIONS))  # noqa: SLF001 - of several models
    return [each for each in read if isinstance(each, Observation)]


def forecasts(bus: Bus, agency: str) -> list[Alert]:
    return [alert for alert in bus.alerts_of(agency) if alert.kind is AlertKind.FORECAST]
