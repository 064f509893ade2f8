"""API tokens: for programs of an agency, shown once, kept as a hash, with an end."""

import hashlib
import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import RowMapping, insert, select, update

from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.tables_people import api_tokens
from fusionbus.consumers.threats.viewer import Role
from fusionbus.consumers.web.accounts import NAME
from fusionbus.consumers.web.people import ApiToken, Person
from fusionbus.contract.errors import Misconfigured

PREFIX: Final = "fusion_"
"""So that a token left in a file or a repository can be found by a search."""
DAYS_MAX: Final = 366
USED_EVERY: Final = timedelta(minutes=5)


class ApiTokens:
    """The tokens in the database."""

    def __init__(self, database: ThreatDatabase) -> None:
        self._database = database

    def add(self, agency: str, name: str, role: Role, days: int) -> tuple[str, str]:
        """A new token's id, and the token: 256 random bits. Raises: Misconfigured where the name is none."""
        if NAME.fullmatch(name) is None:
            raise Misconfigured(f"--name {name[:60]!r} is no name: 1 to 40 of a-z, 0-9, dot and hyphen, such as siem.")
        token, token_id, now = PREFIX + secrets.token_urlsafe(32), str(uuid.uuid4()), datetime.now(UTC)
        row = {
            "token_id": token_id,
            "digest": _digest(token),
            "agency": agency,
            "name": name,
            "role": role.value,
            "created_at": now,
            "expires_at": now + timedelta(days=days),
        }
        with self._database.writing() as connection:
            connection.execute(insert(api_tokens).values(row))
        return token_id, token

    def all(self, agency: str | None = None) -> list[ApiToken]:
        """The tokens of an agency, or of all, by agency and age."""
        asked = select(api_tokens).order_by(api_tokens.c.agency, api_tokens.c.created_at)
        if agency is not None:
            asked = asked.where(api_tokens.c.agency == agency)
        with self._database.reading() as connection:
            return [_token(row) for row in connection.execute(asked).mappings()]

    def revoke(self, token_id: str) -> str:
        """Ends a token at once; whose it was. Raises: Misconfigured where there is none."""
        its = api_tokens.c.token_id == token_id
        with self._database.writing() as connection:
            row = connection.execute(select(api_tokens).where(its)).mappings().one_or_none()
            if row is None:
                raise Misconfigured(f"There is no token {token_id[:60]}: see `fusionbus accounts token list`.")
            ended = datetime.now(UTC)
            connection.execute(
                update(api_tokens).where(its, api_tokens.c.revoked_at.is_(None)).values(revoked_at=ended)
            )
        return str(row["agency"])

    def of(self, token: str, now: datetime | None = None) -> Person | None:
        """Who asks with this token, unless it is over."""
        at = now or datetime.now(UTC)
        its = api_tokens.c.digest == _digest(token)
        with self._database.reading() as connection:
            row = connection.execute(select(api_tokens).where(its)).mappings().one_or_none()
        if row is None or row["revoked_at"] is not None or row["expires_at"] <= at:
            return None
        used = row["used_at"]
        if used is None or at - used > USED_EVERY:
            with self._database.writing() as connection:
                connection.execute(update(api_tokens).where(its).values(used_at=at))
        return Person(row["token_id"], row["agency"], row["name"], Role(row["role"]), token=True)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _token(row: RowMapping) -> ApiToken:
    return ApiToken(
        row["token_id"],
        row["agency"],
        row["name"],
        Role(row["role"]),
        row["created_at"],
        row["expires_at"],
        row["revoked_at"],
        row["used_at"],
    )
