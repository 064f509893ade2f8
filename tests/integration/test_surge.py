"""A simulated outbreak on a real bus: on whose ground it is has an alert of it, and hears later that it is over."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import pytest

from builders import an_interval
from fusionbus.contract import topics
from fusionbus.contract.alert import Alert
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.routing import Rule
from fusionbus.contract.sections import AssessmentSection
from fusionbus.contract.vocabulary import AlertKind, FindingKind, Kind, MsgType, Status
from fusionbus.producers.simulate import world
from fusionbus.producers.simulate.events import Outbreak
from fusionbus.producers.simulate.stream import Traffic
from fusionbus.producers.simulate.truth import Line
from running_hub import Bus, running, until

pytestmark = pytest.mark.broker

DISTRICT: Final = "Hangu"
SPAN: Final = timedelta(days=150)
KINDS: Final = {"kinds": ["incident", "assessment"], "clearance": "secret"}
AGENCIES: Final[dict[str, dict[str, Any]]] = {
    "CTD-KP": {"group": "ctd", "organisation": "KP Police", "provinces": ["PK-KP"]} | KINDS,
    "POLICE-KP": {"group": "police", "organisation": "KP Police", "provinces": ["PK-KP"]} | KINDS,
    "CTD-BA": {"group": "ctd", "organisation": "Balochistan Police", "provinces": ["PK-BA"]} | KINDS,
    "POLICE-BA": {"group": "police", "organisation": "Balochistan Police", "provinces": ["PK-BA"]} | KINDS,
    topics.CENTRE: {"group": "federal", "organisation": "NACTA", "clearance": "top_secret", "kinds": ["assessment"]},
}


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with running(tmp_path_factory.mktemp("surge"), AGENCIES) as bus:
        bus.start(FUSION_TICK_S="1", FUSION_LOOK_S="1")
        yield bus


def simulated() -> list[Line]:
    """Five months of attacks as these agencies tell them, with an outbreak in the last four days."""
    (district,) = [each for each in world.districts() if each.name == DISTRICT]
    start = datetime.now(UTC) - SPAN - timedelta(seconds=5)
    lines = Traffic(8, start, SPAN, [Outbreak(district, 12, timedelta(days=4))]).lines(900)
    return [
        line
        for line in lines
        if line.report.agency in AGENCIES and line.report.kind is Kind.INCIDENT and line.report.status is Status.ACTUAL
    ]


def surges(bus: Bus, agency: str) -> list[tuple[Alert, AssessmentSection]]:
    pairs = [(alert, alert.body.section) for alert in bus.alerts_of(agency) if alert.kind is AlertKind.SURGE]
    return [(alert, section) for alert, section in pairs if isinstance(section, AssessmentSection)]


def there(bus: Bus) -> list[tuple[Alert, AssessmentSection]]:
    return [(a, s) for a, s in surges(bus, "CTD-KP") if a.body.place is not None and a.body.place.district == DISTRICT]


def earlier(report: ThreatReport, months: int) -> ThreatReport:
    """The originator's correction: it happened long before."""
    then = an_interval(report.reported_at - timedelta(days=30 * months))
    changes = {
        "revision": report.revision + 1,
        "msg_type": MsgType.UPDATE,
        "occurred": then,
        "reported_at": datetime.now(UTC),
    }
    return report.model_copy(update=changes)


def test_an_outbreak_is_told_on_its_ground_and_is_over_when_it_holds_no_more(bus: Bus) -> None:
    lines = simulated()
    outbreak = [line.report for line in lines if line.facts.event.startswith("S01-")]
    assert len({line.facts.event for line in lines if line.facts.event.startswith("S01-")}) >= 6
    bus.send(*(line.report for line in lines))
    until(partial(there, bus), "the alert of the surge")
    (alert, section), *_ = there(bus)
    assert alert.rule is Rule.JURISDICTION
    assert section.finding is FindingKind.SURGE
    named = {each.report_id for each in section.evidence if each.report_id is not None}  # the others are masked
    assert named <= {line.report.report_id for line in lines}
    assert named & {report.report_id for report in outbreak}
    assert not [a for a, _ in surges(bus, "CTD-BA") if a.incident_id == alert.incident_id], "not its ground"
    newest = {report.report_id: report for report in outbreak if report.msg_type is not MsgType.CANCEL}
    bus.send(*(earlier(report, 1 + number % 4) for number, report in enumerate(newest.values())))
    until(lambda: [s for _, s in there(bus) if s.phase == "over"], "the word that it is over")
    assert there(bus)[-1][1].phase == "over"
