"""Accounts, API tokens, sessions, and the access log, which the database itself keeps from being changed."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from fusionbus.consumers.threats.columns import UtcTime

revision: Final = "0002"
down_revision: Final = "0001"

_KEPT_IN_SQLITE: Final = tuple(
    f"CREATE TRIGGER access_log_keeps_{verb.lower()} BEFORE {verb} ON access_log "
    "BEGIN SELECT RAISE(ABORT, 'the access log is only added to'); END"
    for verb in ("UPDATE", "DELETE")
)
_KEPT_IN_POSTGRESQL: Final = (
    (
        "CREATE FUNCTION access_log_keeps() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the access log is only added to'; END $$"
    ),
    (
        "CREATE TRIGGER access_log_keeps_rows BEFORE UPDATE OR DELETE ON access_log "
        "FOR EACH ROW EXECUTE FUNCTION access_log_keeps()"
    ),
    (
        "CREATE TRIGGER access_log_keeps_all BEFORE TRUNCATE ON access_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION access_log_keeps()"
    ),
)


def upgrade() -> None:
    """Makes the tables."""
    _accounts_and_sessions()
    op.create_table(
        "api_tokens",
        _text("token_id"),
        _text("digest"),
        _text("agency"),
        _text("name"),
        _text("role"),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False),
        sa.Column("revoked_at", UtcTime),
        sa.Column("used_at", UtcTime),
        sa.PrimaryKeyConstraint("token_id", name="api_tokens_key"),
        sa.UniqueConstraint("digest", name="api_tokens_one_digest"),
    )
    op.create_table(
        "access_log",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("agency", sa.Text),
        _text("who"),
        _text("act"),
        sa.Column("what", sa.Text),
        _text("outcome"),
        sa.Column("address", sa.Text),
        sa.PrimaryKeyConstraint("number", name="access_log_key"),
    )
    op.create_index("access_log_by_agency", "access_log", ["agency", "number"])
    for statement in _KEPT_IN_SQLITE if op.get_bind().dialect.name == "sqlite" else _KEPT_IN_POSTGRESQL:
        op.execute(statement)


def _accounts_and_sessions() -> None:
    op.create_table(
        "accounts",
        _text("account_id"),
        _text("agency"),
        _text("name"),
        _text("role"),
        _text("password"),
        sa.Column("must_change", sa.Boolean, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("signed_in_at", UtcTime),
        sa.PrimaryKeyConstraint("account_id", name="accounts_key"),
        sa.UniqueConstraint("agency", "name", name="accounts_one_agency_name"),
    )
    op.create_table(
        "sessions",
        _text("digest"),
        _text("account_id"),
        sa.Column("started_at", UtcTime, nullable=False),
        sa.Column("seen_at", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="sessions_key"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], "sessions_of_accounts"),
    )
    op.create_index("sessions_by_account", "sessions", ["account_id"])


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, nullable=False)
