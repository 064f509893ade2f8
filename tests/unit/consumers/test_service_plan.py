"""Who is told what, and when: filters, quiet hours, digests, escalation."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusionbus.consumers.services.config import AlertServices, parse
from fusionbus.consumers.services.plan import Planned, Told, Way, next_digest, plan, quiet_until
from fusionbus.consumers.testing import sample_alert
from fusionbus.contract.alert import Alert, AlertHandling
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.report import Place
from fusionbus.contract.vocabulary import (
    PAP,
    TLP,
    AlertKind,
    AlertMsgType,
    Classification,
    Province,
    Severity,
    Status,
    ThreatCategory,
    Urgency,
)

NOON = datetime(2026, 1, 15, 7, 0, tzinfo=UTC)
NIGHT = datetime(2026, 1, 15, 20, 0, tzinfo=UTC)
"""One in the morning in Karachi."""
MORNING = datetime(2026, 1, 16, 1, 0, tzinfo=UTC)
"""Six in the morning there."""

WHOLE = """
agency: CTD-KP
contacts:
  desk: {handler: "smtp:desk@example.pk"}
  deputy: {handler: "smtp:deputy@example.pk"}
  siem: {handler: "syslog:127.0.0.1:514"}
services:
  - name: Everything to the SIEM
    to: [siem]
  - name: Mail to the desk
    to: [desk]
    filter: {severity_min: Minor, statuses: [Actual], provinces: [PK-KP]}
    quiet_hours: {from: "22:00", to: "06:00"}
    digest: {at: ["07:30", "19:30"], severity_max: Minor}
    escalation: {after_min: 15, to: [deputy, siem]}
