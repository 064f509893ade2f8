"""One forecast a week, from what everybody may know and what was known when the week began."""

from datetime import UTC, datetime, timedelta
from random import Random
from time import perf_counter
from typing import Any, Final

import pytest

from builders import a_handling, a_place, an_interval
from fusionbus.contract.incident import Relation
from fusionbus.contract.observation import Observation
from fusionbus.contract.report import Place
from fusionbus.contract.sections import AreaRisk
from fusionbus.contract.vocabulary import PAP, TLP, Classification, FindingKind, Kind, ThreatCategory
from fusionbus.producers.simulate import world
from fusionbus.streams.patterns.forecast.ground import pakistan
from fusionbus.streams.patterns.forecast.search import RECORD_WEEKS, WEEKS_MIN, WeeklyForecast
from fusionbus.streams.patterns.forecast.weeks import WEEK
from fusionbus.streams.patterns.values import Finding
from ledgers import an_observation

MONDAY: Final = datetime(2026, 3, 1, 19, 0, tzinfo=UTC)
"""Monday 2 March 2026, 00:00 in Pakistan."""
HOUR: Final = timedelta(hours=1)


def attack(name: str, weeks_ago: float, district: str = "Peshawar", **changes: Any) -> Observation:
    """An attack so many weeks before Monday, reported and accepted an hour later."""
    at = MONDAY - weeks_ago * WEEK
    made: dict[str, Any] = {
        "agency": "CTD-KP",
        "kind": Kind.INCIDENT,
        "category": ThreatCategory.IED,
        "occurred": an_interval(at),
        "reported_at": at + HOUR,
        "accepted_at": at + HOUR,
        "place": a_place(district=district),
    }
    return an_observation(name, **made | changes)


def history(weeks: int = 20) -> list[Observation]:
    """One attack a week in Peshawar, one in three weeks in Quetta."""
    often = [attack(f"p{week}", week + 0.5) for week in range(weeks)]
    return often + [attack(f"q{week}", week + 0.4, "Quetta") for week in range(0, weeks, 3)]


def search_of(*reports: Observation) -> WeeklyForecast:
    search = WeeklyForecast()
    for report in reports:
        search.put(report)
    return search


def found(*reports: Observation, at: datetime = MONDAY + HOUR) -> Finding:
    (finding,) = search_of(*reports).standing(at)
    return finding


def of(finding: Finding, district: str) -> AreaRisk:
    return next(area for area in finding.areas if area.district == district)


def test_a_week_has_one_forecast_of_every_district_with_its_uncertainty() -> None:
    finding = found(*history())
    assert (finding.kind, finding.key) == (FindingKind.FORECAST, "forecast/2026-W10")
    assert (finding.window.start, finding.window.end) == (MONDAY, MONDAY + WEEK)
    assert {area.district for area in finding.areas} == set(pakistan().names)
    assert all(area.low <= area.probability <= area.high for area in finding.areas)
    assert finding.areas[0].district == "Peshawar"
    assert (
        of(finding, "Peshawar").probability
        > 0.5
        > of(finding, "Quetta").probability
        > of(finding, "Lahore").probability
    )
    assert len(finding.evidence) == 27
    search = search_of(*history())
    assert search.standing(MONDAY + HOUR) == search.standing(MONDAY + 6 * 24 * HOUR) == (finding,)
    assert search.standing(MONDAY + WEEK)[0].key == "forecast/2026-W11"


def test_it_says_what_it_is_not_and_how_good_it_has_been() -> None:
    finding = found(*history())
    assert "nobody may be stopped, searched or held for living in" in finding.statement
    assert f"In the last {RECORD_WEEKS} weeks its Brier score" in finding.statement
    figures = {figure.name: figure for figure in finding.figures}
    assert figures["past forecasts compared"].value == RECORD_WEEKS
    ours = figures["Brier score of this forecast (lower is better)"]
    assert ours.threshold is not None
    assert 0 < ours.value < 0.25
    assert sum("came true of what was said" in name for name in figures) >= 2
    young = found(*history(WEEKS_MIN + 1))
    assert "There is no earlier forecast" in young.statement or "So few weeks say next to nothing" in young.statement


def test_before_a_month_of_reports_there_is_none() -> None:
    assert search_of(*history(WEEKS_MIN - 1)).standing(MONDAY + HOUR) == ()
    assert search_of().standing(MONDAY + HOUR) == ()
    assert len(search_of(*history(WEEKS_MIN)).standing(MONDAY + HOUR)) == 1


def test_what_happens_or_is_told_after_the_week_began_changes_nothing() -> None:
    before = found(*history())
    after = [
        attack("tomorrow", -0.2, "Lahore"),
        attack("late", 3.0, "Lahore", accepted_at=MONDAY + HOUR),
        attack("next", -1.5, "Lahore"),
    ]
    assert found(*history(), *after) == before
    later = found(*history(), *after, at=MONDAY + WEEK + HOUR)
    assert of(later, "Lahore").probability > 3 * of(before, "Lahore").probability


