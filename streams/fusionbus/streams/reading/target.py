"""What was hit, as a NIEM target sector."""

from fusionbus.contract.vocabulary import TargetSectorCode
from fusionbus.streams.reading.words import Evidence, Mark, Marks, Words

# Who was there says less than what was there: a school bus with a police guard is a school's.
_RANKS = ("thing", "institution", "convoy", "people")
_MIDDLE = frozenset({"DFNSE", "EMRG", "GVTBLDG", "RETL", "COMM", "ENTMT"})
_SAYING = frozenset(
    {"say", "says", "said", "sources", "source", "according", "told", "reports", "confirmed", "confirm"}
)


def read_target(words: Words, marks: Marks) -> tuple[TargetSectorCode | None, Evidence | None]:
    """The sector of the most particular thing or person hit; the first named among equals."""
    best: Mark | None = None
    best_rank = len(_RANKS)
    for mark in (*marks.get("target", ()), *marks.get("weaktarget", ())):
        rank = _rank(mark)
        if rank < best_rank and not _tells(words, mark):
            best, best_rank = mark, rank
    if best is None:
        return None, None
    return TargetSectorCode(best.value), words.evidence("target", best.first, best.last)


def _rank(mark: Mark) -> int:
    if mark.kind == "weaktarget":
        return _RANKS.index("convoy")
    if mark.value == "POP":
        return _RANKS.index("people")
    return _RANKS.index("institution") if mark.value in _MIDDLE else 0


def _tells(words: Words, mark: Mark) -> bool:
    """Whether police or officials are named only as those who say so: "- police", "officials said"."""
    folded = words.folded
    if mark.value not in _MIDDLE:
        return False
    near = folded[mark.last : mark.last + 2] + folded[max(0, mark.first - 1) : mark.first]
    if any(word in _SAYING for word in near):
        return True
    return (
        mark.last == len(folded) and mark.first > 0 and words.gap(mark.first - 1).strip() in {"-", ":", "–", ",", "—"}
    )
