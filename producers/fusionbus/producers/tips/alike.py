"""Which tips tell the same: shown beside each other, so that one person decides on all of them. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fusionbus.producers.tips.danger import fold

ALIKE_MIN: Final = 0.4
"""Share of words in common (Jaccard) from which two tips are shown beside each other. Our own choice, not measured: it
decides nothing, a person looks at both."""
SHOWN_MAX: Final = 5
WORDS_MAX: Final = 400
_WORD: Final = re.compile(r"\w{3,}")


@dataclass(frozen=True, slots=True)
class Alike:
    """Another tip that tells much the same."""

    tip_id: int
    share: float


def words_of(text: str) -> frozenset[str]:
    """The words by which tips are compared."""
    return frozenset(_WORD.findall(fold(text))[:WORDS_MAX])


def alike(words: frozenset[str], others: Iterable[tuple[int, frozenset[str]]]) -> list[Alike]:
    """The tips that are most like this one, at most five, the most alike first."""
    found = [
        Alike(tip_id, len(words & other) / len(words | other)) for tip_id, other in others if words and words & other
    ]
    near = sorted((one for one in found if one.share >= ALIKE_MIN), key=lambda one: (-one.share, one.tip_id))
    return near[:SHOWN_MAX]
