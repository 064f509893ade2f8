"""The third hop killed at any moment: every finding is told, none twice, and no revision says two things."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import NOW, a_place, a_report, a_token, minutes
from fusionbus.contract import topics
from fusionbus.contract.codec import encode
from fusionbus.contract.records import Tick
from fusionbus.contract.report import Entity, ThreatReport
from fusionbus.contract.sections import AssessmentSection
from fusionbus.contract.vocabulary import EntityType, MsgType, Province
from fusionbus.streams.engine import Decision, Event, Output
from fusionbus.streams.patterns.shared_device import SharedDevice
from hub import HubOnPaper, with_the_centre

LAHORE: Final = a_place(province=Province.PUNJAB, district="Lahore", name="Made-up Chowk", lat=31.5, lon=74.3)
Moment = tuple[int, int | None]
"""How many records a batch takes, and after how many marks the worker is killed; none: it lives."""


def naming(number: int, agency: str) -> ThreatReport:
    thing = Entity(type=EntityType.DEVICE, token=a_token("device", number))
    place = {"place": LAHORE} if agency == "CTD-PB" else {}
    return a_report(agency=agency, local_ref=f"d-{number}", entities=(thing,), reported_at=NOW - minutes(9), **place)


def observations() -> list[Output]:
    """Two findings, one of which loses a report; ticks between."""
    hub = HubOnPaper.of(with_the_centre())
    found: list[Output] = []

    def then(later: timedelta, *reports: ThreatReport) -> None:
        hub.clear()
        hub.send(*reports)
        hub.later(later)
        found.extend(output for output in hub.sent if output.topic == topics.OBSERVATIONS)
        found.append(Output(topics.OBSERVATIONS, b"", encode(Tick(at=hub.now))))

    then(minutes(1), naming(1, "CTD-KP"), naming(1, "CTD-PB"))
    then(minutes(1), naming(2, "CTD-KP"), naming(2, "CTD-PB"))
    then(minutes(1), naming(1, "CTD-KP").model_copy(update={"msg_type": MsgType.CANCEL, "revision": 2}))
    then(minutes(1))
    return found


@dataclass
class Worker:
    """The third hop on a topic that keeps its records, killed and started again."""

    hub: HubOnPaper
    topic: list[Event]
    position: int = 0
    sent: list[Output] = field(default_factory=list)

    def turn(self, size: int, dies_after: int | None) -> None:
        """One batch: what it sends is sent, and it dies after so many marks, or lives."""
        batch = self.topic[self.position : self.position + size]
        decision = self.hub.find(batch)
        for output in decision.outputs:
            self.sent.append(output)
            if output.topic == topics.OBSERVATIONS:
                self.topic.append(self.hub.event(output.topic, output.key, output.value))
        marks = list(decision.marks)
        if dies_after is None or dies_after > len(marks):
            self.hub.watched.keep(decision)
            self.position += len(batch)
        else:
            self.hub.watched.keep(Decision((), marks[:dies_after]))
            self.hub.restart()


def told(moments: Sequence[Moment]) -> HubOnPaper:
    """A hub that has read what a worker sent which was killed at these moments."""
    hub = HubOnPaper.of(with_the_centre())
    hub.searches = (SharedDevice,)
    hub.restart()
    worker = Worker(hub, [hub.event(o.topic, o.key, o.value) for o in observations()])
    coming = iter(moments)
    while worker.position < len(worker.topic):
        worker.turn(*next(coming, (3, None)))
    hub.later(timedelta(days=40))
    for output in worker.sent:
        if output.topic == topics.reports_topic(topics.CENTRE):
            hub.put(output.topic, output.key, output.value)
    return hub


def ways(hub: HubOnPaper) -> list[list[str]]:
    """What NACTA was told of each finding, in order: each alert once, as a sink keeps them that goes by id."""
    found: dict[str, list[str]] = {}
    for alert in {alert.alert_id: alert for alert in hub.alerts_of("NACTA")}.values():
        assert isinstance(alert.body.section, AssessmentSection)
        found.setdefault(alert.incident_id, []).append(alert.msg_type)
    return sorted(found.values())


def test_alive_it_tells_both_and_takes_one_back() -> None:
    assert ways(told([(1, None)] * 40)) == [["Alert"], ["Alert", "Cancel"]]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(1, 6), st.none() | st.integers(0, 12)), max_size=14))
def test_killed_at_any_moment_it_tells_every_finding_and_none_twice(moments: list[Moment]) -> None:
    hub = told(moments)
    assert hub.dead_letters() == [], "no revision says two things"
    # Where one batch takes a report and its withdrawal together there was never anything to tell.
    assert ways(hub) in ([["Alert"]], [["Alert"], ["Alert", "Cancel"]])
