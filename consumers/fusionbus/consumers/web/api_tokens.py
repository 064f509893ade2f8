"""API tokens: for programs of an agency, shown once, kept as a hash, with an end."""

import hashlib
import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Engine, RowMapping, insert, select, update

from fusionbus.consumers.web import moments
from fusionbus.consumers.web.accounts import NAME
from fusionbus.consumers.web.people import ApiToken, Person, Role
from fusionbus.consumers.web.tables import API_TOKENS
from fusionbus.contract.errors import Misconfigured

PREFIX: Final = "fusion_"
"""So that a token left in a file or a repository can be found by a search."""
DAYS_MAX: Final = 366
USED_EVERY: Final = timedelta(minutes=5)


class ApiTokens:
    """The tokens in the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

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
            "created_at": moments.written(now),
            "expires_at": moments.written(now + timedelta(days=days)),
        }
        with self._engine.begin() as connection:
            connection.execute(insert(API_TOKENS).values(row))
        return token_id, token

    def all(self, agency: str | None = None) -> list[ApiToken]:
        """The tokens of an agency, or of all, by agency and age."""
        asked = select(API_TOKENS).order_by(API_TOKENS.c.agency, API_TOKENS.c.created_at)
        if agency is not None:
            asked = asked.where(API_TOKENS.c.agency == agency)
        with self._engine.connect() as connection:
            return [_token(row) for row in connection.execute(asked).mappings()]

    def revoke(self, token_id: str) -> str:
        """Ends a token at once; whose it was. Raises: Misconfigured where there is none."""
        its = API_TOKENS.c.token_id == token_id
        with self._engine.begin() as connection:
            row = connection.execute(select(API_TOKENS).where(its)).mappings().one_or_none()
            if row is None:
                raise Misconfigured(f"There is no token {token_id[:60]}: see `fusionbus accounts token list`.")
            ended = moments.written(datetime.now(UTC))
            connection.execute(
                update(API_TOKENS).where(its, API_TOKENS.c.revoked_at.is_(None)).values(revoked_at=ended)
            )
        return str(row["agency"])

    def of(self, token: str, now: datetime | None = None) -> Person | None:
        """Who asks with this token, unless it is over."""
        at = now or datetime.now(UTC)
        its = API_TOKENS.c.digest == _digest(token)
        with self._engine.connect() as connection:
            row = connection.execute(select(API_TOKENS).where(its)).mappings().one_or_none()
        if row is None or row["revoked_at"] is not None or moments.read(row["expires_at"]) <= at:
            return None
        used = moments.maybe(row["used_at"])
        if used is None or at - used > USED_EVERY:
            with self._engine.begin() as connection:
                connection.execute(update(API_TOKENS).where(its).values(used_at=moments.written(at)))
        return Person(row["token_id"], row["agency"], row["name"], Role(row["role"]), token=True)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _token(row: RowMapping) -> ApiToken:
    return ApiToken(
        row["token_id"],
        row["agency"],
        row["name"],
        Role(row["role"]),
        moments.read(row["created_at"]),
        moments.read(row["expires_at"]),
        moments.maybe(row["revoked_at"]),
        moments.maybe(row["used_at"]),
    )
