"""How common a word or place is: open and recent reports counted on top of a prior."""

from collections.abc import Iterable
from math import log2

from fusionbus.streams.terms import COMMON

DOCUMENTS_MAX = 40_000
"""Past it all counts are halved: rarity follows the last weeks, and the table stays bounded."""
_PRIOR_DOCUMENTS = 300.0
"""How many reports the prior counts for: about a week of 1,099 attacks a year (2024), each told several times."""
_UNKNOWN_SHARE = 0.002
"""Share of reports with a word that the prior does not list."""
_BITS_MAX = 14.0


class Frequencies:
    """Document frequencies, bounded; up to the bound the same documents give the same counts in any order."""

    __slots__ = ("_counts", "_documents")

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._documents = 0

    def __len__(self) -> int:
        return self._documents

    def count(self, terms: Iterable[str]) -> None:
        """Counts one document."""
        counts = self._counts
        for term in terms:
            counts[term] = counts.get(term, 0) + 1
        self._documents += 1
        if self._documents >= DOCUMENTS_MAX:
            self._halve()

    def bits(self, term: str) -> float:
        """The surprise of meeting this term in a report: log2 of one over its share, 0 to 14."""
        prior = COMMON.get(term, _UNKNOWN_SHARE) * _PRIOR_DOCUMENTS
        share = (self._documents + _PRIOR_DOCUMENTS) / (self._counts.get(term, 0) + prior)
        return min(_BITS_MAX, max(0.0, log2(share)))

    def _halve(self) -> None:
        self._counts = {term: count // 2 for term, count in self._counts.items() if count > 1}
        self._documents //= 2
