"""One event that two zones are told of becomes one incident, wherever its zones lie, and can be taken apart again."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from border_towns import (
    EAST,
    NOWHERE,
    WEST,
    A,
    B,
    a_verdict,
    east,
    incident_of,
    no_place,
    reports_in,
    send,
    west,
)
from builders import NOW, a_place, an_interval
from fusionbus.contract import topics
from fusionbus.contract.keeping import Purge
from fusionbus.contract.records import ReceiptOutcome
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import (
    AlertKind,
    Credibility,
    MsgType,
    Province,
    Status,
    ThreatCategory,
    Weapon,
)
from hub import HubOnPaper


def guests_in(hub: HubOnPaper) -> list[str]:
    """Which reports are shown where, as the tables say."""
    return [key.decode() for rows in hub.fused.rows.values() for key in rows if key.startswith(b"g:")]


# -- found at once ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("first", "second", "zone"), [(west, east, WEST), (east, west, EAST)], ids=["west", "east"])
def test_a_report_of_an_event_that_the_next_zone_has_joins_it_there(
    hub: HubOnPaper, first: Callable[[], ThreatReport], second: Callable[[], ThreatReport], zone: str
) -> None:
    send(hub, first(), second())
    (incident,) = hub.incidents().values()
    assert (incident.incident_id, incident.zone) == (incident_of(zone, first()), zone)
    assert (incident.independent_origins, incident.credibility) == (2, Credibility.CONFIRMED)
    (receipt,) = hub.receipts_of(second().agency)
    assert (receipt.outcome, receipt.incident_id) == (ReceiptOutcome.CORROBORATION, incident.incident_id)
    assert {alert.zone for alert in hub.alerts()} == {zone}


def test_a_report_far_from_any_border_is_shown_nowhere(hub: HubOnPaper) -> None:
    inland = a_place(province=Province.PUNJAB, district="Multan", name="Multan", lat=30.2, lon=71.47, uncertainty_km=5)
    send(hub, west(place=inland))
    assert not [output for output in hub.sent if b'"type":"probe"' in (output.value or b"")]


def test_a_probe_holds_what_matching_needs_and_neither_text_nor_audience(hub: HubOnPaper) -> None:
    send(hub, west())
    (raw,) = [output.value or b"" for output in hub.sent if b'"type":"probe"' in (output.value or b"")]
    assert b"Lorry bomb on the bridge" not in raw
    assert b"laden with" not in raw
    assert b'"forms":{}' in raw
    assert b'"keeping"' not in raw


def test_a_report_without_a_place_finds_its_incident_and_becomes_part_of_it(hub: HubOnPaper) -> None:
    send(hub, west(), no_place())
    assert reports_in(hub) == {A: {west().report_id, no_place().report_id}}
    assert hub.incidents()[A].independent_origins == 2
    told = [alert for alert in hub.alerts_of("NACTA") if alert.merged_from]
    assert [alert.merged_from for alert in told] == [(incident_of(NOWHERE, no_place()),)]
    assert "the hub found" in told[0].why
    assert [link.type for link in hub.links()] == ["same"]


def test_what_is_told_first_without_a_place_is_found_from_anywhere(hub: HubOnPaper) -> None:
    send(hub, no_place(), west(), east())
    assert list(map(len, reports_in(hub).values())) == [3]


def test_exercise_and_earnest_do_not_meet_across_zones(hub: HubOnPaper) -> None:
    send(hub, west(status=Status.EXERCISE), east())
    assert sorted(map(len, reports_in(hub).values())) == [1, 1]


def test_another_attack_that_day_across_the_border_stays_another(hub: HubOnPaper) -> None:
    other = east(
        headline="Gunmen fire at a polio team in Hazro",
        narrative="A constable guarding vaccinators was wounded by two men on a motorcycle.",
        category=ThreatCategory.ARMED_ASSAULT,
        weapon=Weapon.FIREARM,
        occurred=an_interval(NOW - timedelta(hours=20)),
    )
    send(hub, west(), other)
    assert sorted(map(len, reports_in(hub).values())) == [1, 1]


# -- after a report went on -------------------------------------------------------------------------------------------
def test_revisions_of_a_report_follow_it_to_the_zone_of_its_incident(hub: HubOnPaper) -> None:
    send(hub, west(), east(), east(revision=2, msg_type=MsgType.UPDATE, headline="Nine dead at Attock bridge"))
    (incident,) = hub.incidents().values()
    assert {member.report_id: member.revision for member in incident.members} == {
        west().report_id: 1,
        east().report_id: 2,
    }
    send(hub, east(revision=3, msg_type=MsgType.CANCEL))
    (incident,) = hub.incidents().values()
    assert incident.independent_origins == 1
    assert {alert.kind for alert in hub.alerts_of("NACTA")} >= {AlertKind.RECALL}
    assert not hub.dead_letters()


def test_a_withdrawn_report_is_found_by_nobody_next_door(hub: HubOnPaper) -> None:
    send(hub, west(), west(revision=2, msg_type=MsgType.CANCEL), east())
    assert reports_in(hub)[B] == {east().report_id}


def test_a_corrected_place_takes_a_report_away_from_the_neighbours(hub: HubOnPaper) -> None:
    inland = a_place(district="Bannu", name="Bannu", lat=32.99, lon=70.6, uncertainty_km=5)
    send(hub, west())
    assert len(guests_in(hub)) == 1
    send(hub, west(revision=2, msg_type=MsgType.UPDATE, place=inland))
    assert guests_in(hub) == []


def test_what_a_purge_takes_away_is_gone_next_door_too(hub: HubOnPaper) -> None:
    send(hub, west())
    order = Purge(agency="CTD-KP", report_id=west().report_id, at=NOW, reason="A court said so.")
    hub.put(topics.reports_topic("CTD-KP"), west().report_id.encode(), order.model_dump_json().encode())
    assert guests_in(hub) == []
    send(hub, east())
    assert reports_in(hub)[B] == {east().report_id}


# -- incidents that both stand ----------------------------------------------------------------------------------------
def test_a_third_report_that_fits_both_makes_them_one(both: HubOnPaper) -> None:
    send(both, west("w2", "POLICE-KP", uncertainty_km=30.0))
    assert reports_in(both) == {A: {west().report_id, east().report_id, west("w2", "POLICE-KP").report_id}}
    gone = both.incidents()[B]
    assert (gone.merged_into, gone.closed, gone.zone) == (A, True, WEST)
    told = [alert.recipient for alert in both.alerts() if alert.merged_from == (B,)]
    assert {"IB", "NACTA"} <= set(told)
    assert len(told) == len(set(told))
    assert [receipt.outcome for receipt in both.receipts_of("CTD-PB")][-1] is ReceiptOutcome.MOVED


def test_a_person_joins_incidents_of_two_zones_and_the_older_id_stays(both: HubOnPaper) -> None:
    both.tell(a_verdict(zones=(WEST, EAST)))
    kept, gone = both.incidents()[A], both.incidents()[B]
    assert (kept.zone, kept.independent_origins, kept.closed) == (WEST, 2, False)
    assert (gone.zone, gone.merged_into) == (WEST, A)
    assert both.receipts_of("NACTA")[-1].outcome is ReceiptOutcome.CONTROL_DONE
    assert [link.type for link in both.links() if link.decided_by.startswith("NACTA")] == ["same"]


def test_a_merge_across_zones_is_taken_back_as_one_within_a_zone(joined: HubOnPaper) -> None:
    joined.tell(a_verdict("not_same", (WEST, None), after_s=1))
    assert reports_in(joined) == {A: {west().report_id}, B: {east().report_id}}
    assert (joined.incidents()[B].independent_origins, joined.incidents()[B].zone) == (1, WEST)
    assert {alert.apart_from for alert in joined.alerts_of("NACTA")} == {(A,), (B,)}


def test_what_a_person_parted_no_later_finding_of_the_hub_joins(joined: HubOnPaper) -> None:
    joined.tell(a_verdict("not_same", (WEST, None), after_s=1))
    send(joined, east("e2", "IB", uncertainty_km=20.0), no_place())
    assert {A, B} <= set(reports_in(joined))
    assert not any({west().report_id, east().report_id} <= reports for reports in reports_in(joined).values())


def test_a_person_may_say_of_two_zones_incidents_that_they_stay_two(both: HubOnPaper) -> None:
    both.tell(a_verdict("not_same"))
    assert [link.type for link in both.links()] == ["split"]
    assert both.receipts_of("NACTA")[-1].outcome is ReceiptOutcome.CONTROL_DONE
    send(both, west("w2", "POLICE-KP", uncertainty_km=30.0))
    assert not any({west().report_id, east().report_id} <= reports for reports in reports_in(both).values())


# -- crashes ----------------------------------------------------------------------------------------------------------
def test_a_worker_that_starts_anew_knows_its_guests(hub: HubOnPaper) -> None:
    send(hub, west())
    hub.restart()
    send(hub, east())
    assert list(map(len, reports_in(hub).values())) == [2]


def test_guests_are_let_go_with_the_window(hub: HubOnPaper) -> None:
    send(hub, west())
    hub.later(timedelta(days=9))
    late = hub.now
    send(
        hub,
        east("e9", occurred=an_interval(late), reported_at=late),
        west("w9", occurred=an_interval(late), reported_at=late),
    )
    assert not any(west().report_id in key for key in guests_in(hub))
    assert hub.fusion.open_count() == 1
