"""Who works at the tip desk: a name, a role, and a token of which only the digest is kept; and who is signed in."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from threading import Lock
from typing import Final, Literal

from fusionbus.contract.errors import FixTheReport
from fusionbus.producers.tips.queue import TipQueue
from fusionbus.producers.tips.told import clean

Role = Literal["triage", "call-taker", "gateway"]
ROLES: Final[tuple[Role, ...]] = ("triage", "call-taker", "gateway")
SESSION_S: Final = 43_200.0
"""Twelve hours: one shift and its handover."""
SESSIONS_MAX: Final = 1_000
NAME_MAX: Final = 60


@dataclass(frozen=True, slots=True)
class Clerk:
    """Somebody, or a gateway, known by a token."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in; the form key proves that a form came from a page of this session."""

    clerk: Clerk
    form_key: str
    until_s: float


class People:
    """The clerks of this machine."""

    def __init__(self, queue: TipQueue) -> None:
        self._queue = queue

    def add(self, name: str, role: Role, now: datetime) -> str:
        """The token of a new clerk, told once. A name that is there gets a new token, and the old one ends."""
        said = clean(name)
        if not said or len(said) > NAME_MAX:
            raise FixTheReport(f"A desk's name has 1 to {NAME_MAX} characters, such as `Call desk 2`.")
        token = secrets.token_urlsafe(32)
        with self._queue.file.changing() as db:
            db.execute("DELETE FROM desk WHERE name = ?", (said,))
            db.execute("INSERT INTO desk VALUES (?, ?, ?, ?)", (said, role, _digest(token), now.isoformat()))
            self._queue.note(db, now, None, "operator", f"gave a {role} token", said)
        return token

    def end(self, name: str, now: datetime) -> bool:
        """Whether there was such a clerk, who is none any more."""
        with self._queue.file.changing() as db:
            gone = db.execute("DELETE FROM desk WHERE name = ?", (clean(name),)).rowcount
            if gone:
                self._queue.note(db, now, None, "operator", "ended a token", clean(name))
        return bool(gone)

    def known(self, token: str) -> Clerk | None:
        """Whose token this is. It has 256 random bits: there is nothing to guess, and no slow hash is needed."""
        row = self._queue.file.one("SELECT name, role FROM desk WHERE token_digest = ?", _digest(token))
        return Clerk(row[0], row[1]) if row else None

    def all(self) -> list[Clerk]:
        """Everybody, by name."""
        return [Clerk(*row) for row in self._queue.file.rows("SELECT name, role FROM desk ORDER BY name")]


class Sessions:
    """Who is signed in at this process; a restart signs everybody out."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._open: dict[str, tuple[str, Session]] = {}
        self._lock = Lock()

    def begin(self, token: str) -> str | None:
        """The cookie of a new session; None for a token that nobody has."""
        clerk = self._people.known(token)
        if clerk is None or clerk.role == "gateway":
            return None
        cookie = secrets.token_urlsafe(32)
        with self._lock:
            while len(self._open) >= SESSIONS_MAX:
                del self._open[next(iter(self._open))]
            session = Session(clerk, secrets.token_urlsafe(16), datetime.now(UTC).timestamp() + SESSION_S)
            self._open[cookie] = (token, session)
        return cookie

    def of(self, cookie: str) -> Session | None:
        """The session of this cookie, while it lasts and its clerk's token holds."""
        with self._lock:
            token, session = self._open.get(cookie, ("", None))
        if session is None or session.until_s < datetime.now(UTC).timestamp():
            return None
        return session if self._people.known(token) == session.clerk else None

    def end(self, cookie: str) -> None:
        """Signs out."""
        with self._lock:
            self._open.pop(cookie, None)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
