"""Sessions: kept here, so that they can be ended here; the browser holds only a random name of one."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import RowMapping, delete, insert, select, update

from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.tables_people import accounts, sessions
from fusionbus.consumers.threats.viewer import Role
from fusionbus.consumers.web.people import RIGHTS, Account, Person, Right
from fusionbus.consumers.web.settings import WebSettings

SEEN_EVERY: Final = timedelta(seconds=30)
"""How often a session in use is written down, so that not every request writes."""


@dataclass(frozen=True)
class Session:
    """Somebody signed in."""

    secret: str
    person: Person

    @property
    def csrf(self) -> str:
        """What forms of this session carry, so that no other site can send them; it tells nothing of the secret."""
        return hmac.new(self.secret.encode(), b"form", hashlib.sha256).hexdigest()

    def owns(self, csrf: str) -> bool:
        """Whether a form that carries this is one of this session."""
        return hmac.compare_digest(self.csrf.encode(), csrf.encode())


class Sessions:
    """The sessions in the database, by the hash of their secret."""

    def __init__(self, database: ThreatDatabase, settings: WebSettings) -> None:
        self._database = database
        self._idle = timedelta(seconds=settings.web_session_idle_s)
        self._longest = timedelta(seconds=settings.web_session_s_max)

    def start(self, account: Account, now: datetime | None = None) -> str:
        """A new session's secret of 256 bits; sessions that are over are swept away."""
        now = now or datetime.now(UTC)
        secret, at = secrets.token_urlsafe(32), now
        with self._database.writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.started_at < now - self._longest))
            connection.execute(
                insert(sessions).values(
                    digest=_digest(secret), account_id=account.account_id, started_at=at, seen_at=at
                )
            )
            its = accounts.c.account_id == account.account_id
            connection.execute(update(accounts).where(its).values(signed_in_at=at))
        return secret

    def of(self, secret: str, now: datetime | None = None, *, used: bool = True) -> Session | None:
        """The session of this secret, unless it is over or the account is not active; `used` keeps it from idling."""
        now = now or datetime.now(UTC)
        asked = (
            select(accounts, sessions.c.started_at, sessions.c.seen_at)
            .join(sessions, sessions.c.account_id == accounts.c.account_id)
            .where(sessions.c.digest == _digest(secret), accounts.c.active)
        )
        with self._database.reading() as connection:
            row = connection.execute(asked).mappings().one_or_none()
        if row is None or self._over(row, now):
            return None
        if used and now - row["seen_at"] > SEEN_EVERY:
            with self._database.writing() as connection:
                its = sessions.c.digest == _digest(secret)
                connection.execute(update(sessions).where(its).values(seen_at=now))
        return Session(secret, _person(row))

    def end(self, secret: str) -> None:
        """Ends a session."""
        with self._database.writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.digest == _digest(secret)))

    def _over(self, row: RowMapping, now: datetime) -> bool:
        if now - row["started_at"] > self._longest:
            return True
        idles = bool({Right.READ, Right.OVERSIGHT} & RIGHTS[Role(row["role"])])
        return idles and now - row["seen_at"] > self._idle


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _person(row: RowMapping) -> Person:
    return Person(row["account_id"], row["agency"], row["name"], Role(row["role"]), must_change=row["must_change"])
