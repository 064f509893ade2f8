"""What meets, what does not, who echoes whom, and why."""

from math import log2
from typing import Any

import pytest

from builders import NOW, a_place, a_report, a_token, an_interval, minutes
from centre import Centre, killed
from fusionbus.contract.handling import Source
from fusionbus.contract.incident import Relation
from fusionbus.contract.report import Entity, ThreatReport
from fusionbus.contract.vocabulary import (
    EntityType,
    Province,
    Status,
    TargetSectorCode,
    ThreatCategory,
    Weapon,
)
from fusionbus.streams import incidents
from fusionbus.streams.values import Fresh, Joined


def told_by_police(**changes: Any) -> ThreatReport:
    """The same blast as `a_report`, in the words of the police."""
    made: dict[str, Any] = {
        "agency": "POLICE-KP",
        "local_ref": "PS-11/26",
        "occurred": an_interval(NOW - minutes(45), minutes(15)),
        "place": a_place(lat=34.05, lon=71.52, uncertainty_km=5.0),
        "headline": "Explosion among spice stalls in Peshawar",
        "narrative": "A handcart exploded near the spice sellers of the bazaar.",
    }
    return a_report(**made | changes)


def test_two_agencies_on_one_event_meet() -> None:
    centre = Centre()
    assert centre.take(a_report()) == Fresh()
    match = centre.take(told_by_police())
    assert isinstance(match, Joined)
    assert match.relation is Relation.CORROBORATION
    assert match.origin == told_by_police().report_id
    assert match.probability > 0.5


def test_a_blast_in_another_province_is_another_event() -> None:
    centre = Centre()
    centre.take(a_report())
    elsewhere = a_place(province=Province.SINDH, district="Sukkur", name="Sukkur", lat=27.7, lon=68.86)
    assert isinstance(centre.take(told_by_police(place=elsewhere)), Fresh)


def test_a_shooting_three_days_before_is_another_event() -> None:
    centre = Centre()
    centre.take(a_report())
    before = NOW - minutes(3 * 24 * 60)
    other = told_by_police(
        occurred=an_interval(before),
        reported_at=before,
        category=ThreatCategory.ARMED_ASSAULT,
        weapon=Weapon.FIREARM,
        target_sector=TargetSectorCode.EMRG,
        headline="Gunmen fire at a patrol",
        narrative="Two riders fired at a patrol on the ring road and fled.",
    )
    assert isinstance(centre.take(other), Fresh)


def test_an_exercise_never_meets_the_actual() -> None:
    centre = Centre()
    centre.take(a_report())
    twin = a_report(agency="POLICE-KP", local_ref="drill", status=Status.EXERCISE)
    assert centre.take(twin) == Fresh()


def test_a_report_made_out_of_another_is_its_echo() -> None:
    centre = Centre()
    centre.take(a_report())
    first = a_report().report_id
    echo = a_report(agency="IB", local_ref="7", narrative="As received.", source=Source(derived_from=(first,)))
    match = centre.take(echo)
    assert isinstance(match, Joined)
    assert (match.relation, match.origin) == (Relation.RELAY, first)


def test_an_echo_of_an_echo_goes_back_to_the_first() -> None:
    centre = Centre()
    centre.take(a_report())
    echo = a_report(agency="IB", local_ref="7", source=Source(derived_from=(a_report().report_id,)))
    centre.take(echo)
    again = a_report(agency="FIA", local_ref="8", source=Source(derived_from=(echo.report_id,)))
    match = centre.take(again)
    assert isinstance(match, Joined)
    assert match.origin == a_report().report_id


def test_one_source_heard_by_two_agencies_is_one_origin() -> None:
    centre = Centre()
    source = Source(source_token=a_token("source"))
    centre.take(a_report(source=source))
    match = centre.take(told_by_police(source=source))
    assert isinstance(match, Joined)
    assert (match.relation, match.origin) == (Relation.RELAY, a_report().report_id)


