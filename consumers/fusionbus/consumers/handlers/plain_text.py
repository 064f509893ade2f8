"""Text from outside, made harmless for a terminal: it may not move the cursor, colour, reorder or forge a block."""

import unicodedata

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
JOINERS = frozenset("\u200c\u200d\u200e\u200f\u061c")
"""Urdu needs the joiners and direction marks; none of them can reorder other text as overrides do."""
BREAKS = frozenset("\n\u2028\u2029\x85\x0b\x0c")


def line(text: str) -> str:
    """The text on one line."""
    return " ".join(part for part in lines(text) if part)


def lines(text: str) -> list[str]:
    """The text by its lines, without control, override, private or invisible characters."""
    safe: list[str] = []
    for char in text.replace("\r\n", "\n").replace("\t", " "):
        if char in BREAKS:
            safe.append("\n")
        elif char in JOINERS or unicodedata.category(char)[0] != "C":
            safe.append(char)
        elif unicodedata.category(char) != "Cf":
            safe.append(REPLACEMENT)
    return [part.strip() for part in "".join(safe).split("\n")]
