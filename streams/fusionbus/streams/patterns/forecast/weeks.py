"""Weeks of Pakistan: from Monday 00:00 to Monday 00:00, counted from one Monday on."""

from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

PKT: Final = timezone(timedelta(hours=5), "PKT")
"""Pakistan Standard Time; there is no summer time since 2009 (IANA time zone database, Asia/Karachi)."""
_FIRST: Final = datetime(1970, 1, 5, tzinfo=PKT)
"""A Monday."""
WEEK: Final = timedelta(weeks=1)


def week_of(moment: datetime) -> int:
    """The week that holds this moment; a Monday's midnight belongs to the week that begins."""
    return (moment - _FIRST) // WEEK


def start_of(week: int) -> datetime:
    """The Monday 00:00 Pakistan Standard Time at which the week begins, in UTC."""
    return (_FIRST + week * WEEK).astimezone(UTC)


def name_of(week: int) -> str:
    """The week's name by ISO 8601, such as 2024-W07."""
    year, number, _ = (_FIRST + week * WEEK).isocalendar()
    return f"{year}-W{number:02d}"


@lru_cache(maxsize=256)
def said(week: int) -> str:
    """The week in words, first and last day."""
    first = _FIRST + week * WEEK
    return f"{first:%d %B} to {first + timedelta(days=6):%d %B %Y}"
