"""Who signed in, looked at what, and did what: written before it is shown, and never changed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import RowMapping, insert, select

from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.tables_people import access_log
from fusionbus.consumers.web.people import Person

WHAT_CHARS_MAX: Final = 200


class Act(StrEnum):
    """What was done."""

    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    PASSWORD = "password"  # noqa: S105 - the act of changing it
    ACCOUNT = "account"
    TOKEN = "token"  # noqa: S105 - the act of making or revoking one
    SEARCH = "search"
    VIEW = "view"
    CHECK = "check"
    EXPORT = "export"
    ACTION = "action"


class Outcome(StrEnum):
    """What came of it."""

    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    SLOWED = "slowed"


@dataclass(frozen=True)
class Entry:
    """One line of the log."""

    at: datetime
    agency: str | None
    who: str
    act: Act
    what: str | None
    outcome: Outcome
    address: str | None


class AccessLog:
    """The log in the database."""

    def __init__(self, database: ThreatDatabase) -> None:
        self._database = database

    def wrote(
        self, person: Person, act: Act, what: str | None, outcome: Outcome = Outcome.DONE, address: str | None = None
    ) -> None:
        """Writes what a person does; it is on the disk when this returns."""
        self.write(Entry(datetime.now(UTC), person.agency, person.by, act, what, outcome, address))

    def write(self, entry: Entry) -> None:
        """Writes one line."""
        row = {
            "at": entry.at,
            "agency": entry.agency,
            "who": entry.who,
            "act": entry.act.value,
            "what": None if entry.what is None else entry.what[:WHAT_CHARS_MAX],
            "outcome": entry.outcome.value,
            "address": entry.address,
        }
        with self._database.writing() as connection:
            connection.execute(insert(access_log).values(row))

    def newest(self, agency: str | None, last: int) -> list[Entry]:
        """The newest lines of an agency, or of all and of nobody known; oldest first."""
        asked = select(access_log).order_by(access_log.c.number.desc()).limit(last)
        if agency is not None:
            asked = asked.where(access_log.c.agency == agency)
        with self._database.reading() as connection:
            rows = connection.execute(asked).mappings().all()
        return [_entry(row) for row in reversed(rows)]


def _entry(got: RowMapping) -> Entry:
    return Entry(
        got["at"],
        got["agency"],
        got["who"],
        Act(got["act"]),
        got["what"],
        Outcome(got["outcome"]),
        got["address"],
    )
