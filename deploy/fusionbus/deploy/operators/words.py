"""From what was typed to values: a wrong word is one sentence that names the right ones."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer
from pydantic import TypeAdapter, ValidationError

from fusionbus.contract.base import AgencyId
from fusionbus.contract.errors import Misconfigured

_AGENCY: TypeAdapter[str] = TypeAdapter(AgencyId)
_UNITS: Final = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_SPAN: Final = re.compile(r"(\d{1,6}) ?(min|h|d)")
_DESK: Final = re.compile(r"[\w.@-]{1,60}")
SHOWN_CHARS_MAX: Final = 60

Since = Annotated[str | None, typer.Option(help="How far back: 30min, 12h, 7d, or a time such as 2026-11-21T03:00Z.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
Bootstrap = Annotated[str | None, typer.Option(help="host:port of the broker (FUSION_BOOTSTRAP).")]


def agency_id(word: str) -> str:
    """The agency's short name, in upper case. Raises: Misconfigured."""
    try:
        return _AGENCY.validate_python(word.upper())
    except ValidationError as exc:
        raise Misconfigured(f"--agency {_shown(word)} is not an agency's short name such as CTD-KP.") from exc


def since(word: str | None, now: datetime) -> datetime | None:
    """The moment that the word names. Raises: Misconfigured."""
    if word is None:
        return None
    span = _SPAN.fullmatch(word.strip())
    try:
        if span is not None:
            return now - int(span[1]) * _UNITS[span[2]]
        # A time without a zone is refused below: comparing it with `now` is a TypeError.
        at = datetime.fromisoformat(word.strip())
        return min(at, now).astimezone(UTC)
    except (ValueError, TypeError, OverflowError) as exc:
        raise Misconfigured(
            f"--since {_shown(word)} is no time: write 30min, 12h, 7d, or a time with its zone "
            "such as 2026-11-21T03:00Z."
        ) from exc


def desk(word: str) -> str:
    """The desk or principal that acts. Raises: Misconfigured."""
    if not _DESK.fullmatch(word):
        raise Misconfigured(
            f"--by {_shown(word)} is no desk's name: use letters, digits, `.`, `@`, `_`, `-`; at most 60."
        )
    return word


def _shown(word: str) -> str:
    return repr(word if len(word) <= SHOWN_CHARS_MAX else word[:SHOWN_CHARS_MAX] + "…")
