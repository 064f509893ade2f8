"""An operation in one zone and what coincides with it in another point to each other as within one zone."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from border_towns import EAST, WEST, east, west
from builders import NOW, a_handling, a_place, a_report, a_token, an_interval
from fusionbus.contract.codec import encode
from fusionbus.contract.crossing import Coincidence
from fusionbus.contract.keeping import Purge
from fusionbus.contract.report import Entity, Place, ThreatReport
from fusionbus.contract.sections import OperationSection
from fusionbus.contract.topics import reports_topic
from fusionbus.contract.vocabulary import EntityType, MsgType, Province
from fusionbus.streams.engine import Decision
from fusionbus.streams.reading.gazetteer import distance_km
from hub import HubOnPaper
from pointing import called, desk, pointers

PHONE = (Entity(type=EntityType.PHONE, token=a_token()),)
FAR = a_place(province=Province.PUNJAB, district="Multan", name="Multan", lat=30.2, lon=71.47, uncertainty_km=5)
BOTH_ORDERS = pytest.mark.parametrize("raid_first", [True, False], ids=["raid first", "raid last"])


def a_raid(radius_km: float = 2.0, **changes: Any) -> ThreatReport:
    """A raid planned by CTD-KP on the western bank."""
    planned = OperationSection(
        operation="raid", planned=an_interval(NOW, timedelta(hours=2)), radius_km=radius_km, contact="Desk"
    )
    told: dict[str, Any] = {
        "local_ref": "raid",
        "uncertainty_km": 0.5,
        "headline": "Raid on the house behind the mill",
        "narrative": "Twelve men by the northern lane.",
        "occurred": None,
        "category": None,
        "weapon": None,
        "casualties": (),
        "section": planned,
    }
    return west(**told | changes)


def a_watch(uncertainty_km: float = 5.0, **changes: Any) -> ThreatReport:
    """What CTD-PB sees on the eastern bank, 3 km from there."""
    told: dict[str, Any] = {
        "local_ref": "watch",
        "uncertainty_km": uncertainty_km,
        "headline": "A courier expected at the tea stall",
        "narrative": "Our man sits at the corner table.",
        "occurred": an_interval(NOW),
        "weapon": None,
        "casualties": (),
    }
    return east(**told | changes)


@BOTH_ORDERS
def test_both_sides_of_a_border_learn_each_others_desk_once(hub: HubOnPaper, *, raid_first: bool) -> None:
    reports = [a_raid(), a_watch()]
    hub.send(*(reports if raid_first else reversed(reports)))
    assert called(hub) == {"CTD-KP": [desk(hub, "CTD-PB")], "CTD-PB": [desk(hub, "CTD-KP")]}
    assert {name: told[0].zone for name, told in pointers(hub).items()} == {"CTD-KP": WEST, "CTD-PB": EAST}
    hub.send(
        a_raid(msg_type=MsgType.UPDATE, revision=2, reported_at=NOW),
        a_watch(msg_type=MsgType.UPDATE, revision=2, reported_at=NOW),
    )
    assert {name: len(told) for name, told in called(hub).items()} == {"CTD-KP": 1, "CTD-PB": 1}
    assert not hub.dead_letters()


@BOTH_ORDERS
def test_nothing_of_the_other_side_but_its_desk_crosses(hub: HubOnPaper, *, raid_first: bool) -> None:
    raid, watch = a_raid(), a_watch()
    hub.send(*([raid, watch] if raid_first else [watch, raid]))
    for theirs, agency in ((raid, "CTD-PB"), (watch, "CTD-KP")):
        (alert,) = pointers(hub)[agency]
        told = json.loads(encode(alert))
        del told["body"]["contact"]
        secrets = (theirs.report_id, theirs.local_ref, theirs.agency, "mill", "lane", "tea", "Khairabad", "Attock")
        assert [secret for secret in secrets if secret in json.dumps(told)] == []


@BOTH_ORDERS
def test_a_phone_in_common_meets_across_the_country(hub: HubOnPaper, *, raid_first: bool) -> None:
    watch = a_watch(entities=PHONE, place=FAR, occurred=an_interval(NOW - timedelta(days=3)))
    reports = [a_raid(entities=PHONE), watch]
    hub.send(*(reports if raid_first else reversed(reports)))
    assert called(hub) == {"CTD-KP": [desk(hub, "CTD-PB")], "CTD-PB": [desk(hub, "CTD-KP")]}


@BOTH_ORDERS
def test_who_may_not_be_known_is_called_through_the_hubs_desk_across_zones(
    hub: HubOnPaper, *, raid_first: bool
) -> None:
    reports = [a_raid(), a_watch(handling=a_handling(mask_source=True))]
    hub.send(*(reports if raid_first else reversed(reports)))
    assert called(hub) == {"CTD-KP": [desk(hub, "NACTA")], "CTD-PB": [desk(hub, "CTD-KP")]}


def test_a_withdrawn_or_purged_operation_meets_nothing_next_door(hub: HubOnPaper) -> None:
    hub.send(a_raid(), a_raid(msg_type=MsgType.CANCEL, revision=2, reported_at=NOW))
    other = a_raid(local_ref="other")
    hub.send(other)
    order = Purge(agency="CTD-KP", report_id=other.report_id, at=NOW, reason="A court said so.")
    hub.put(reports_topic("CTD-KP"), other.report_id.encode(), order.model_dump_json().encode())
    hub.send(a_watch())
    assert called(hub) == {}


def test_what_another_zone_found_of_a_report_that_is_gone_meanwhile_tells_nobody(hub: HubOnPaper) -> None:
    raid = a_raid()
    hub.send(raid)
    events = hub.admit([hub.event_of(a_watch())])
    decision = hub.fusion.decide(events, hub.work("fuse"))
    hub.keep(decision)
    late = hub.accepted(decision)
    assert any(b'"type":"coincidence"' in (event.value or b"") for event in late)
    hub.send(a_raid(msg_type=MsgType.CANCEL, revision=2, reported_at=NOW))
    hub.clear_told()
    hub.fuse(late)
    assert called(hub) == {}
    assert not hub.dead_letters()


def test_a_report_that_meets_several_in_another_zone_has_a_bound_and_each_is_told(hub: HubOnPaper) -> None:
    watches = [a_watch(local_ref=f"w{number}", place=_near(33.88 + number / 1_000)) for number in range(4)]
    hub.send(*watches)
    hub.clear_told()
    hub.send(a_raid())
    assert called(hub)["CTD-KP"] == [desk(hub, "CTD-PB")]
    paired = [pair for incident in hub.incidents().values() if incident.zone == WEST for pair in incident.pointed_to]
    assert len(paired) == len(set(paired)) == len(watches)


def _near(lat: float) -> Place:
    return a_place(
        province=Province.PUNJAB, district="Attock", name="Attock Khurd", lat=lat, lon=72.25, uncertainty_km=5
    )


@BOTH_ORDERS
def test_a_crash_between_any_two_marks_tells_each_side_once(*, raid_first: bool) -> None:
    reports = [a_raid(), a_watch()] if raid_first else [a_watch(), a_raid()]
    calm = HubOnPaper.of()
    calm.send(*reports)
    wanted = {alert.alert_id for alert in calm.alerts()}
    for written in range(10):
        hub = HubOnPaper.of()
        hub.send(reports[0])
        batch = hub.admit([hub.event_of(reports[1])])
        while batch:
            half = hub.fusion.decide(batch, hub.work("fuse"))
            hub.sent.extend(half.outputs)
            hub.fused.keep(Decision(marks=half.marks[:written]))
            twice = hub.accepted(half)
            hub.restart()
            again = hub.fusion.decide(batch, hub.work("fuse"))
            hub.keep(again)
            batch = [*twice, *hub.accepted(again)]
        assert {alert.alert_id for alert in hub.alerts()} == wanted, f"{written} marks written"
        assert all(len(incident.pointed_to) == 1 for incident in hub.incidents().values())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(north=st.floats(-0.4, 0.4), own_km=st.floats(0.5, 60.0), their_km=st.floats(0.5, 12.0), raid_first=st.booleans())
def test_circles_meet_over_a_border_exactly_as_within_a_zone(
    north: float, own_km: float, their_km: float, *, raid_first: bool
) -> None:
    here, there = (33.90, 72.23), (33.88 + north, 72.25)
    watch = a_watch(place=_near(there[0]).model_copy(update={"uncertainty_km": their_km}))
    reports = [a_raid(own_km), watch] if raid_first else [watch, a_raid(own_km)]
    hub = HubOnPaper.of(partitions=5)
    hub.send(*reports)
    meets = their_km <= 10.0 and distance_km(*here, *there) <= min(own_km, 50.0) + their_km
    assert set(called(hub)) == ({"CTD-KP", "CTD-PB"} if meets else set())


def test_a_coincidence_names_no_party() -> None:
    assert set(Coincidence.model_fields) == {"type", "zone", "incident_id", "report_id", "desks", "accepted_at"}
    assert a_report().local_ref not in json.dumps(Coincidence.model_json_schema())
