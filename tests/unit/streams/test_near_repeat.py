"""Near repeats and coordination: what relates attacks, why, and what chance would make."""

import math
from collections.abc import Iterable
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOW
from fusionbus.contract.observation import Observation
from fusionbus.contract.vocabulary import ThreatCategory, Weapon
from fusionbus.streams.patterns import chance
from fusionbus.streams.patterns.relations.coordination import CoordinationSearch
from fusionbus.streams.patterns.relations.near_repeat import NEAR_DAYS, NearRepeatSearch
from fusionbus.streams.patterns.values import Finding, Search
from observations import USUAL, a_background, a_district, an_observation

DAY = timedelta(days=1)


def searched(search: Search, observations: Iterable[Observation]) -> Search:
    for observation in observations:
        search.put(observation)
    return search


def figure(found: Finding, name: str) -> float:
    return next(each.value for each in found.figures if each.name == name)


# -- near repeats ------------------------------------------------------------------------------------------------------
HANGU = a_district("Hangu", lat=33.53, lon=71.06, uncertainty_km=2.0)
NEXT_VILLAGE = a_district("Hangu", lat=33.60, lon=71.15, uncertainty_km=2.0)
FAR_OFF = a_district("Hangu", lat=33.80, lon=71.40, uncertainty_km=2.0)


def a_pair(**second: object) -> list[Observation]:
    """One actor's attacks in two villages 11 km and 20 days apart."""
    made = {"place": NEXT_VILLAGE, "actor": "ISKP"} | second
    return [
        an_observation("first", NOW - 30 * DAY, place=HANGU, actor="ISKP"),
        an_observation("second", NOW - 10 * DAY, **made),
    ]


def repeats(observations: Iterable[Observation], now: object = NOW) -> list[Finding]:
    search = searched(NearRepeatSearch(), [*a_background(days=390), *observations])
    return [found for found in search.standing(now) if found.actor == "ISKP"]  # type: ignore[arg-type]


def test_an_actor_that_comes_back_nearby_within_weeks_is_told_with_the_chance_of_it() -> None:
    (found,) = repeats(a_pair())
    assert [told.report_id for told, _ in found.evidence] == [each.report_id for each in a_pair()]
    assert figure(found, "expected by chance") == pytest.approx(0.5 / 320 * NEAR_DAYS, rel=0.2)
    assert figure(found, "chance of so many") == pytest.approx(
        1 - math.exp(-figure(found, "expected by chance")), rel=0.01
    )
    assert "11 km and 20 days before" in found.evidence[0][1]


@pytest.mark.parametrize(
    "second",
    [
        pytest.param({"place": FAR_OFF}, id="too far"),
        pytest.param({"actor": "BLA"}, id="another actor"),
        pytest.param({"actor": None}, id="nobody named"),
        pytest.param({"place": NEXT_VILLAGE.model_copy(update={"uncertainty_km": 40.0})}, id="somewhere there"),
    ],
)
def test_what_is_not_near_or_not_the_same_actors_is_no_repeat(second: dict[str, object]) -> None:
    assert not repeats(a_pair(**second))


def test_after_ten_weeks_the_raised_risk_is_over() -> None:
    assert repeats(a_pair(), NOW + (NEAR_DAYS - 11) * DAY)
    assert not repeats(a_pair(), NOW + (NEAR_DAYS - 9) * DAY)


def test_where_an_actor_attacks_every_week_the_next_attack_relates_nothing() -> None:
    weekly = [an_observation(f"weekly-{n}", NOW - 7 * n * DAY, place=HANGU, actor="ISKP") for n in range(50)]
    assert not repeats(weekly)


def test_a_third_attack_makes_a_later_word_on_the_same_chain() -> None:
    third = an_observation("third", NOW - DAY, place=HANGU, actor="ISKP")
    (before,), (after,) = repeats(a_pair()), repeats([*a_pair(), third])
    assert after.key == before.key
    assert len(after.evidence) == 3


# -- coordination ------------------------------------------------------------------------------------------------------
NIGHT = NOW - 2 * DAY


def a_night(count: int = 6, **changes: object) -> list[Observation]:
    """One actor's attacks in so many districts within two hours."""
    made = {"actor": "BLA", "category": ThreatCategory.ARMED_ASSAULT, "weapon": Weapon.FIREARM} | changes
    return [
        an_observation(f"night-{n}", NIGHT + timedelta(minutes=20 * n), place=a_district(district), **made)
        for n, district in enumerate(USUAL[:count])
    ]


def nights(observations: Iterable[Observation]) -> list[Finding]:
    return list(searched(CoordinationSearch(), [*a_background(a_day=1.0), *observations]).standing(NOW))


def test_one_actor_in_many_districts_in_one_night_is_told_once_with_how_seldom_chance_does_it() -> None:
    (found,) = nights(a_night())
    assert found.actor == "BLA"
    assert {told.report_id for told, _ in found.evidence} == {each.report_id for each in a_night()}
    assert figure(found, "districts") == 6
    assert figure(found, "such nights by chance") < 0.01


def test_one_kind_of_weapon_counts_where_no_actor_is_named() -> None:
    (found,) = nights(a_night(actor=None))
    assert found.actor is None
    assert "firearm" in found.statement


def test_two_districts_or_one_district_often_are_no_coordination() -> None:
    assert not nights(a_night(2))
    assert not nights([each.model_copy(update={"place": a_district("Kech")}) for each in a_night()])


def test_an_actor_with_as_many_attacks_every_night_is_not_told_of() -> None:
    usual = [
        an_observation(
            f"busy-{night}-{n}", NIGHT - night * DAY, place=a_district(name), actor="BLA", weapon=Weapon.FIREARM
        )
        for night in range(1, 120)
        for n, name in enumerate(USUAL[:3])
    ]
    assert not nights([*usual, *a_night(3)])


def test_a_night_is_told_for_two_weeks() -> None:
    search = searched(CoordinationSearch(), [*a_background(a_day=1.0), *a_night()])
    assert search.standing(NOW + 10 * DAY)
    assert not search.standing(NOW + 20 * DAY)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1_000_000))
def test_neither_search_depends_on_the_order_of_reports_nor_on_what_is_gone(seed: int) -> None:
    told = [*a_background(days=300), *a_pair(), *a_night()]
    gone = [an_observation(f"gone-{n}", NOW - n * DAY, place=HANGU, actor="ISKP") for n in range(5)]
    mixed = [*told, *gone]
    Random(seed).shuffle(mixed)  # noqa: S311 - chance that can be repeated
    for make in (NearRepeatSearch, CoordinationSearch):
        search = searched(make(), mixed)
        search.standing(NOW)
        for each in gone:
            search.drop(each.report_id)
        assert search.standing(NOW) == searched(make(), told).standing(NOW) != []


def test_chance_is_poissons() -> None:
    assert chance.at_least(0, 0.5) == 1
    assert chance.at_least(1, 0.5) == pytest.approx(1 - math.exp(-0.5))
    assert chance.at_least(3, 2.0) == pytest.approx(1 - math.exp(-2) * (1 + 2 + 2))
    assert chance.said(0.25) == "25.0%"
    assert chance.said(1e-6) == "one in 1,000,000"
