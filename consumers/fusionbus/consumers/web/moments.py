"""Times as the tables hold them: text in UTC that sorts as the times do."""

from datetime import UTC, datetime


def written(at: datetime) -> str:
    """The time as `2026-11-21T13:05:00.000000Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read(text: str) -> datetime:
    """The time that was written so."""
    return datetime.fromisoformat(text)


def maybe(text: str | None) -> datetime | None:
    """As `read`, where there is one."""
    return None if text is None else read(text)
