"""The words of a text that tell it apart: lower case, lightly stemmed, words for one thing brought together."""

import re
import tomllib
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import cast

TERMS_MAX = 64
_WORD = re.compile(r"\d{1,3}(?:,\d{3})+|[^\W_]+(?:['’][^\W_]+)*")
_SHORT = 2
_STEM_MIN = 4

_TABLE = tomllib.loads(files(__package__).joinpath("terms.toml").read_text(encoding="utf-8"))
_STOP = frozenset(_TABLE["stop"].split())
_THING = {word: thing for thing, words in _TABLE["things"].items() for word in (thing, *words.split())}
_NUMBERS = {word: str(number) for number, word in enumerate(_TABLE["numbers"].split())}
_SUFFIXES = ("ations", "ation", "ings", "ing", "ies", "ied", "ers", "ed", "es", "er", "s", "ly")


@lru_cache(maxsize=65_536)
def term_of(word: str) -> str | None:
    """The term a word stands for, or None for a word that tells nothing."""
    low = word.casefold().replace("’", "'").removesuffix("'s").replace("'", "").replace(",", "")
    if low in _STOP or (len(low) < _SHORT and not low.isdigit()):
        return None
    return _THING.get(low) or _NUMBERS.get(low) or _stem(low)


def terms_in(text: str) -> set[str]:
    """The terms of a text."""
    return terms_of(_WORD.findall(text))


def terms_of(words: Iterable[str]) -> set[str]:
    """The terms of words already cut."""
    terms = set(map(term_of, words))
    terms.discard(None)
    return cast("set[str]", terms)


def spelled(text: str) -> dict[str, str]:
    """The terms of a text, each with the first word that stands for it, as written but for capitals."""
    found: dict[str, str] = {}
    for word in _WORD.findall(text):
        term = term_of(word)
        if term is not None:
            found.setdefault(term, word.lower())
    return found


def _stem(word: str) -> str:
    if not word.isascii() or word.isdigit():
        return word
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _STEM_MIN:
            return word[: -len(suffix)]
    return word


COMMON = MappingProxyType(
    {term_of(word) or word: float(share) for share, words in _TABLE["shares"].items() for word in words.split()},
)
"""Share of reports that hold a term, for the terms common in all reports of attacks."""
