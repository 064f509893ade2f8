"""The tables of accounts, tokens, sessions and of who looked at what."""

from typing import Final

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, MetaData, String, Table, UniqueConstraint

PEOPLE: Final = MetaData()
"""They lie in the threat database, beside what they open."""

ACCOUNTS: Final = Table(
    "accounts",
    PEOPLE,
    Column("account_id", String(36), primary_key=True),
    Column("agency", String(40), nullable=False),
    Column("name", String(40), nullable=False),
    Column("role", String(20), nullable=False),
    Column("password", String(200), nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("signed_in_at", String(32)),
    UniqueConstraint("agency", "name"),
)

API_TOKENS: Final = Table(
    "api_tokens",
    PEOPLE,
    Column("token_id", String(36), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("agency", String(40), nullable=False),
    Column("name", String(40), nullable=False),
    Column("role", String(20), nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("expires_at", String(32), nullable=False),
    Column("revoked_at", String(32)),
    Column("used_at", String(32)),
)

SESSIONS: Final = Table(
    "sessions",
    PEOPLE,
    Column("digest", String(64), primary_key=True),
    Column("account_id", String(36), ForeignKey("accounts.account_id"), nullable=False, index=True),
    Column("started_at", String(32), nullable=False),
    Column("seen_at", String(32), nullable=False),
)

ACCESS_LOG: Final = Table(
    "access_log",
    PEOPLE,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("at", String(32), nullable=False),
    Column("agency", String(40)),
    Column("who", String(80), nullable=False),
    Column("act", String(30), nullable=False),
    Column("what", String(200)),
    Column("outcome", String(20), nullable=False),
    Column("address", String(60)),
    Index("access_log_by_agency", "agency", "at"),
)
"""Only ever added to: triggers refuse every change."""
