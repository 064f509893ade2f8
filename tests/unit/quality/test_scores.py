"""The scores say what they should of assignments whose scores are known by hand."""

import pytest

from quality.scores import score

TRUTH = {"a": "1", "b": "1", "c": "2", "d": "3"}


def test_the_truth_itself_scores_one() -> None:
    found = score(TRUTH, TRUTH)
    assert (found.pair_f1, found.b3_f1) == (1.0, 1.0)


def test_every_report_alone_finds_no_pair() -> None:
    found = score({}, TRUTH)
    assert found.pair_f1 == 0.0
    assert (found.b3_precision, found.b3_recall) == (1.0, 0.75)


def test_all_in_one_is_right_in_one_pair_of_six() -> None:
    found = score(dict.fromkeys(TRUTH, "all"), TRUTH)
    assert found.pair_precision == pytest.approx(1 / 6)
    assert found.pair_recall == 1.0
    assert found.b3_precision == pytest.approx((2 * 2 + 1 + 1) / 4 / 4)
