"""Words of a text and the one lexicon every reader shares: a text is cut and looked up once."""

import csv
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import accumulate
from typing import NamedTuple

from fusionbus.streams.reading.numbers import number_phrases

# Digits with thousands commas are one word; vowel signs (zabar, zer, …) belong to their Urdu word. The group makes
# `split` give words and gaps in turn, in one pass.
_WORD = re.compile(r"(\d{1,3}(?:,\d{3})+|[\w\u064b-\u0655\u0670]+)")
_ASCII_WORD = re.compile(r"(\d{1,3}(?:,\d{3})+|\w+)", re.ASCII)
_AFTER_DIGITS = ":"
"""The sign after 9: of lower-case words in ASCII only those that begin with a digit come before it."""
_tuple = tuple.__new__
"""Makes a named tuple in half the time that its own constructor takes; thousands of marks are made a second."""
_SIGN = re.compile(r"[\u064b-\u0655\u0670]")
# Arabic keyboards type other letters for the same Urdu ones.
_URDU_LETTERS = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ه": "ہ", "ة": "ہ", "ۃ": "ہ", "ە": "ہ", "ے": "ی"})


class Mark(NamedTuple):
    """A phrase of the lexicon found in a text: what it says, and its first and past-the-last word."""

    kind: str
    value: str
    first: int
    last: int


class Evidence(NamedTuple):
    """Why something was read: the field, the words as written and where they stand."""

    field: str
    words: str
    start: int
    end: int


@dataclass(slots=True)
class Words:
    """A text, its folded words, what stands between them, and which begin with a digit."""

    text: str
    raw: list[str]
    """The words as written, or in lower case."""
    folded: list[str]
    gaps: list[str]
    """What stands before each word, and after the last."""
    bounds: list[int]
    """Where each word begins and ends, in turn."""
    numerals: list[int]

    def evidence(self, field: str, first: int, last: int) -> Evidence:
        """The words from `first` up to `last` as evidence for a field."""
        start, end = self.span(first, last)
        return _tuple(Evidence, (field, self.text[start:end], start, end))

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Where the words from `first` up to `last` begin and end."""
        return self.bounds[2 * first], self.bounds[2 * last - 1]

    def without(self, spans: list[tuple[int, int]]) -> list[str] | None:
        """The words as written outside of these spans; None where apostrophes or signs join or part some."""
        text, raw, bounds = self.text, self.raw, self.bounds
        if "'" in text or "’" in text or "_" in text or (raw is not self.folded and _SIGN.search(text)):
            return None
        rest, at = [], 0
        for start, end in sorted(spans):
            rest += raw[at : (bisect_left(bounds, start) + 1) // 2]
            at = max(at, (bisect_left(bounds, end) + 1) // 2)
        return rest + raw[at:]

    def at(self, start: int) -> int:
        """The word that begins there."""
        return (bisect_left(self.bounds, start) + 1) // 2

    def gap(self, index: int) -> str:
        """What stands between word `index` and the next; nothing after the last."""
        return self.gaps[index + 1] if index + 1 < len(self.folded) else ""


@lru_cache(maxsize=65_536)  # bounded: a word is short, and a language's frequent words are far fewer
def fold(word: str) -> str:
    """A word without case, accents, vowel signs and keyboard variants."""
    if word.isascii():
        return word.lower()
    bare = "".join(c for c in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(c))
    return bare.translate(_URDU_LETTERS)


def cut(text: str) -> Words:
    """The words of a text."""
    if text.isascii():
        parts = _ASCII_WORD.split(text.lower())
        raw = folded = parts[1::2]
        numerals = [at for at, word in enumerate(folded) if word < _AFTER_DIGITS]
    else:
        parts = _WORD.split(text)
        raw = parts[1::2]
        folded = list(map(fold, raw))
        numerals = [at for at, word in enumerate(folded) if word[:1].isdecimal()]
    return Words(text, raw, folded, parts[::2], list(accumulate(map(len, parts))), numerals)


def key_of(phrase: str) -> tuple[str, ...]:
    """A phrase as the lexicon looks it up."""
    return tuple(cut(phrase).folded)


Marks = dict[str, list[Mark]]  # by kind, each kind in the order of the text


def by_kind(marks: list[Mark]) -> Marks:
    """The marks of a text under their kinds."""
    found: Marks = {}
    for mark in marks:
        kind = mark.kind
        if kind in found:
            found[kind].append(mark)
        else:
            found[kind] = [mark]
    return found


Senses = tuple[tuple[str, str], ...]
_Longer = dict[str, list[tuple[list[str], int, Senses]]]


class Lexicon:
    """Phrases by their first word: what it says alone, and by the second word the longer ones, longest first."""

    __slots__ = ("_by_first",)

    def __init__(self, phrases: Mapping[tuple[str, ...], Iterable[tuple[str, str]]]) -> None:
        by_first: dict[str, tuple[Senses, _Longer]] = {}
        for words in sorted(phrases, key=len, reverse=True):
            alone, longer = by_first.get(words[0], ((), {}))
            senses = tuple(phrases[words])
            if len(words) > 1:
                longer.setdefault(words[1], []).append((list(words[2:]), len(words), senses))
            by_first[words[0]] = (alone if len(words) > 1 else senses, longer)
        self._by_first = by_first

    def scan(self, folded: list[str]) -> list[Mark]:
        """The phrases found from left to right, the longest at each word; none overlap."""
        marks: list[Mark] = []
        by_first = self._by_first
        free_from = 0
        for index in [at for at, word in enumerate(folded) if word in by_first]:
            if index < free_from:
                continue
            senses, longer = by_first[folded[index]]
            last = index + 1
            if longer and last < len(folded) and folded[last] in longer:
                for rest, length, said in longer[folded[last]]:
                    if not rest or folded[index + 2 : index + length] == rest:
                        senses, last = said, index + length
                        break
            if senses:
                free_from = last
                for kind, value in senses:
                    marks.append(_tuple(Mark, (kind, value, index, last)))
        return marks


def table(name: str) -> list[dict[str, str]]:
    """The rows of one of this package's tab-separated tables."""
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


def _phrases() -> dict[tuple[str, ...], list[tuple[str, str]]]:
    phrases: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for row in table("words.tsv"):
        for phrase in row["phrases"].split("|"):
            sense = (row["kind"], row["value"])
            senses = phrases.setdefault(key_of(phrase), [])
            if sense not in senses:
                senses.append(sense)
    for phrase, kind, value in number_phrases():
        phrases.setdefault(key_of(phrase), []).append((kind, value))
    return phrases


LEXICON = Lexicon(_phrases())
