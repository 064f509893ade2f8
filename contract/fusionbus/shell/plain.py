"""Text from outside, made harmless: for a terminal, a log, and a spreadsheet that opens what we write."""

import unicodedata
from typing import Final

JOINERS: Final = frozenset("\u200c\u200d")
"""Urdu needs the joiners; neither can reorder or hide text."""
_FORMULA: Final = frozenset("=+-@＝＋－＠\t\r\n")
"""What a spreadsheet program takes for the beginning of a formula. Source: OWASP, "CSV Injection"."""


def neutral(text: str) -> str:
    """The text on one line, with every control, override, private or invisible character written out as its number.

    Who reads must see what is in a message, and the message must not steer the terminal or forge another line.
    """
    return "".join(char if _shows(char) else f"\\u{{{ord(char):x}}}" for char in text)


def _shows(char: str) -> bool:
    category = unicodedata.category(char)
    return char in JOINERS or not (category[0] == "C" or category in {"Zl", "Zp"})


def as_cell(text: str) -> str:
    """The text as a cell of a CSV file: what would be a formula begins with an apostrophe, and so is text."""
    return f"'{text}" if text and text[0] in _FORMULA else text


def from_cell(text: str) -> str:
    """The text that `as_cell` wrote."""
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in _FORMULA else text
