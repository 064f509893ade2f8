"""What every table of the database shares: its collection, and times that are the same in both kinds of database."""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Dialect, MetaData, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeEngine

METADATA: Final = MetaData(
    naming_convention={
        "ix": "%(table_name)s_by_%(column_0_N_name)s",
        "uq": "%(table_name)s_one_%(column_0_N_name)s",
        "fk": "%(table_name)s_of_%(referred_table_name)s",
        "pk": "%(table_name)s_key",
    }
)
"""Every table; names of keys follow from their columns, so that a migration can name them too."""


def when(at: datetime) -> str:
    """The time as text that sorts: UTC, microseconds, always the same length."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time: `timestamptz` in PostgreSQL, text that sorts in SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's type in this kind of database."""
        return TIMESTAMP(timezone=True) if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """What is written."""
        return when(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """What is read."""
        if value is None:
            return None
        read: datetime = datetime.fromisoformat(value) if dialect.name == "sqlite" else value
        return read.astimezone(UTC)
