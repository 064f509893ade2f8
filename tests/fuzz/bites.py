"""Turns a fuzzer's bytes into choices, and a good JSON example into a bad one."""

import copy
import json
from collections.abc import Sequence
from typing import Any, Final

EDITS_MAX: Final = 6
NASTY: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, -(2**64), 10**400, 0.5, -0.0, 1e308, float("nan"), float("inf")),
    *("", " ", "\0", "\x1f", "\x1b[31m", "\n", "\ud800", "\u202e", "\u200d", "ﷺ", "İ", "ß", "²", "½", "٣", "𝟗"),
    *("1.0", "1.9", "2.0", "999.999", "0.0", "A", "CTD-KP", "IB", "NACTA", "HUB", "PK", "PK-KP", "PK-BA"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-05T12:00:00Z", "2026-02-30T00:00:00Z"),
    *("report", "update", "cancel", "Actual", "Exercise", "RED", "CLEAR", "full", "=1+1", "<b>", "../../x"),
    *([], {}, [[]], [{}], [None], {"": ""}, ["IB"], ["IB", "IB"], 90, -90, 180, -180, 9_999, 10_000),
)
"""Values at the edges of what JSON, Unicode, clocks and our own limits allow."""


class Bites:
    """The bytes, eaten from the front; when they are gone every choice is the first."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self._at = raw, 0

    @property
    def left(self) -> int:
        """Bytes that are not eaten yet."""
        return max(0, len(self._raw) - self._at)

    def below(self, bound: int) -> int:
        """A number from 0 to below the bound."""
        width = 1 if bound <= 256 else 2
        bite = self._raw[self._at : self._at + width]
        self._at += width
        return int.from_bytes(bite, "big") % max(1, bound)

    def text(self) -> str:
        """Up to 255 bytes as text; broken UTF-8 shows as replacement characters."""
        size = self.below(256)
        bite = self._raw[self._at : self._at + size]
        self._at += size
        return bite.decode("utf-8", "replace")


def edited(bites: Bites, examples: Sequence[Any]) -> Any:
    """One of these JSON trees with a few places deleted, replaced, repeated or swapped."""
    tree = [copy.deepcopy(examples[bites.below(len(examples))])]
    for _ in range(bites.below(EDITS_MAX + 1)):
        places = _places(tree)
        held, key = places[bites.below(len(places))]
        match bites.below(6):
            case 0 if held is not tree:
                del held[key]
            case 1:
                held[key] = copy.deepcopy(NASTY[bites.below(len(NASTY))])
            case 2:
                held[key] = bites.text()
            case 3 if isinstance(held[key], list):
                held[key] = held[key] * bites.below(64)
            case 4 if isinstance(held[key], dict):
                held[key][bites.text()] = NASTY[bites.below(len(NASTY))]
            case _:
                other, there = places[bites.below(len(places))]
                held[key] = copy.deepcopy(other[there])
    return tree[0]


def as_json(tree: Any) -> bytes:
    """The tree as a foreign client might write it: lone surrogates and NaN escape as Python's encoder lets them."""
    return json.dumps(tree).encode()


def _places(tree: list[Any]) -> list[tuple[Any, Any]]:
    """Every value that stands in a list or an object, as the holder and the key."""
    found: list[tuple[Any, Any]] = []
    waiting: list[Any] = [tree]
    while waiting:
        held = waiting.pop()
        keys = range(len(held)) if isinstance(held, list) else list(held)
        for key in keys:
            found.append((held, key))
            if isinstance(held[key], list | dict):
                waiting.append(held[key])
    return found
