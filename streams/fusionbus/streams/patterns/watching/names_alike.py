"""Namesakes: whom a listing and a crossing may both mean, by keyed hashes of the name, sex and age; never a hit."""

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from itertools import combinations
from typing import Final, NamedTuple, TypeVar

from fusionbus.contract.clk import dice, read_clk
from fusionbus.contract.incident import PersonClue
from fusionbus.contract.observation import Observation, Subject
from fusionbus.contract.sections import RecordSection
from fusionbus.contract.vocabulary import Kind, SubjectRole

ALIKE_MIN: Final = 0.9
"""Dice of two filters of names. Of random pairs of Pakistani names 99 % lie below 0.66, one name spelled in two ways
above 0.8 (`correlate/compare_persons.py`); here a stranger is stopped if it is wrong, so it is stricter."""
AGES_APART_MAX: Final = 1
"""Years between two ages that are known to so many years each."""
AGE_WIDTH_MAX: Final = 4
"""Years an age may be uncertain by: “18 to 60” agrees with everybody."""
NAMESAKES_MAX: Final = 3
"""Namesakes of one listing: with more it is a common name, and none is told. An assumption."""
BLOCK_MAX: Final = 200
"""Reports with the same two parts of a name: past it they are common parts, and nobody is compared by them."""
PARTS_MIN: Final = 2
"""Parts of the name in common: one name alone is half the country's."""
WANTING: Final = frozenset({"wanted_person", "proclamation"})
UNTOLD: Final = frozenset({SubjectRole.VICTIM, SubjectRole.WITNESS, SubjectRole.NON_CRIMINAL_IDENTIFYING})
"""Roles in which nobody is wanted and nobody is met. Source: 28 CFR 23.3(b)(3) on what identifies only."""
CLASHING: Final = ("cnic", "passport")

_Block = tuple[str, str]
_Key = TypeVar("_Key")


class Likeness(NamedTuple):
    """How alike two persons' names are, and how many parts of them are the same."""

    dice: float
    parts: int


def let_go(index: dict[_Key, set[str]], key: _Key, report_id: str) -> None:
    """Takes a report out of an index, and the key with it where nothing is left."""
    held = index.get(key)
    if held is not None:
        held.discard(report_id)
        if not held:
            del index[key]


class Names:
    """An index of persons by two parts of their names."""

    def __init__(self) -> None:
        self._wanted: defaultdict[_Block, set[str]] = defaultdict(set)
        self._met: defaultdict[_Block, set[str]] = defaultdict(set)

    def takes(self, report: Observation) -> bool:
        """Whether anybody in it could be a namesake of somebody."""
        return bool(_blocks(report))

    def put(self, report: Observation, *, wanted: bool) -> None:
        """Takes the persons of a report."""
        index = self._wanted if wanted else self._met
        for block in _blocks(report):
            index[block].add(report.report_id)

    def drop(self, report: Observation) -> None:
        """Lets go of a report's persons."""
        for block in _blocks(report):
            for index in (self._wanted, self._met):
                let_go(index, block, report.report_id)

    def wanted_like(self, report: Observation) -> set[str]:
        """The listings in which somebody shares two parts of a name with somebody here."""
        return {name for block in _blocks(report) for name in self._wanted.get(block, ())}

    def alike(self, listing: Observation, reports: Mapping[str, Observation]) -> list[tuple[str, Likeness]]:
        """The reports with a namesake of a wanted person, by id; none where there are too many."""
        blocks = (self._met.get(block, set()) for block in _blocks(listing))
        names = sorted({name for block in blocks if len(block) <= BLOCK_MAX for name in block})
        found = [(name, why) for name in names if (why := _alike(listing, reports[name])) is not None]
        return found if len(found) <= NAMESAKES_MAX else []


def _alike(listing: Observation, report: Observation) -> Likeness | None:
    """The likest pair of persons who agree in sex and age and have no papers that say they are two."""
    pairs = (_pair(one, other) for one in _persons(listing) for other in _persons(report))
    return max((pair for pair in pairs if pair is not None), default=None)


def _pair(one: Subject, other: Subject) -> Likeness | None:
    mine, theirs = one.clue, other.clue
    if mine is None or theirs is None or mine.name_clk is None or theirs.name_clk is None:
        return None
    if mine.sex is None or mine.sex is not theirs.sex or not _ages_agree(mine, theirs) or _papers_clash(one, other):
        return None
    parts = len(set(mine.name_tokens) & set(theirs.name_tokens))
    likeness = _dice(mine.name_clk, theirs.name_clk)
    return Likeness(likeness, parts) if likeness >= ALIKE_MIN and parts >= PARTS_MIN else None


def _ages_agree(one: PersonClue, other: PersonClue) -> bool:
    if one.age_low is None or other.age_low is None:
        return False
    high, its_high = one.age_high or one.age_low, other.age_high or other.age_low
    if max(high - one.age_low, its_high - other.age_low) > AGE_WIDTH_MAX:
        return False
    return max(one.age_low - its_high, other.age_low - high) <= AGES_APART_MAX


def _papers_clash(one: Subject, other: Subject) -> bool:
    """Whether both have a paper of one kind under one key, and not the same: then they are two persons."""
    for kind in CLASHING:
        mine, theirs = (_papers(each, kind) for each in (one, other))
        if mine and theirs and not mine & theirs:
            return True
    return False


def _papers(subject: Subject, kind: str) -> set[str]:
    return {token for token in subject.id_tokens if token.partition(":")[0] == kind}


@lru_cache(maxsize=65_536)
def _bits(clk: str) -> tuple[str, int] | None:
    return read_clk(clk)


def _dice(one: str, other: str) -> float:
    mine, theirs = _bits(one), _bits(other)
    return dice(mine[1], theirs[1]) if mine and theirs and mine[0] == theirs[0] else 0.0


def _persons(report: Observation) -> tuple[Subject, ...]:
    """Those in a report whose namesakes count: suspects of a listing, travellers of a crossing; of no other report."""
    if isinstance(report.section, RecordSection) and report.section.record_type in WANTING:
        return tuple(each for each in report.subjects if each.role is SubjectRole.CRIMINAL_SUBJECT)
    if report.kind is Kind.BORDER:
        return tuple(each for each in report.subjects if each.role not in UNTOLD)
    return ()


def _blocks(report: Observation) -> set[_Block]:
    return {
        (one, other)
        for person in _persons(report)
        if person.clue is not None
        for one, other in combinations(sorted(set(person.clue.name_tokens)), PARTS_MIN)
    }
