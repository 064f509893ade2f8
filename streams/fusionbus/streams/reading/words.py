"""Words of a text and the one lexicon every reader shares: a text is cut and looked up once."""

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from fusionbus.streams.reading.numbers import number_phrases

# Digits with thousands commas are one word; vowel signs (zabar, zer, …) belong to their Urdu word.
_WORD = re.compile(r"\d{1,3}(?:,\d{3})+|[\w\u064b-\u0655\u0670]+")
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
    """A text, its folded words, where each stands, and which begin with a digit."""

    text: str
    folded: list[str]
    spans: list[tuple[int, int]]
    numerals: list[int]

    def evidence(self, field: str, first: int, last: int) -> Evidence:
        """The words from `first` up to `last` as evidence for a field."""
        start, end = self.spans[first][0], self.spans[last - 1][1]
        return Evidence(field, self.text[start:end], start, end)

    def gap(self, index: int) -> str:
        """What stands between word `index` and the next."""
        return self.text[self.spans[index][1] : self.spans[index + 1][0]] if index + 1 < len(self.spans) else ""


@lru_cache(maxsize=65_536)  # bounded: a word is short, and a language's frequent words are far fewer
def fold(word: str) -> str:
    """A word without case, accents, vowel signs and keyboard variants."""
    if word.isascii():
        return word.lower()
    bare = "".join(c for c in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(c))
    return bare.translate(_URDU_LETTERS)


def cut(text: str) -> Words:
    """The words of a text."""
    spans = [found.span() for found in _WORD.finditer(text)]
    if text.isascii():
        lower = text.lower()
        folded = [lower[a:b] for a, b in spans]
    else:
        folded = [fold(text[a:b]) for a, b in spans]
    return Words(text, folded, spans, [at for at, word in enumerate(folded) if word[:1].isdecimal()])


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


class Lexicon:
    """Phrases by their first word, longest first."""

    __slots__ = ("_by_first",)

    def __init__(self, phrases: Mapping[tuple[str, ...], Iterable[tuple[str, str]]]) -> None:
        by_first: dict[str, list[tuple[list[str], int, tuple[tuple[str, str], ...]]]] = {}
        for words in sorted(phrases, key=len, reverse=True):
            by_first.setdefault(words[0], []).append((list(words[1:]), len(words), tuple(phrases[words])))
        self._by_first = by_first

    def scan(self, folded: list[str]) -> list[Mark]:
        """The phrases found from left to right, the longest at each word; none overlap."""
        marks: list[Mark] = []
        look_up = self._by_first.get
        free_from = 0
        for index, word in enumerate(folded):
            entries = look_up(word)
            if entries is None or index < free_from:
                continue
            for rest, length, senses in entries:
                if length == 1 or folded[index + 1 : index + length] == rest:
                    free_from = index + length
                    marks += [Mark(kind, value, index, free_from) for kind, value in senses]
                    break
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