def test_the_same_words_are_an_echo() -> None:
    centre = Centre()
    centre.take(a_report())
    match = centre.take(a_report(agency="FIA", local_ref="copy"))
    assert isinstance(match, Joined)
    assert match.relation is Relation.RELAY


@pytest.mark.parametrize(
    ("first", "second", "relation"),
    [
        (None, None, Relation.RELAY),
        (a_token("source", 1), a_token("source", 2), Relation.CORROBORATION),
    ],
)
def test_an_agency_confirms_itself_only_from_another_source(
    first: str | None, second: str | None, relation: Relation
) -> None:
    centre = Centre()
    centre.take(a_report(source=Source(source_token=first), casualties=killed(5)))
    mine = told_by_police(agency="CTD-KP", source=Source(source_token=second), casualties=killed(5))
    match = centre.take(mine)
    assert isinstance(match, Joined)
    assert match.relation is relation


def test_the_bits_of_the_reasons_are_the_log_odds() -> None:
    centre = Centre()
    centre.take(a_report())
    centre.take(a_report(local_ref="other", place=a_place(name="Kohat", district="Kohat", lat=33.58, lon=71.45)))
    match = centre.take(told_by_police(casualties=killed(3)))
    assert isinstance(match, Joined)
    odds = match.probability / (1 - match.probability)
    assert sum(reason.bits for reason in match.reasons) == pytest.approx(log2(odds), abs=1e-3)


def test_a_phone_in_common_speaks_for_the_match() -> None:
    phone = (Entity(type=EntityType.PHONE, token=a_token("phone", 9)),)
    centre = Centre()
    centre.take(a_report(entities=phone))
    match = centre.take(told_by_police(entities=phone))
    assert isinstance(match, Joined)
    assert any(reason.field == "entities" and reason.bits > 0 for reason in match.reasons)


def test_an_incident_closes_a_week_after_its_last_report() -> None:
    centre = Centre()
    centre.take(a_report())
    (incident_id,) = centre.incidents
    assert centre.open.expire(NOW + minutes(6 * 24 * 60)) == []
    assert centre.open.expire(NOW + minutes(8 * 24 * 60)) == [incident_id]
    assert len(centre.open) == 0
    assert centre.open.incident_of(a_report().report_id) is None


def test_a_withdrawn_report_attracts_nothing() -> None:
    centre = Centre()
    centre.take(a_report())
    (incident,) = centre.incidents.values()
    centre.open.put(incidents.withdrawn(incident, a_report().report_id, 2, NOW))
    assert len(centre.open) == 0
    assert centre.take(told_by_police()) == Fresh()


def test_an_incident_is_held_once_however_often_it_is_put() -> None:
    centre = Centre()
    centre.take(a_report())
    centre.take(told_by_police())
    (incident,) = centre.incidents.values()
    for _ in range(3):
        centre.open.put(incident)
    assert len(centre.open) == 1
    assert centre.open.incident_of(told_by_police().report_id) == incident.incident_id


def test_the_farther_apart_in_hours_the_less_two_reports_are_one_event() -> None:
    def chance_at(hours: float) -> float:
        centre = Centre()
        centre.take(a_report())
        match = centre.take(told_by_police(occurred=an_interval(NOW - minutes(40 + 60 * hours))))
        if isinstance(match, Joined):
            return match.probability
        return match.possible[0].probability if match.possible else 0.0

    chances = [chance_at(hours) for hours in (0, 2, 6, 14, 30, 60)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > chances[-1]


def test_a_text_in_another_script_does_not_speak_against_a_match_as_other_words_do() -> None:
    def text_of(narrative: str, headline: str) -> float:
        centre = Centre()
        centre.take(a_report())
        match = centre.take(told_by_police(narrative=narrative, headline=headline, language="ur"))
        assert isinstance(match, Joined)
        return next(reason.bits for reason in match.reasons if reason.field == "text")

    urdu = text_of("پشاور کے بازار میں ریڑھی پر نصب مواد پھٹ گیا۔", "پشاور: بازار میں زور دار آواز")
    other = text_of("Officers cordoned the lane behind a warehouse today.", "Loud bang near warehouse lane")
    assert urdu > other
