"""What a report says, by its fields first and its text where they are silent."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOW, a_place, a_report
from fusionbus.contract.base import Range
from fusionbus.contract.report import Actor, Casualties, Place
from fusionbus.contract.vocabulary import CasualtyGroup, Outcome, Province, ThreatCategory
from fusionbus.streams.enrich import NOWHERE, enrich, zone_of_report
from fusionbus.streams.terms import TERMS_MAX, terms_in


def only_text(text: str) -> dict[str, object]:
    return {
        "occurred": None,
        "place": None,
        "category": None,
        "weapon": None,
        "target_sector": None,
        "headline": None,
        "narrative": text,
    }


def test_what_fields_leave_out_is_read_from_the_text() -> None:
    told = enrich(a_report(**only_text("A bomb killed four people and wounded 28 at a market in Quetta.")))
    assert told.claim.killed == Range(low=4, high=4)
    assert told.claim.injured == Range(low=28, high=28)
    assert told.claim.category is ThreatCategory.BOMBING
    assert told.claim.place is not None
    assert told.claim.place.district == "Quetta"
    assert told.zone == zone_of_report(told.report) == "PK-BA"
    assert {said.field for said in told.evidence} >= {"place", "killed"}


def test_fields_go_before_the_text() -> None:
    told = enrich(a_report(narrative="Earlier a bomb killed nine in Quetta.", category=ThreatCategory.ARSON))
    assert told.claim.category is ThreatCategory.ARSON
    assert told.claim.place is not None
    assert told.claim.place.district == "Peshawar"


def test_attackers_are_not_counted_among_the_killed() -> None:
    casualties = (
        Casualties(outcome=Outcome.KILLED, group=CasualtyGroup.CIVILIAN, low=3, high=5),
        Casualties(outcome=Outcome.KILLED, group=CasualtyGroup.ATTACKER, low=1, high=1),
    )
    assert enrich(a_report(casualties=casualties)).claim.killed == Range(low=3, high=5)


def test_a_group_has_one_name() -> None:
    long = enrich(a_report(actor=Actor(name="Tehrik-i-Taliban Pakistan"))).claim.actor
    assert long == enrich(a_report(actor=Actor(name="TTP"))).claim.actor


def test_a_report_that_says_nowhere_goes_to_the_national_zone() -> None:
    told = a_report(**only_text("Something was seen."))
    assert zone_of_report(told) == enrich(told).zone == NOWHERE


def test_a_province_alone_is_enough_for_the_zone() -> None:
    assert zone_of_report(a_report(place=Place(province=Province.SINDH))) == "PK-SD"


def test_a_place_the_gazetteer_does_not_know_stays_as_it_was_said() -> None:
    place = enrich(a_report(place=a_place(name="Purana Chashma bazaar"))).claim.place
    assert place is not None
    assert place.name == "Purana Chashma bazaar"
    assert place.district == "Peshawar"


def test_words_for_one_thing_are_one_term() -> None:
    assert terms_in("Policeman gunned down") & terms_in("Constable shot dead") >= {"police", "shoot"}


@settings(max_examples=150, deadline=None)
@given(
    text=st.one_of(st.none(), st.text(min_size=1, max_size=400)),
    headline=st.one_of(st.none(), st.text(min_size=1, max_size=80)),
    name=st.text(min_size=1, max_size=40),
    language=st.sampled_from(["en", "ur", "ur-Latn"]),
    days=st.integers(-20_000, 20_000),
)
def test_no_report_is_too_strange(text: str | None, headline: str | None, name: str, language: str, days: int) -> None:
    report = a_report(
        **only_text("x")
        | {"narrative": text, "headline": headline, "place": Place(name=name), "language": language}
        | {"reported_at": NOW + timedelta(days=days)}
    )
    told = enrich(report)
    assert told.zone == zone_of_report(report)
    assert len(told.terms) <= TERMS_MAX
    assert list(told.terms) == sorted(told.terms)
