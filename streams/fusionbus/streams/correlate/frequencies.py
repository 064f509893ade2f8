"""How common a word or place is among the open reports of one block, counted on top of a prior."""

from collections.abc import Iterable
from math import log2

from fusionbus.streams.terms import COMMON

_PRIOR_DOCUMENTS = 300.0
"""How many reports the prior counts for: about a week of 1,099 attacks a year (2024), each told several times."""
_UNKNOWN_SHARE = 0.002
"""Share of reports with a word that the prior does not list."""
_BITS_MAX = 14.0
_UNKNOWN = _UNKNOWN_SHARE * _PRIOR_DOCUMENTS
_PRIOR = {term: share * _PRIOR_DOCUMENTS for term, share in COMMON.items()}
_FINE = 2.0**20


def _log(count: float) -> float:
    """log2 to a millionth of a bit, as a binary fraction: sums of such are exact, in whichever order they are made."""
    return round(log2(count) * _FINE) / _FINE


_LOGGED = 1_024
_LOGS = tuple(_log(count + _UNKNOWN) for count in range(_LOGGED))
"""Of the counts of words that the prior does not list; most are small."""


class Frequencies:
    """How many open reports hold each key: what closes is counted off, so that a rebuilt index counts the same."""

    __slots__ = ("_counts", "_documents")

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._documents = 0

    def __len__(self) -> int:
        return self._documents

    def of(self, key: str) -> int:
        """How many open reports hold this key."""
        return self._counts.get(key, 0)

    def count(self, keys: Iterable[str]) -> None:
        """Counts one report, with every key once."""
        counts = self._counts
        for key in keys:
            if key in counts:
                counts[key] += 1
            else:
                counts[key] = 1
        self._documents += 1

    def uncount(self, keys: Iterable[str]) -> None:
        """Takes back what was counted."""
        counts = self._counts
        for key in keys:
            left = counts[key] - 1
            if left:
                counts[key] = left
            else:
                del counts[key]
        self._documents -= 1

    def bits(self, term: str) -> float:
        """The surprise of meeting this term in a report: log2 of one over its share, 0 to 14."""
        return self.bits_of((term,))[term]

    def bits_of(self, terms: Iterable[str]) -> dict[str, float]:
        """The surprise of each of these terms."""
        counts, documents = self._counts, _log(self._documents + _PRIOR_DOCUMENTS)
        found = {}
        for term in terms:
            count = counts.get(term, 0)
            if term in _PRIOR:
                bits = documents - _log(count + _PRIOR[term])
            else:
                bits = documents - (_LOGS[count] if count < _LOGGED else _log(count + _UNKNOWN))
            found[term] = max(0.0, bits) if bits < _BITS_MAX else _BITS_MAX
        return found
