"""A forecast as the hub tells it: once a week, to those who ask for it, and nothing restricted is in it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from builders import a_handling, a_place, a_report, a_subscription, an_interval
from fusionbus.contract import topics
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import decode_report, encode
from fusionbus.contract.keeping import Purge
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.sections import AssessmentSection
from fusionbus.contract.vocabulary import TLP, AlertKind, FindingKind, MsgType, Province, Status
from fusionbus.streams.patterns.forecast.search import WeeklyForecast
from fusionbus.streams.patterns.forecast.weeks import WEEK
from fusionbus.streams.registry import Registry
from hub import HubOnPaper, with_the_centre

FIRST = datetime(2026, 1, 6, 12, 0, tzinfo=UTC)
WEEKS = 8
MONDAY = datetime(2026, 3, 1, 19, 0, tzinfo=UTC)
"""After the eighth week: Monday 2 March 2026, 00:00 in Pakistan."""
MINUTE = timedelta(minutes=1)


def blast(week: int, at: datetime, **changes: Any) -> ThreatReport:
    made: dict[str, Any] = {"local_ref": f"w{week}", "occurred": an_interval(at), "reported_at": at + MINUTE}
    return a_report(**made | changes)


def a_hub(**changes: Any) -> HubOnPaper:
    """Eight weeks with a blast each in Peshawar, and every sixth hour in between a look."""
    asks = a_subscription(agency="CTD-PB", name="Findings", findings=(FindingKind.FORECAST,))
    others = [each for each in with_the_centre() if getattr(each, "name", None) != "Findings"]
    hub = HubOnPaper(Registry().with_entries([*others, asks]), searches=(WeeklyForecast,))
    for week in range(WEEKS):
        hub.now = FIRST + week * WEEK + 2 * MINUTE
        hub.send(blast(week, FIRST + week * WEEK, **changes))
        hub.look()
    return hub


def told(hub: HubOnPaper, agency: str = "CTD-PB") -> list[Alert]:
    return [alert for alert in hub.alerts_of(agency) if alert.body is not None and alert.body.agency == topics.CENTRE]


def areas_of(alert: Alert) -> dict[str, float]:
    assert alert.body is not None
    section = alert.body.section
    assert isinstance(section, AssessmentSection)
    return {area.district: area.probability for area in section.areas}


def look_at(hub: HubOnPaper, at: datetime) -> None:
    hub.now = at
    hub.look()


def test_one_forecast_a_week_goes_to_those_who_ask_for_it_and_awaits_no_answer() -> None:
    hub = a_hub()
    before = len(told(hub))
    for hour in range(1, 100, 6):
        look_at(hub, MONDAY + timedelta(hours=hour))
    news = told(hub)[before:]
    assert [alert.kind for alert in news] == [AlertKind.FORECAST]
    (alert,) = news
    assert alert.acknowledge_by is None
    assert alert.body is not None
    section = alert.body.section
    assert isinstance(section, AssessmentSection)
    assert (section.evidence, section.evidence_beyond, section.privacy) == ((), WEEKS, False)
    assert len(section.areas) == 167
    assert alert.handling.tlp is TLP.GREEN
    assert areas_of(alert)["Peshawar"] > areas_of(alert)["Lahore"]
    assert told(hub, "FMU") == []
    assert told(hub, "POLICE-KP") == []
    look_at(hub, MONDAY + WEEK + MINUTE)
    assert len(told(hub)) == before + 2
    assert hub.dead_letters() == []


def test_a_restricted_report_changes_nothing_in_it() -> None:
    plain, secret = a_hub(), a_hub()
    for week in range(WEEKS):
        at = FIRST + week * WEEK + timedelta(hours=5)
        handling = a_handling(tlp=TLP.AMBER_STRICT)
        there = a_place(district="Quetta", lat=30.2, lon=67.0, province=Province.BALOCHISTAN)
        secret.now = MONDAY - MINUTE
        secret.send(blast(week, at, local_ref=f"s{week}", handling=handling, place=there, headline="Shots in Quetta"))
    for hub in (plain, secret):
        look_at(hub, MONDAY + MINUTE)
    one, two = told(plain)[-1].body, told(secret)[-1].body
    assert one is not None
    assert two is not None
    assert one.section == two.section
    assert one.narrative == two.narrative


def test_withdrawn_and_purged_reports_leave_what_was_told_alone_and_are_not_in_the_next() -> None:
    hub = a_hub()
    look_at(hub, MONDAY + MINUTE)
    before = told(hub)
    gone = [blast(week, FIRST + week * WEEK) for week in range(WEEKS - 2)]
    hub.now = MONDAY + 5 * MINUTE
    hub.send(*(each.model_copy(update={"msg_type": MsgType.CANCEL, "revision": 2}) for each in gone[:3]))
    for each in gone[3:]:
        order = Purge(agency="CTD-KP", report_id=each.report_id, reason="Not ours", at=hub.now)
        hub.put(topics.reports_topic("CTD-KP"), each.report_id.encode(), encode(order))
    for minute in (6, 60, 200):
        look_at(hub, MONDAY + minute * MINUTE)
    assert told(hub) == before
    look_at(hub, MONDAY + WEEK + MINUTE)
    later = told(hub)[len(before) :]
    assert all(areas_of(alert)["Peshawar"] < areas_of(before[-1])["Peshawar"] for alert in later)


def test_a_worker_that_takes_over_in_the_week_does_not_tell_it_again() -> None:
    hub = a_hub()
    look_at(hub, MONDAY + MINUTE)
    before = told(hub)
    hub.restart()
    hub.send(blast(90, MONDAY - timedelta(hours=2), local_ref="late", reported_at=MONDAY + MINUTE))
    look_at(hub, MONDAY + timedelta(hours=3))
    assert told(hub) == before


def test_exercises_are_forecast_from_exercises_alone() -> None:
    hub = a_hub(status=Status.EXERCISE)
    look_at(hub, MONDAY + MINUTE)
    assert [alert for alert in hub.alerts() if alert.status is Status.ACTUAL] == []
    made = [decode_report(sent.value or b"") for sent in hub.sent if sent.topic == topics.reports_topic(topics.CENTRE)]
    assert {each.status for each in made if isinstance(each, ThreatReport)} == {Status.EXERCISE}
