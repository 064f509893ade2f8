"""Scores of an assignment of reports to incidents against the truth."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scores:
    """Precision, recall and F1, each 0 to 1.

    Pairwise: over pairs of reports in one incident. B-cubed: over reports, the share of each report's incident that is
    right. Source: Bagga and Baldwin 1998, "Entity-Based Cross-Document Coreferencing Using the Vector Space Model".
    """

    pair_precision: float
    pair_recall: float
    b3_precision: float
    b3_recall: float

    @property
    def pair_f1(self) -> float:
        """The harmonic mean of the pairwise scores."""
        return _f1(self.pair_precision, self.pair_recall)

    @property
    def b3_f1(self) -> float:
        """The harmonic mean of the B-cubed scores."""
        return _f1(self.b3_precision, self.b3_recall)


def score(said: Mapping[str, str], truth: Mapping[str, str]) -> Scores:
    """The scores of what was said; a report left out counts as an incident of its own."""
    pairs = [(said.get(report, f"own:{report}"), incident) for report, incident in truth.items()]
    return _score([one for one, _ in pairs], [other for _, other in pairs])


def _score(said: Sequence[str], truth: Sequence[str]) -> Scores:
    by_said, by_truth, by_both = Counter(said), Counter(truth), Counter(zip(said, truth, strict=True))
    right = _pairs(by_both)
    number = max(1, len(truth))
    return Scores(
        pair_precision=right / _pairs(by_said) if _pairs(by_said) else 0.0,
        pair_recall=right / _pairs(by_truth) if _pairs(by_truth) else 0.0,
        b3_precision=sum(n * n / by_said[one] for (one, _), n in by_both.items()) / number,
        b3_recall=sum(n * n / by_truth[other] for (_, other), n in by_both.items()) / number,
    )


def _pairs(sizes: Counter[str] | Counter[tuple[str, str]]) -> int:
    return sum(n * (n - 1) // 2 for n in sizes.values())


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
