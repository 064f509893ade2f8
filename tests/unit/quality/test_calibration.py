"""What the quality tool says of probabilities, causes and plots, where the answer is known by hand."""

from pathlib import Path

import pytest

from builders import a_report
from fusionbus.contract.incident import Reason, Relation
from quality.calibration import bins_of, expected_calibration_error, precision_recall
from quality.errors import NOT_LOOKED_AT, OVER, UNDER, causes_of
from quality.plots import draw
from quality.replay import Decision

WHY = (
    Reason(field="prior", bits=9.0, said="how often"),
    Reason(field="place", bits=4.0, said="the same place"),
    Reason(field="text", bits=-2.0, said="other words"),
)


def a_decision(probability: float, *, right: bool | None, joined: bool = True, missed: str | None = None) -> Decision:
    relation = Relation.CORROBORATION if joined else Relation.ORIGINAL
    return Decision(
        a_report(), "a", "1", "i", relation, "i", probability, right, WHY, missed, WHY if missed == "known" else ()
    )


def test_what_is_said_as_often_as_it_is_so_has_no_error() -> None:
    assert expected_calibration_error([(0.25, True), (0.25, False), (0.25, False), (0.25, False)]) == 0.0


def test_the_error_is_the_mean_distance_by_the_number_of_decisions() -> None:
    said = [(1.0, True), (1.0, False), (0.15, False), (0.15, False)]
    assert [each.decisions for each in bins_of(said)] == [2, 2]
    assert expected_calibration_error(said) == pytest.approx((2 * 0.5 + 2 * 0.15) / 4)


def test_the_curve_begins_with_the_surest_and_ends_with_all() -> None:
    decisions = [a_decision(0.9, right=True), a_decision(0.8, right=False), a_decision(0.7, right=True)]
    decisions.append(a_decision(0.0, right=None, joined=False, missed="unknown"))
    assert precision_recall(decisions) == [(1 / 3, 1.0), (1 / 3, 0.5), (2 / 3, 2 / 3)]


def test_an_error_is_laid_to_the_field_that_misled_and_not_to_how_often_it_happens() -> None:
    decisions = [
        a_decision(0.9, right=True),
        a_decision(0.9, right=False),
        a_decision(0.3, right=True, joined=False, missed="known"),
        a_decision(0.0, right=None, joined=False, missed="unknown"),
    ]
    found = {(cause.kind, cause.field): cause.count for cause in causes_of(decisions, {})}
    assert found == {(OVER, "place"): 1, (UNDER, "text"): 1, (UNDER, NOT_LOOKED_AT): 1}


def test_both_plots_are_drawn(tmp_path: Path) -> None:
    made = draw(bins_of([(0.9, True), (0.2, False)]), [(0.5, 1.0), (1.0, 0.5)], tmp_path, "made-up")
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in made)
