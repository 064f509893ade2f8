"""Incidents as folds: what several reports say together, and how sure that makes it."""

from typing import Any

import pytest

from builders import NOW, a_place, a_report, an_interval, minutes
from fusionbus.contract import ids
from fusionbus.contract.base import Range
from fusionbus.contract.handling import Source
from fusionbus.contract.incident import MEMBERS_MAX, Claim, Incident, Member, Relation
from fusionbus.contract.vocabulary import Credibility, Province, ThreatCategory, Weapon
from fusionbus.streams import incidents, lineage
from fusionbus.streams.enrich import enrich
from fusionbus.streams.values import Enriched, Joined

OPENED = incidents.opened(enrich(a_report()), NOW)


def told(number: int = 1, **changes: Any) -> Enriched:
    return enrich(a_report(agency="IB", local_ref=f"IB-{number}", **changes))


def match(enriched: Enriched, relation: Relation = Relation.CORROBORATION) -> Joined:
    own = relation is Relation.CORROBORATION
    origin = enriched.report.report_id if own else OPENED.members[0].origin
    return Joined(OPENED.incident_id, relation, origin, 0.99, ())


def with_report(enriched: Enriched, relation: Relation = Relation.CORROBORATION) -> Incident:
    return incidents.joined(OPENED, enriched, match(enriched, relation), NOW + minutes(1))


def member(**changes: Any) -> Member:
    return OPENED.members[0].model_copy(update=changes)


def test_an_incident_is_named_after_its_zone_and_first_report() -> None:
    assert OPENED.incident_id == ids.incident_id("PK-KP", a_report().report_id)
    assert (OPENED.revision, OPENED.independent_origins, OPENED.closed) == (1, 1, False)


def test_every_report_makes_a_revision_and_the_name_stays() -> None:
    after = with_report(told())
    assert (after.incident_id, after.revision, after.opened_at) == (OPENED.incident_id, 2, NOW)
    assert after.updated_at == NOW + minutes(1)


def test_two_origins_confirm_and_an_echo_does_not() -> None:
    assert with_report(told()).credibility is Credibility.CONFIRMED
    echoed = with_report(told(), Relation.RELAY)
    assert (echoed.independent_origins, len(echoed.members)) == (1, 2)
    assert echoed.credibility is not Credibility.CONFIRMED


def test_nobody_confirms_itself_whatever_it_claims() -> None:
    claims = Source(credibility=Credibility.CONFIRMED)
    assert incidents.opened(enrich(a_report(source=claims)), NOW).credibility is Credibility.PROBABLY_TRUE


def test_the_best_word_that_stands_counts() -> None:
    echoed = with_report(told(source=Source(credibility=Credibility.POSSIBLY_TRUE)), Relation.RELAY)
    assert echoed.credibility is Credibility.POSSIBLY_TRUE


def test_an_echo_of_what_was_withdrawn_is_no_origin() -> None:
    after = incidents.withdrawn(with_report(told(), Relation.RELAY), a_report().report_id, 2, NOW)
    assert (after.independent_origins, after.closed) == (0, False)
    assert not lineage.origins_of(after.members)


def test_with_nobodys_word_left_it_is_closed_and_a_closed_one_stays_closed() -> None:
    assert incidents.withdrawn(OPENED, a_report().report_id, 2, NOW).closed
    ended = with_report(told()).model_copy(update={"closed": True})
    assert incidents.withdrawn(ended, a_report().report_id, 2, NOW).closed


def test_a_correction_changes_what_is_said_and_neither_the_origin_nor_who_has_it() -> None:
    known = OPENED.members[0].model_copy(update={"forms": {"IB": "full"}, "probability": 0.9})
    before = OPENED.model_copy(update={"members": (known,)})
    after = incidents.revised(before, enrich(a_report(category=ThreatCategory.IED)), NOW)
    assert after.claim.category is ThreatCategory.IED
    assert (after.members[0].forms, after.members[0].origin) == ({"IB": "full"}, known.origin)
    assert after.members[0].probability == 0.9


def test_past_the_limit_a_report_is_counted_and_one_that_is_taken_off_the_list_is_too() -> None:
    full = OPENED.model_copy(
        update={"members": tuple(member(report_id=ids.report_id("A", str(n))) for n in range(MEMBERS_MAX))}
    )
    late = told()
    after = incidents.joined(full, late, match(late), NOW)
    assert (len(after.members), after.members_beyond, after.revision) == (MEMBERS_MAX, 1, 2)
    fewer = incidents.unlisted(after, full.members[0].report_id)
    assert (len(fewer.members), fewer.members_beyond) == (MEMBERS_MAX - 1, 2)
    assert incidents.unlisted(fewer, full.members[0].report_id) == fewer


def claim(**changes: Any) -> Claim:
    return Claim(**changes)


TOGETHER: list[tuple[str, list[Claim], Claim]] = [
    (
        "tolls are a span",
        [claim(killed=Range(low=10, high=12)), claim(killed=Range(low=14, high=14)), claim()],
        claim(killed=Range(low=10, high=14)),
    ),
    (
        "the narrowest time",
        [claim(occurred=an_interval(NOW, minutes(600))), claim(occurred=an_interval(NOW, minutes(5)))],
        claim(occurred=an_interval(NOW, minutes(5))),
    ),
    (
        "the most precise place",
        [claim(place=a_place(uncertainty_km=20.0)), claim(place=a_place(uncertainty_km=1.0))],
        claim(place=a_place(uncertainty_km=1.0)),
    ),
    (
        "a point before a province",
        [
            claim(place=a_place(lat=None, lon=None, district=None, name=None, uncertainty_km=None)),
            claim(place=a_place(uncertainty_km=None)),
        ],
        claim(place=a_place(uncertainty_km=None)),
    ),
    (
        "what most say, and of equals what was said first",
        [
            claim(weapon=Weapon.EXPLOSIVE, category=ThreatCategory.IED),
            claim(weapon=Weapon.SUICIDE_VEST, category=ThreatCategory.BOMBING),
            claim(weapon=Weapon.SUICIDE_VEST),
        ],
        claim(weapon=Weapon.SUICIDE_VEST, category=ThreatCategory.IED),
    ),
    ("the first headline", [claim(), claim(headline="One"), claim(headline="Two")], claim(headline="One")),
]


@pytest.mark.parametrize(("name", "claims", "says"), TOGETHER, ids=[row[0] for row in TOGETHER])
def test_what_reports_say_together(name: str, claims: list[Claim], says: Claim) -> None:
    assert incidents.claim_of([member(claim=each) for each in claims]) == says, name


def test_one_report_is_taken_at_its_word() -> None:
    assert OPENED.claim == enrich(a_report()).claim
    assert OPENED.claim.place is not None
    assert OPENED.claim.place.province is Province.KHYBER_PAKHTUNKHWA