"""


def services(**changes: Any) -> AlertServices:
    """One service to one contact."""
    service = {"name": "one", "to": ["desk"]} | changes
    extra = {"deputy": {"handler": "terminal"}} if "escalation" in changes else {}
    return AlertServices.model_validate(
        {"agency": "CTD-KP", "contacts": {"desk": {"handler": "terminal"}} | extra, "services": [service]}
    )


def alert(severity: Severity = Severity.SEVERE, urgency: Urgency = Urgency.EXPECTED, **changes: Any) -> Alert:
    body = {"severity": severity, "urgency": urgency} | changes.pop("body", {})
    return sample_alert(body=body, **changes)


def ways(planned: list[Planned]) -> list[tuple[str, Way, datetime]]:
    return [(one.contact, one.way, one.due_at) for one in planned]


def test_the_whole_file_is_one_delivery_for_each_contact_and_the_escalations() -> None:
    config = parse(WHOLE, "file")
    assert ways(plan(alert(), config, NOON, {})) == [
        ("siem", Way.ALERT, NOON),
        ("desk", Way.ALERT, NOON),
        ("deputy", Way.ESCALATION, NOON + timedelta(minutes=15)),
        ("siem", Way.ESCALATION, NOON + timedelta(minutes=30)),
    ]


def test_at_night_only_what_cannot_wait_is_told_and_the_rest_in_the_morning() -> None:
    config = services(quiet_hours={"from": "22:00", "to": "06:00"})
    (held,) = plan(alert(), config, NIGHT, {})
    assert held.due_at == MORNING
    for urgent in (alert(Severity.EXTREME), alert(Severity.MINOR, Urgency.IMMEDIATE)):
        (one,) = plan(urgent, config, NIGHT, {})
        assert one.due_at == NIGHT


def test_who_is_told_in_the_morning_is_escalated_from_the_morning() -> None:
    config = services(quiet_hours={"from": "22:00", "to": "06:00"}, escalation={"after_min": 15, "to": ["deputy"]})
    assert ways(plan(alert(), config, NIGHT, {}))[1] == ("deputy", Way.ESCALATION, MORNING + timedelta(minutes=15))


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - as strategies
def test_quiet_hours_end_soon_at_the_right_time_and_not_before(now: datetime) -> None:
    config = services(quiet_hours={"from": "22:00", "to": "06:00"})
    quiet = config.services[0].quiet_hours
    assert quiet
    local = now.astimezone(config.zone)
    until = quiet_until(quiet, now, config.zone)
    assert (until is not None) is (local.hour >= 22 or local.hour < 6)
    if until is not None:
        assert now < until <= now + timedelta(hours=8)
        assert (until.astimezone(config.zone).hour, until.minute) == (6, 0)


def test_a_time_zone_with_summer_time_is_followed() -> None:
    config = services().model_copy(update={"timezone": "Europe/London"})
    digest = services(digest={"at": ["07:30"]}).services[0].digest
    assert digest
    assert next_digest(digest, datetime(2026, 3, 28, 12, tzinfo=UTC), config.zone).hour == 6
    assert next_digest(digest, datetime(2026, 1, 28, 12, tzinfo=UTC), config.zone).hour == 7


def test_what_is_not_grave_waits_for_the_next_digest() -> None:
    config = services(digest={"at": ["07:30", "19:30"]})
    (one,) = plan(alert(Severity.MINOR), config, NOON, {})
    assert (one.way, one.due_at) == (Way.DIGEST, datetime(2026, 1, 15, 14, 30, tzinfo=UTC))
    for at_once in (
        alert(Severity.MODERATE),
        alert(Severity.UNKNOWN),
        alert(Severity.MINOR, Urgency.IMMEDIATE),
    ):
        assert [each.way for each in plan(at_once, config, NOON, {})] == [Way.ALERT]


def test_a_digest_is_not_escalated() -> None:
    config = services(digest={"at": ["07:30"]}, escalation={"after_min": 5, "to": ["deputy"]})
    assert [one.way for one in plan(alert(Severity.MINOR), config, NOON, {})] == [Way.DIGEST]


def test_a_notice_awaits_no_answer_and_is_not_escalated() -> None:
    config = services(escalation={"after_min": 5, "to": ["deputy"]})
    assert [one.way for one in plan(alert(kind=AlertKind.ESCALATION), config, NOON, {})] == [Way.ALERT]


@pytest.mark.parametrize(
    ("wanted", "passes", "fails"),
    [
        ({"severity_min": "Severe"}, alert(Severity.EXTREME), alert(Severity.MODERATE)),
        ({"severity_min": "Severe"}, alert(Severity.UNKNOWN), alert(Severity.MINOR)),
        ({"categories": ["ied"]}, alert(), alert(body={"category": ThreatCategory.ARSON})),
        ({"kinds": ["threat"]}, alert(kind=AlertKind.THREAT), alert()),
        ({"provinces": ["PK-KP"]}, alert(), alert(body={"place": Place(province=Province.PUNJAB)})),
        ({"statuses": ["Exercise"]}, alert(status=Status.EXERCISE), alert()),
    ],
)
def test_a_filter_lets_through_what_it_names_and_what_does_not_say(
    wanted: dict[str, Any], passes: Alert, fails: Alert
) -> None:
    config = services(filter=wanted)
    assert plan(passes, config, NOON, {})
    assert plan(fails, config, NOON, {}) == []


def test_no_exception_lets_anything_past_the_marking() -> None:
    red = alert(
        Severity.EXTREME,
        handling=AlertHandling(tlp=TLP.RED, pap=PAP.RED, classification=Classification.SECRET),
    )
    config = services(filter={"tlp_max": "AMBER"})
    assert plan(red, config, NOON, {"desk": Told(sent=True)}) == []
    assert plan(red, services(filter={"tlp_max": "RED"}), NOON, {})


def test_who_was_told_of_an_incident_is_told_of_its_withdrawal_whatever_the_filter() -> None:
    config = services(filter={"severity_min": "Severe", "kinds": ["incident"]})
    recall = alert(Severity.MINOR, kind=AlertKind.RECALL, msg_type=AlertMsgType.CANCEL, revision=2)
    assert plan(recall, config, NOON, {}) == []
    assert [one.way for one in plan(recall, config, NOON, {"desk": Told(sent=True)})] == [Way.ALERT]


def test_a_withdrawal_of_what_waits_for_a_digest_stands_in_that_digest() -> None:
    config = services(digest={"at": ["07:30"]})
    recall = alert(Severity.MODERATE, kind=AlertKind.RECALL, msg_type=AlertMsgType.CANCEL, revision=2)
    (one,) = plan(recall, config, NOON, {"desk": Told(waiting_until=MORNING)})
    assert (one.way, one.due_at) == (Way.DIGEST, MORNING)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("agency: CTD-KP", "agency: ctd"), "agency: String should match"),
        (('from: "22:00"', "from: 22:00"), r'services.1.quiet_hours.from: is no time such as "22:00", in quotes'),
        (('"07:30"', '"25:30"'), "services.1.digest.at.0: is no time"),
        (("to: [desk]", "to: [boss]"), "'Mail to the desk' names the contact 'boss', which is not there"),
        (("to: [deputy, siem]", "to: [siem]"), "the contact 'deputy' is in no service"),
        (("severity_min: Minor", "severity_min: minor"), "services.1.filter.severity_min: Input should be 'Extreme'"),
        (
            ("agency: CTD-KP", "agency: CTD-KP\ntimezone: Mars/Olympus"),
            "timezone: is no time zone such as Asia/Karachi",
        ),
        (("after_min: 15", "after_min: 0"), "services.1.escalation.after_min: Input should be greater"),
        (("name: Mail to the desk", "name: Everything to the SIEM"), "two services have one name"),
        (('to: "06:00"', 'to: "22:00"'), "`from` and `to` are the same time"),
        (("digest:", "digset:"), "services.1.digset: Extra inputs are not permitted"),
    ],
)
def test_a_fault_in_the_file_is_one_sentence_with_its_place(change: tuple[str, str], said: str) -> None:
    assert change[0] in WHOLE
    with pytest.raises(Misconfigured) as told:
        parse(WHOLE.replace(*change), "services.yaml")
    assert str(told.value).startswith("services.yaml: ")
    assert said in str(told.value)


@pytest.mark.parametrize("text", ["", "- a", "agency: [", "[" * 100, "a: &a [x]\nb: " + "[*a, " * 3, "\t"])
def test_a_file_that_is_none_is_one_sentence(text: str) -> None:
    with pytest.raises(Misconfigured, match=r"^services.yaml (is not YAML|has )"):
        parse(text, "services.yaml")
