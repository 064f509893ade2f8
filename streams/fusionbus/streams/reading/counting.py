"""Numbers in a text that count people, as intervals: not years, ages, dates, clock times or numbers of things."""

from typing import NamedTuple

from fusionbus.streams.reading.words import Mark, Marks, Words, key_of

TOLL_MAX = 999  # four bare digits are a year or a military hour; a toll of thousands is written "1,200"
ABOUT_SHARE = 0.1
LISTED_WORDS = 4  # a number of a list, two adjectives and a noun, before the next
AND = frozenset(key_of("and aur plus اور جبکہ"))
_OTHERS = frozenset(key_of("others other more مزید دیگر injured wounded hurt زخمی zakhmi"))
_RANGE = frozenset(key_of("to or سے"))
_NO_COUNT_AFTER = ("age", "month", "thing")
_NO_COUNT_BEFORE = ("month", "including", "age")
_NOUNS = ("thing", "event")
_PART = ("including",)

Interval = tuple[int, int | None]


class Count:
    """A number of people: the words it takes, its interval, and whether a reader has used it."""

    __slots__ = ("first", "high", "last", "low", "used")

    def __init__(self, first: int, last: int, low: int, high: int | None) -> None:
        self.first, self.last, self.low, self.high = first, last, low, high
        self.used = False


def counts_in(words: Words, marks: Marks, *, roman: bool) -> list[Count]:
    """The numbers of a text that can count people, in its order; "10 to 12" is one."""
    said = {m.first: m for m in marks.get("number", ())}
    if roman or "roman" in marks:
        said |= {m.first: m for m in marks.get("roman_number", ())}
    folded = words.folded
    places = sorted({*said, *words.numerals})
    if not places:
        return []
    surroundings = _Surroundings(
        _firsts(marks, _NO_COUNT_AFTER),
        _firsts(marks, _NOUNS),
        _lasts(marks, _NO_COUNT_BEFORE),
        _lasts(marks, _PART),
    )
    bounds = {m.last: m.value for m in marks["bound"]} if "bound" in marks else {}
    trailing = {m.first: m.value for m in marks["bound"]} if bounds else {}
    found: list[Count] = []
    part_last = -LISTED_WORDS - 1  # where the last "including N" ended
    for first in places:
        read = _value(said.get(first), folded[first])
        if read is None:
            continue
        low, high, length = read
        last = first + length
        part = first in surroundings.including or _goes_on(words, part_last, first, last)
        if part and found:
            part_last = last
        if part or surroundings.counts_no_one(words, first, last):
            continue
        low, high = _bounded(low, high, bounds.get(first) or trailing.get(last))
        if found and _is_range(words, found[-1], first, low):
            found[-1] = Count(found[-1].first, last, found[-1].low, high)
        else:
            found.append(Count(first, last, low, high))
    return found


def _value(mark: Mark | None, word: str) -> tuple[int, int | None, int] | None:
    if mark is not None:
        low, _, high = mark.value.partition("-")
        return int(low), int(high) if high else None, mark.last - mark.first
    digits = word.replace(",", "")
    if not digits.isdecimal() or len(digits) > len("999999"):
        return None
    number = int(digits)
    return (number, number, 1) if number <= TOLL_MAX or "," in word else None


def _goes_on(words: Words, part_last: int, first: int, last: int) -> bool:
    """Whether a number goes on a list that began with "including": "including three women and one child"."""
    if not 0 <= first - part_last <= LISTED_WORDS:
        return False
    between = words.folded[part_last:first]
    joined = not AND.isdisjoint(between) or any("," in words.gap(at) for at in range(part_last - 1, first))
    return joined and _OTHERS.isdisjoint(words.folded[last : last + 2])


def _firsts(marks: Marks, kinds: tuple[str, ...]) -> set[int]:
    return {mark.first for kind in kinds if kind in marks for mark in marks[kind]}


def _lasts(marks: Marks, kinds: tuple[str, ...]) -> set[int]:
    return {mark.last for kind in kinds if kind in marks for mark in marks[kind]}


class _Surroundings(NamedTuple):
    """Where the words stand that make a number beside them count something else than people."""

    after: set[int]
    nouns: set[int]
    before: set[int]
    including: set[int]

    def counts_no_one(self, words: Words, first: int, last: int) -> bool:
        folded = words.folded
        # "two more suicide attacks": the noun may stand a word behind its number.
        if last in self.after or first in self.before or last in self.nouns or last + 1 in self.nouns:
            return True
        if first and folded[first - 1].isdecimal() and words.gap(first - 1) in {".", ":", "/"}:
            return True
        return last < len(folded) and (
            words.gap(last - 1) == "%" or (folded[last].isdecimal() and words.gap(last - 1) in {".", ":", "/"})
        )


def _is_range(words: Words, previous: Count, first: int, low: int) -> bool:
    if previous.high is None or low <= previous.low:
        return False
    if first == previous.last:
        return words.gap(first - 1) in {"-", "–", "—"}
    if first != previous.last + 1:
        return False
    between = previous.first > 0 and words.folded[previous.first - 1] == "between"
    return words.folded[previous.last] in _RANGE or (between and words.folded[previous.last] == "and")


def _bounded(low: int, high: int | None, bound: str | None) -> Interval:
    if bound == "least":
        return low, None
    if bound == "most":
        return 0, high
    if bound == "about" and high is not None:
        return round(low * (1 - ABOUT_SHARE)), round(high * (1 + ABOUT_SHARE) + 0.49)
    return low, high
