"""What the doctor finds: one thing that was looked at, how bad it is, and a sentence. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NAMED_MAX: Final = 3


class Level(StrEnum):
    """How bad it is; only a fault changes the exit code. Unseen: it could not be looked at."""

    OK = "ok"
    NOTE = "note"
    UNSEEN = "unseen"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    check: str
    level: Level
    sentence: str


def ok(check: str, sentence: str) -> Finding:
    """Nothing to do."""
    return Finding(check, Level.OK, sentence)


def note(check: str, sentence: str) -> Finding:
    """Worth knowing; nothing is broken by it."""
    return Finding(check, Level.NOTE, sentence)


def unseen(check: str, sentence: str) -> Finding:
    """Not looked at, so it may be right or wrong."""
    return Finding(check, Level.UNSEEN, sentence)


def fault(check: str, sentence: str) -> Finding:
    """Something to mend."""
    return Finding(check, Level.FAULT, sentence)


def some(names: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    all_names = list(names)
    more = len(all_names) - NAMED_MAX
    return ", ".join(all_names[:NAMED_MAX]) + (f" and {more} more" if more > 0 else "")