@pytest.mark.parametrize(
    "handling",
    [
        a_handling(tlp=TLP.AMBER),
        a_handling(tlp=TLP.RED, releasable_to=("IB",)),
        a_handling(classification=Classification.CONFIDENTIAL),
        a_handling(originator_control=True),
        a_handling(releasable_to=("IB", "NACTA")),
        a_handling(pap=PAP.RED),
        a_handling(caveats=("Not for use in court",)),
    ],
)
def test_a_report_that_not_everybody_may_have_changes_nothing(handling: Any) -> None:
    secret = [attack(f"s{week}", week + 0.3, "Lahore", handling=handling) for week in range(10)]
    assert found(*history(), *secret) == found(*history())


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": Kind.THREAT},
        {"relation": Relation.RELAY},
        {"category": ThreatCategory.FINANCING},
        {"category": None},
        {"place": None},
        {"place": Place(district="Atlantis")},
        {"occurred": an_interval(MONDAY - 3 * WEEK).model_copy(update={"end": MONDAY - 2 * WEEK})},
    ],
)
def test_what_is_no_attack_or_has_no_place_or_week_is_not_counted(changes: dict[str, Any]) -> None:
    others = [attack(f"o{week}", week + 0.3, **changes | {"agency": "IB"}) for week in range(10)]
    assert found(*history(), *others) == found(*history())


def test_an_unclassified_report_and_one_with_a_tearline_count() -> None:
    free = a_handling(tlp=TLP.CLEAR, classification=Classification.UNCLASSIFIED)
    more = [attack("u", 1.3, "Lahore", handling=free), attack("t", 2.3, "Lahore", has_tearline=True)]
    assert of(found(*history(), *more), "Lahore").probability > 2 * of(found(*history()), "Lahore").probability


def test_reports_of_one_event_count_once() -> None:
    first = history()[0]
    again = attack("again", 0.5, agency="IB", incident_id=first.incident_id, accepted_at=MONDAY - HOUR)
    assert found(*history(), again) == found(*history())


def test_the_order_of_the_reports_is_of_no_matter_though_it_is_asked_in_between() -> None:
    reports = history()
    for seed in range(5):
        search = WeeklyForecast()
        for report in Random(seed).sample(reports, len(reports)):  # noqa: S311 - to shuffle
            search.put(report)
            search.standing(MONDAY + HOUR)
        assert search.standing(MONDAY + HOUR) == (found(*reports),)


def test_a_withdrawal_changes_later_forecasts_only() -> None:
    extra = [attack(f"l{week}", week + 0.3, "Lahore") for week in range(6)]
    search = search_of(*history(), *extra)
    (told,) = search.standing(MONDAY + HOUR)
    for each in extra:
        search.drop(each.report_id)
    (again,) = search.standing(MONDAY + 2 * HOUR)
    assert again.areas == told.areas
    assert not {each.report_id for each in extra} & {each.report_id for each, _ in again.evidence}
    (later,) = search.standing(MONDAY + WEEK)
    assert later.areas == found(*history(), at=MONDAY + WEEK).areas
    assert of(later, "Lahore").probability < of(told, "Lahore").probability / 3


def test_a_correction_moves_an_attack_from_the_next_forecast_on() -> None:
    search = search_of(*history())
    (told,) = search.standing(MONDAY + HOUR)
    for each in history():
        if each.place is not None and each.place.district == "Quetta":
            search.put(
                each.model_copy(update={"revision": 2, "place": a_place(district="Zhob"), "accepted_at": MONDAY + HOUR})
            )
    assert search.standing(MONDAY + 2 * HOUR)[0].areas == told.areas
    (later,) = search.standing(MONDAY + WEEK)
    assert of(later, "Zhob").probability > of(told, "Zhob").probability
    assert of(later, "Quetta").probability < of(told, "Quetta").probability


def test_two_years_of_attacks_in_one_are_asked_in_a_moment() -> None:
    rng = Random(1)  # noqa: S311 - a load
    names = [district.name for district in world.districts()]
    search = WeeklyForecast()
    others = attack("x", 1).model_copy(update={"kind": Kind.FINANCE})
    for number in range(4_000):
        if number % 2 == 0:
            search.put(attack(str(number), rng.uniform(0, 57), rng.choice(names)))
        else:
            search.put(others.model_copy(update={"report_id": f"{number:036d}"}))
    began = perf_counter()
    (first,) = search.standing(MONDAY + HOUR)

    once_s = perf_counter() - began
    search.put(attack("new", -0.1, "Lahore"))
    began = perf_counter()
    assert search.standing(MONDAY + 2 * HOUR)[0].areas == first.areas
    again_s = perf_counter() - began
    assert once_s < 5.0, "0.7 s on a busy machine: once a week"
    assert again_s < 0.5, "0.05 s on a busy machine: where a report changed"
