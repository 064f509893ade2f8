"""Weeks are Pakistan's, and districts are those of the gazetteer with the ones beside them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fusionbus.contract.report import Place
from fusionbus.streams.patterns.forecast.ground import PARTS, districts_at, districts_named, pakistan
from fusionbus.streams.patterns.forecast.weeks import name_of, said, start_of, week_of
from fusionbus.streams.reading.gazetteer import DISTRICTS, GROUPS

NAMES = pakistan().names


def named(place: Place | None) -> list[str]:
    return [NAMES[district] for district in districts_at(place)]


@given(some.integers(946_684_800, 3_786_825_600).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)))
def test_every_moment_lies_in_its_week(moment: datetime) -> None:
    start = start_of(week_of(moment))
    assert start <= moment < start + timedelta(weeks=1)


def test_a_week_begins_on_monday_at_midnight_in_pakistan() -> None:
    monday = datetime(2024, 2, 11, 19, 0, tzinfo=UTC)
    assert start_of(week_of(monday)) == monday
    assert week_of(monday - timedelta(microseconds=1)) == week_of(monday) - 1
    assert name_of(week_of(monday)) == "2024-W07"
    assert said(week_of(monday)) == "12 February to 18 February 2024"


def test_the_last_days_of_a_year_may_lie_in_the_first_week_of_the_next() -> None:
    assert name_of(week_of(datetime(2024, 12, 30, 12, tzinfo=UTC))) == "2025-W01"


def test_every_old_district_that_was_divided_has_its_parts() -> None:
    assert set(PARTS) == set(GROUPS)
    assert {part for parts in PARTS.values() for part in parts} <= set(NAMES)
    assert set(NAMES) == set(DISTRICTS) - set(GROUPS)


def test_who_lies_beside_whom_holds_both_ways_and_nobody_is_alone() -> None:
    neighbours = pakistan().neighbours
    for own, others in enumerate(neighbours):
        assert others
        assert own not in others
        assert all(own in neighbours[other] for other in others)
    quetta = [NAMES[other] for other in neighbours[NAMES.index("Quetta")]]
    assert "Pishin" in quetta
    assert "Lahore" not in quetta


@pytest.mark.parametrize(
    ("place", "districts"),
    [
        (Place(district="Peshawar"), ["Peshawar"]),
        (Place(district="پشاور"), ["Peshawar"]),
        (Place(district="North Waziristan Agency"), ["North Waziristan"]),
        (Place(district="South Waziristan"), ["Lower South Waziristan", "Upper South Waziristan"]),
        (Place(district="Atlantis"), []),
        (Place(lat=34.0, lon=71.55), ["Peshawar"]),
        (Place(lat=34.0, lon=71.55, uncertainty_km=120.0), []),
        (Place(lat=10.0, lon=10.0), []),
        (Place(), []),
        (None, []),
    ],
)
def test_an_event_counts_where_its_place_says(place: Place | None, districts: list[str]) -> None:
    assert named(place) == districts
    assert all(districts_named(district) for district in districts)
