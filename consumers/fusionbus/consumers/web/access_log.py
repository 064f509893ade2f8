"""Who signed in, looked at what, and did what: written before it is shown, and never changed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, Engine, RowMapping, insert, select, text

from fusionbus.consumers.web import moments
from fusionbus.consumers.web.people import Person
from fusionbus.consumers.web.tables import ACCESS_LOG

SQLITE_TRIGGERS: Final = tuple(
    f"CREATE TRIGGER IF NOT EXISTS access_log_keeps_{verb.lower()} BEFORE {verb} ON access_log "
    "BEGIN SELECT RAISE(ABORT, 'the access log is only added to'); END"
    for verb in ("UPDATE", "DELETE")
)
POSTGRESQL_TRIGGERS: Final = (
    (
        "CREATE OR REPLACE FUNCTION access_log_keeps() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the access log is only added to'; END $$"
    ),
    (
        "CREATE OR REPLACE TRIGGER access_log_keeps_rows BEFORE UPDATE OR DELETE ON access_log "
        "FOR EACH ROW EXECUTE FUNCTION access_log_keeps()"
    ),
    (
        "CREATE OR REPLACE TRIGGER access_log_keeps_all BEFORE TRUNCATE ON access_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION access_log_keeps()"
    ),
)
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


def forbid_changes(connection: Connection) -> None:
    """Makes the database itself refuse to change or delete a line; its owner can take that away."""
    statements = SQLITE_TRIGGERS if connection.dialect.name == "sqlite" else POSTGRESQL_TRIGGERS
    for statement in statements:
        connection.execute(text(statement))


class AccessLog:
    """The log in the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def wrote(
        self, person: Person, act: Act, what: str | None, outcome: Outcome = Outcome.DONE, address: str | None = None
    ) -> None:
        """Writes what a person does; it is on the disk when this returns."""
        self.write(Entry(datetime.now(UTC), person.agency, person.by, act, what, outcome, address))

    def write(self, entry: Entry) -> None:
        """Writes one line."""
        row = {
            "at": moments.written(entry.at),
            "agency": entry.agency,
            "who": entry.who,
            "act": entry.act.value,
            "what": None if entry.what is None else entry.what[:WHAT_CHARS_MAX],
            "outcome": entry.outcome.value,
            "address": entry.address,
        }
        with self._engine.begin() as connection:
            connection.execute(insert(ACCESS_LOG).values(row))

    def newest(self, agency: str | None, last: int) -> list[Entry]:
        """The newest lines of an agency, or of all and of nobody known; oldest first."""
        asked = select(ACCESS_LOG).order_by(ACCESS_LOG.c.number.desc()).limit(last)
        if agency is not None:
            asked = asked.where(ACCESS_LOG.c.agency == agency)
        with self._engine.connect() as connection:
            rows = connection.execute(asked).mappings().all()
        return [_entry(row) for row in reversed(rows)]


def _entry(got: RowMapping) -> Entry:
    return Entry(
        moments.read(got["at"]),
        got["agency"],
        got["who"],
        Act(got["act"]),
        got["what"],
        Outcome(got["outcome"]),
        got["address"],
    )
