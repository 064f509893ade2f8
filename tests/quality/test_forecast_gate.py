"""The forecast is as honest as docs/forecast.md says, on attacks of the project's own simulator."""

from pathlib import Path

import pytest

from fusionbus.streams.patterns.forecast.models import Model
from fusionbus.streams.patterns.forecast.rolling import forecasts
from quality.forecast.measures import Tally, brier_difference, hit_difference, reliability, tallied
from quality.forecast.origins import origins, read
from quality.forecast.simulated import FIRST_WEEK, attacks, true_probabilities

WEEKS = range(FIRST_WEEK + 60, FIRST_WEEK + 138)
"""A year and a half after one of learning."""


@pytest.fixture(scope="module")
def excited() -> dict[Model, Tally]:
    return tallied(origins(attacks(3, 138, exciting=True), WEEKS))


def test_where_attacks_excite_others_the_model_of_it_is_better_than_both(excited: dict[Model, Tally]) -> None:
    for other in (Model.CLIMATOLOGY, Model.EWMA):
        assert brier_difference(excited[Model.SELF_EXCITING], excited[other]).high < 0


def test_probabilities_come_true_as_often_as_they_say(excited: dict[Model, Tally]) -> None:
    bins = [each for each in reliability(excited[Model.SELF_EXCITING].said) if each.number > 300]
    assert len(bins) >= 4
    for each in bins:
        assert abs(each.said - each.so) < 0.06


def test_where_attacks_excite_none_little_is_lost_and_the_intervals_hold_the_truth() -> None:
    case = attacks(4, 138, exciting=False)
    tallies = tallied(origins(case, WEEKS))
    assert 0 < brier_difference(tallies[Model.SELF_EXCITING], tallies[Model.CLIMATOLOGY]).value < 0.002
    truth = true_probabilities()
    held = [
        low <= truth[name] <= high
        for made in forecasts(case.ground, case.attacks, WEEKS)
        for name, (low, high) in zip(
            case.ground.names, (each.interval for each in made.beliefs[Model.SELF_EXCITING]), strict=True
        )
    ]
    assert sum(held) / len(held) > 0.83


def test_a_difference_of_a_model_to_itself_is_none(excited: dict[Model, Tally]) -> None:
    tally = excited[Model.EWMA]
    assert brier_difference(tally, tally) == (0, 0, 0)
    assert hit_difference(tally, tally, 0.05) == (0, 0, 0)


def test_a_table_that_cannot_be_read_is_told_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "attacks.csv"
    path.write_text("date,province,district\n2024-01-01,Sindh,Sukkur\nyesterday,Sindh,Sukkur\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"line 3: 'yesterday' is no date"):
        read(path)
    path.write_text("date,province\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no column district"):
        read(path)
