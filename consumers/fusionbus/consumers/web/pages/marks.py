"""How grave an incident is, shown by colour, shape and word alike; and other small marks that every page uses. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from html import escape
from typing import Final

from fusionbus.contract.base import Range
from fusionbus.contract.vocabulary import Credibility, Province, Severity

STYLE: Final = '<link rel="stylesheet" href="/static/picture.css">'
PKT: Final = timezone(timedelta(hours=5), "PKT")
RANKS: Final = tuple(Severity)
"""Gravest first; a rank is the number of its colour and shape in picture.css and picture_map.js."""
_SHAPES: Final = (
    '<path d="M8 1 15 14H1Z"/>',
    '<path d="M8 .5 15.5 8 8 15.5.5 8Z"/>',
    '<path d="M2 2h12v12H2Z"/>',
    '<circle cx="8" cy="8" r="6.5"/>',
    '<circle cx="8" cy="8" r="5"/>',
)
CREDIBILITY: Final = {
    Credibility.CONFIRMED: "confirmed by other sources",
    Credibility.PROBABLY_TRUE: "probably true",
    Credibility.POSSIBLY_TRUE: "possibly true",
    Credibility.DOUBTFUL: "doubtful",
    Credibility.IMPROBABLE: "improbable",
    Credibility.CANNOT_BE_JUDGED: "cannot be judged",
}


def rank_of(severity: str) -> int:
    """The severity's rank; a word of a later version counts as unknown."""
    return RANKS.index(Severity(severity)) if severity in RANKS else len(RANKS) - 1


def symbols() -> str:
    """The shapes, once in a page, for `use`."""
    shapes = "".join(
        f'<symbol id="sev-{rank}" viewBox="0 0 16 16"><g class="sev-{rank}">{shape}</g></symbol>'
        for rank, shape in enumerate(_SHAPES)
    )
    return f'<svg width="0" height="0" class="symbols" aria-hidden="true">{shapes}</svg>'


def severity_badge(severity: str) -> str:
    """The mark of a severity with its word."""
    rank = rank_of(severity)
    mark = f'<svg width="15" height="15" aria-hidden="true"><use href="#sev-{rank}"/></svg>'
    return f'<span class="severity">{mark}{RANKS[rank].value}</span>'


def tag(word: str, kind: str = "") -> str:
    """A word in a frame."""
    return f'<span class="tag {kind}">{escape(word)}</span>'


def spaced(word: str | None) -> str:
    """A value of the vocabulary as words."""
    return (word or "").replace("_", " ")


def their(text: str | None) -> str:
    """What somebody wrote, in the direction of its own script."""
    return f'<bdi dir="auto">{escape(text or "")}</bdi>'


def at_html(at: datetime | None, otherwise: str = "not told") -> str:
    """A moment as this country reads it."""
    if at is None:
        return f'<span class="quiet">{escape(otherwise)}</span>'
    return f'<time datetime="{at.astimezone(UTC).isoformat()}">{moment(at)}</time>'


def moment(at: datetime) -> str:
    """Day and time in Pakistan."""
    return at.astimezone(PKT).strftime("%d %b %Y, %H:%M PKT")


def ago(at: datetime, now: datetime) -> str:
    """How long ago, roughly."""
    minutes = int((now - at).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    for unit, size in (("day", 1440), ("hour", 60), ("minute", 1)):
        if minutes >= size * (2 if unit == "day" else 1):
            count = minutes // size
            return f"{count} {unit}{'s' * (count != 1)} ago"
    return "just now"


def count_of(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def counted(count: Range | None) -> str:
    """A toll as it is known."""
    if count is None:
        return "not told"
    return f"{count.low}" if count.low == count.high else f"{count.low} to {count.high}"


def province_name(code: str | None) -> str:
    """A province in words."""
    return Province(code).name.replace("_", " ").title() if code in tuple(Province) else (code or "")


def where(parts: Iterable[str | None]) -> str:
    """A place from its parts, smallest first, nothing twice."""
    return ", ".join(dict.fromkeys(part for part in parts if part))


def table(columns: Iterable[str], rows: Iterable[str], kind: str = "", foot: str = "") -> str:
    """A table of rows that are HTML already."""
    heads = "".join(f'<th scope="col">{name}</th>' for name in columns)
    return (
        f'<table class="facts {kind}"><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody>'
        f"{f'<tfoot>{foot}</tfoot>' if foot else ''}</table>"
    )
