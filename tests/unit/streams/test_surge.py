"""Surges: what is counted, when one begins, is told again and is over."""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOW, a_handling, an_interval
from fusionbus.contract.incident import Relation
from fusionbus.contract.observation import Observation
from fusionbus.contract.vocabulary import TLP, Classification, Kind, ThreatCategory
from fusionbus.streams.patterns.surges import scan
from fusionbus.streams.patterns.surges.ears import DAYS_NEEDED, ears
from fusionbus.streams.patterns.surges.index import ALPHA
from fusionbus.streams.patterns.surges.search import QUIET_DAYS, SurgeSearch
from fusionbus.streams.patterns.values import Finding
from fusionbus.streams.reading.gazetteer import DISTRICTS
from observations import a_background, a_district, an_observation


def searched(observations: Iterable[Observation]) -> SurgeSearch:
    search = SurgeSearch()
    for observation in observations:
        search.put(observation)
    return search


def an_outbreak(count: int = 6, begin: datetime = NOW - timedelta(days=3), **changes: object) -> list[Observation]:
    """So many attacks in Hangu, one each six hours."""
    place = {"place": a_district("Hangu")}
    return [
        an_observation(f"hangu-{n}", begin + n * timedelta(hours=6), **{"actor": "TTP"} | place | changes)
        for n in range(count)
    ]


def the_one(search: SurgeSearch, now: datetime = NOW) -> Finding:
    (found,) = search.standing(now)
    return found


def figure(found: Finding, name: str) -> float:
    return next(each.value for each in found.figures if each.name == name)


def test_an_outbreak_on_a_quiet_background_is_one_finding_with_the_reports_counted() -> None:
    found = the_one(searched([*a_background(), *an_outbreak()]))
    assert found.place is not None
    assert found.place.district == "Hangu"
    assert found.category is ThreatCategory.IED
    assert {told.report_id for told, _ in found.evidence} <= {told.report_id for told in an_outbreak()}
    assert len(found.evidence) == figure(found, "attacks counted") >= scan.COUNT_MIN
    assert figure(found, "chance of such a score") <= ALPHA
    assert figure(found, "attacks expected") < 1


def test_the_background_alone_is_no_surge() -> None:
    search = searched(a_background())
    assert [found.key for day in range(100) for found in search.standing(NOW - timedelta(days=day))] == []


def test_with_little_history_nothing_is_told() -> None:
    assert not searched([*a_background(days=40), *an_outbreak()]).standing(NOW)


def test_echoes_repeats_warnings_and_second_reports_of_one_event_do_not_count() -> None:
    first, second, *more = an_outbreak()
    others = [
        second.model_copy(update={"relation": Relation.RELAY, "incident_id": second.report_id}),
        *(each.model_copy(update={"incident_id": first.incident_id}) for each in more[:2]),
        *(each.model_copy(update={"kind": Kind.THREAT}) for each in more[2:]),
    ]
    assert searched([*a_background(), first, second, *more]).standing(NOW)
    assert not searched([*a_background(), first, *others]).standing(NOW)


def test_an_event_dated_vaguely_or_without_a_district_is_not_counted() -> None:
    vague = an_interval(NOW - timedelta(days=6), timedelta(days=5))
    assert not searched([*a_background(), *an_outbreak(occurred=vague)]).standing(NOW)
    assert not searched([*a_background(), *an_outbreak(place=None)]).standing(NOW)


def test_an_event_is_counted_by_the_report_that_most_may_read() -> None:
    red = a_handling(tlp=TLP.AMBER, classification=Classification.SECRET)
    seconds = [
        an_observation(f"open-{n}", each.reported_at, incident_id=each.incident_id, place=each.place)
        for n, each in enumerate(an_outbreak())
    ]
    found = the_one(searched([*a_background(), *an_outbreak(handling=red, actor=None), *seconds]))
    assert {told.handling.tlp for told, _ in found.evidence} == {TLP.GREEN}


def test_a_surge_is_told_again_only_when_it_has_clearly_grown() -> None:
    search = searched(a_background())
    told = []
    for attack in an_outbreak(16, NOW):
        search.put(attack)
        found = search.standing(attack.reported_at)
        told += [(each.key, len(each.evidence)) for each in found if (each.key, len(each.evidence)) not in told]
    assert len({key for key, _ in told}) == 1
    counts = [count for _, count in told]
    assert 2 <= len(counts) <= 5
    assert all(later >= 1.5 * before for before, later in pairwise(counts))


def test_a_surge_is_over_after_a_quiet_week() -> None:
    outbreak = an_outbreak()
    search = searched([*a_background(), *outbreak])
    last = outbreak[-1].reported_at
    assert search.standing(last + timedelta(days=QUIET_DAYS - 1))
    assert not search.standing(last + timedelta(days=QUIET_DAYS + 1))
    assert search.standing(last), "asked about an earlier time, what held then"


