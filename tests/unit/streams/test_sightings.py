"""A token seen in two incidents relates them, in any zones and any order; what is everywhere relates nothing more."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from builders import NOW, a_place, a_report, a_token, an_interval
from fusionbus.contract import ids
from fusionbus.contract.incident import Link
from fusionbus.contract.records import AcceptedSighting
from fusionbus.contract.report import Entity, ThreatReport
from fusionbus.contract.vocabulary import EntityType, MsgType, Province, Status
from fusionbus.streams.keeping import WHOLE
from fusionbus.streams.sightings import INCIDENTS_OF_TOKEN_MAX, is_over, sighted
from hub import HubOnPaper
from records_desk import purge

PHONE = (Entity(type=EntityType.PHONE, token=a_token()),)
KARACHI = a_place(province=Province.SINDH, district="Karachi South", name="Saddar", lat=24.86, lon=67.01)

LAHORE = a_place(province=Province.PUNJAB, district="Lahore", name="Lahore", lat=31.55, lon=74.34)


def told(number: int, **changes: Any) -> ThreatReport:
    """One of several events that have nothing in common but a phone."""
    made: dict[str, Any] = {
        "local_ref": f"matter-{number}",
        "headline": f"Matter {number} of its own kind",
        "narrative": " ".join(f"word{number}x{n}" for n in range(9)),
        "occurred": an_interval(NOW - timedelta(days=number * 9)),
        "place": a_place(province=Province.KHYBER_PAKHTUNKHWA, district="Bannu", name="Bannu", lat=32.99, lon=70.6),
        "category": None,
        "weapon": None,
        "target_sector": None,
        "entities": PHONE,
    }
    return a_report(**made | changes)


def in_karachi(number: int = 9, **changes: Any) -> ThreatReport:
    return told(number, place=KARACHI, **changes)


def shared(hub: HubOnPaper) -> list[Link]:
    return [link for link in hub.links() if link.type == "shared_token"]


def pairs(hub: HubOnPaper) -> set[frozenset[str]]:
    return {frozenset(link.incidents) for link in shared(hub)}


@pytest.fixture
def hub() -> HubOnPaper:
    return HubOnPaper.of()


def test_a_phone_seen_in_two_zones_relates_the_incidents_and_does_not_join_them(hub: HubOnPaper) -> None:
    hub.send(told(1), in_karachi())
    assert {incident.zone for incident in hub.incidents().values()} == {"PK-KP", "PK-SD"}
    (link,) = shared(hub)
    assert set(link.incidents) == set(hub.incidents())
    assert (link.capped, [reason.said for reason in link.reasons]) == (False, ["the same phone in both"])
    assert a_token() not in link.model_dump_json()


def test_which_incidents_are_related_does_not_depend_on_the_order() -> None:
    found = []
    for reports in permutations([told(1), told(3, place=LAHORE), in_karachi()]):
        hub = HubOnPaper.of()
        hub.send(*reports)
        found.append(pairs(hub))
    assert all(each == found[0] for each in found)
    assert len(found[0]) == 3


def test_an_exercise_is_never_related_to_the_real_thing(hub: HubOnPaper) -> None:
    hub.send(told(1), in_karachi(status=Status.EXERCISE))
    assert shared(hub) == []


def test_a_sighting_that_is_read_again_relates_nothing_again(hub: HubOnPaper) -> None:
    hub.send(told(1), told(1, msg_type=MsgType.UPDATE, revision=2, reported_at=NOW), in_karachi())
    assert len(shared(hub)) == 1


@pytest.mark.parametrize("how", ["purged", "withdrawn"])
def test_what_is_taken_back_is_seen_there_no_more(hub: HubOnPaper, how: str) -> None:
    hub.send(told(1))
    if how == "purged":
        purge(hub, told(1))
    else:
        hub.send(told(1, msg_type=MsgType.CANCEL, revision=2, reported_at=NOW))
    hub.send(in_karachi())
    assert shared(hub) == []
    assert not any(told(1).report_id.encode() in v for k, v in hub.fused.rows[0].items() if k.startswith(b"t:"))


def a_sighting(number: int, **changes: Any) -> AcceptedSighting:
    name = ids.report_id("IB", str(number))
    made: dict[str, Any] = {
        "token": a_token(),
        "report_id": name,
        "incident_id": ids.incident_id("PK-KP", name),
        "status": Status.ACTUAL,
        "accepted_at": NOW,
    }
    return AcceptedSighting(**made | changes)


def test_a_token_that_is_everywhere_is_shown_as_capped_and_its_row_grows_no_further() -> None:
    row, links = None, []
    for number in range(INCIDENTS_OF_TOKEN_MAX + 5):
        row, more = sighted(row, a_sighting(number))
        links.append(more)
    assert [len(more) for more in links] == [*range(INCIDENTS_OF_TOKEN_MAX), 1, 1, 1, 1, 1]
    assert [link.capped for link in links[-1]] == [True]
    assert row is not None
    assert len(row.splitlines()) == INCIDENTS_OF_TOKEN_MAX


def test_a_token_is_kept_as_long_as_what_reports_said() -> None:
    row, _ = sighted(None, a_sighting(1))
    assert row is not None
    assert not is_over(row, NOW + WHOLE - timedelta(hours=1))
    assert is_over(row, NOW + WHOLE + timedelta(hours=1))
    later = a_sighting(2, accepted_at=NOW + WHOLE + timedelta(hours=1))
    assert sighted(row, later)[1] == []
