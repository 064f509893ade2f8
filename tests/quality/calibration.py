"""Whether a probability means what it says, and what each threshold would find."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from quality.replay import Decision

BINS = 10


class Bin(NamedTuple):
    """The decisions of one stretch of probability: what was said of them, and what was so."""

    said: float
    so: float
    decisions: int


def judged(decisions: Sequence[Decision]) -> list[tuple[float, bool]]:
    """What was said of the best incident for each report, and whether it was the right one."""
    return [(each.probability, each.right) for each in decisions if each.right is not None]


def bins_of(said: Sequence[tuple[float, bool]]) -> list[Bin]:
    """Ten stretches of probability, those that hold any."""
    held: defaultdict[int, list[tuple[float, bool]]] = defaultdict(list)
    for probability, right in said:
        held[min(BINS - 1, int(probability * BINS))].append((probability, right))
    return [
        Bin(sum(p for p, _ in each) / len(each), sum(right for _, right in each) / len(each), len(each))
        for _, each in sorted(held.items())
    ]


def expected_calibration_error(said: Sequence[tuple[float, bool]]) -> float:
    """The mean distance between what was said and what was so, over ten stretches, by the decisions in each.

    Source: Naeini, Cooper and Hauskrecht 2015, "Obtaining Well Calibrated Probabilities Using Bayesian Binning".
    """
    return sum(abs(each.said - each.so) * each.decisions for each in bins_of(said)) / max(1, len(said))


def precision_recall(decisions: Sequence[Decision]) -> list[tuple[float, float]]:
    """Recall and precision of joining at each threshold, from the strictest down; of reports whose truth is known."""
    said = sorted(judged(decisions), reverse=True)
    to_find = sum(each.missed is not None or (each.joined and each.right is True) for each in decisions)
    found, curve = 0, []
    for number, (_, right) in enumerate(said, start=1):
        found += right
        curve.append((min(1.0, found / max(1, to_find)), found / number))
    return curve
