"""Accounts, API tokens, sessions, and who looked at what: beside what they open."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from fusionbus.consumers.threats.columns import METADATA, UtcTime

accounts: Final = Table(
    "accounts",
    METADATA,
    Column("account_id", Text, primary_key=True),
    Column("agency", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("signed_in_at", UtcTime),
    UniqueConstraint("agency", "name"),
)
"""`password` is its hash."""

api_tokens: Final = Table(
    "api_tokens",
    METADATA,
    Column("token_id", Text, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("agency", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
    Column("used_at", UtcTime),
)

sessions: Final = Table(
    "sessions",
    METADATA,
    Column("digest", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("accounts.account_id"), nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
)
Index("sessions_by_account", sessions.c.account_id)

access_log: Final = Table(
    "access_log",
    METADATA,
    Column("number", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False),
    Column("agency", Text),
    Column("who", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("what", Text),
    Column("outcome", Text, nullable=False),
    Column("address", Text),
)
Index("access_log_by_agency", access_log.c.agency, access_log.c.number)
"""Only ever added to: triggers refuse every change."""