def test_what_is_withdrawn_takes_the_surge_with_it() -> None:
    outbreak = an_outbreak(4)
    search = searched([*a_background(), *outbreak])
    assert search.standing(NOW)
    for each in outbreak[:2]:
        search.drop(each.report_id)
    assert not search.standing(NOW)
    search.drop("nobody knows it")


def test_two_outbreaks_far_apart_are_two_findings_and_neighbours_are_one() -> None:
    far = [
        an_observation(f"far-{n}", each.reported_at, place=a_district("Ghotki")) for n, each in enumerate(an_outbreak())
    ]
    near = [
        an_observation(f"near-{n}", each.reported_at, place=a_district("Kohat")) for n, each in enumerate(an_outbreak())
    ]
    assert len(searched([*a_background(), *an_outbreak(), *far]).standing(NOW)) == 2
    assert len(searched([*a_background(), *an_outbreak(), *near]).standing(NOW)) == 1


def test_a_surge_of_one_actor_that_a_busy_district_hides_is_seen_in_the_actors_own_series() -> None:
    busy = a_background(a_day=2.5)
    rare = [
        an_observation(f"rare-{n}", NOW - timedelta(hours=9 * n), actor="BLA", category=ThreatCategory.ARMED_ASSAULT)
        for n in range(6)
    ]
    found = [each for each in searched([*busy, *rare]).standing(NOW) if each.actor == "BLA"]
    assert len(found) == 1
    assert {told.actor for told, _ in found[0].evidence} == {"BLA"}


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1_000_000))
def test_the_order_of_reports_changes_nothing(seed: int) -> None:
    told = [*a_background(days=120, a_day=0.3), *an_outbreak()]
    expected = searched(told).standing(NOW)
    mixed = list(told)
    Random(seed).shuffle(mixed)  # noqa: S311 - chance that can be repeated
    search = SurgeSearch()
    for number, observation in enumerate(mixed):
        search.put(observation)
        if number % 50 == 0:
            search.standing(NOW)  # what was found on the way is not held on to
    for observation in an_outbreak(3, NOW - timedelta(days=30)):
        gone = observation.model_copy(update={"report_id": observation.incident_id})
        search.put(gone)
        search.drop(gone.report_id)
    assert search.standing(NOW) == expected != []


def test_the_score_is_the_papers() -> None:
    assert scan.score(6, 2.0) == pytest.approx(6 * math.log(3) - 4)
    assert scan.score(2, 2.0) == scan.score(1, 2.0) == 0
    assert scan.p_value(scan.score_at(0.01)) == pytest.approx(0.01)


def test_a_baseline_looks_only_at_days_before_the_longest_window() -> None:
    series = scan.Series()
    for day in range(1000, 1100):
        series.add("Bannu", day + 0.5, str(day))
    before = series.rate("Bannu", 1100, 1000)
    for hour in range(50):
        series.add("Bannu", 1100 - scan.WINDOW_DAYS_MAX + 1 + hour / 24, f"new-{hour}")
    assert series.rate("Bannu", 1100, 1000) == before == pytest.approx(1, rel=0.02)


def test_ears_is_what_its_source_says() -> None:
    quiet = [0, 2] * (DAYS_NEEDED // 2)
    week = quiet[-8:-1]
    mean, spread = sum(week) / 7, math.sqrt(sum((each - sum(week) / 7) ** 2 for each in week) / 6)
    assert ears([*quiet[:-1], 9]).c1 == pytest.approx((9 - mean) / spread)
    guarded = ears([*quiet[:-3], 9, 9, 9])
    assert guarded.c2 > guarded.c1, "the guard keeps the outbreak out of its own baseline"
    assert guarded.c3 > guarded.c2
    assert ears([0] * (DAYS_NEEDED - 1) + [1]) == (2.0, 2.0, 1.0)


def test_ten_thousand_reports_cost_less_than_the_hop_allows_for_a_hundred_thousand() -> None:
    chance = Random(3)  # noqa: S311 - chance that can be repeated
    places = [a_district(name) for name in sorted(DISTRICTS)]
    like = an_observation(actor="TTP")
    search = SurgeSearch()
    for number in range(10_000):
        at = NOW - timedelta(days=400 * chance.random())
        ids = {"report_id": f"r{number}", "incident_id": f"i{number // 2}"}
        search.put(like.model_copy(update=ids | {"occurred": an_interval(at), "place": chance.choice(places)}))
    search.standing(NOW)
    spent = []
    for number in range(20):
        search.put(an_observation(f"new-{number}", NOW - timedelta(minutes=20 - number)))
        began = perf_counter()
        search.standing(NOW)
        spent.append(perf_counter() - began)
    assert sorted(spent)[10] < 0.05
