"""What is still to be delivered, in an SQLite file: an alert is safe here before the broker may forget it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from fusionbus.consumers.alert_book import AlertBook
from fusionbus.consumers.services.plan import Planned, Told, Way
from fusionbus.contract.alert import Alert
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.vocabulary import AckAction

TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS deliveries (
        contact TEXT NOT NULL, way TEXT NOT NULL, service TEXT NOT NULL, step INTEGER NOT NULL,
        incident_id TEXT NOT NULL, alert_id TEXT NOT NULL, word TEXT NOT NULL,
        planned_at TEXT NOT NULL, due_at TEXT NOT NULL, next_at TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
        done_at TEXT, outcome TEXT, said TEXT)""",
    # An alert goes to a contact once, and an escalation about an incident to each step once while it is open.
    "CREATE UNIQUE INDEX IF NOT EXISTS once ON deliveries (contact, alert_id) WHERE way <> 'escalation'",
    """CREATE UNIQUE INDEX IF NOT EXISTS escalated ON deliveries (service, incident_id, step)
        WHERE way = 'escalation' AND done_at IS NULL""",
    "CREATE INDEX IF NOT EXISTS due ON deliveries (contact, next_at) WHERE done_at IS NULL",
    "CREATE INDEX IF NOT EXISTS told ON deliveries (incident_id, contact)",
    "CREATE TABLE IF NOT EXISTS answered (incident_id TEXT PRIMARY KEY, revision INTEGER NOT NULL, at TEXT NOT NULL)",
)
SENT, GIVEN_UP, ANSWERED, ERASED = "sent", "given up", "answered", "erased"
ANSWERS: Final = frozenset(AckAction) - {AckAction.RECEIVED}
"""What a person says; `received` is said by a receiver."""
KEPT: Final = timedelta(days=30)
"""How long it is known who was told of an incident; a closed incident is let go by the hub after 30 days too."""
_COLUMNS: Final = "rowid, contact, way, service, step, alert_id, word, planned_at, due_at, tries"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery that is due."""

    row: int
    contact: str
    way: Way
    service: str
    step: int
    alert_id: str
    word: str
    planned_at: datetime
    due_at: datetime
    tries: int


class Outbox:
    """An open file; one thread uses it at a time, each process any number of them."""

    def __init__(self, path: Path) -> None:
        self.book = AlertBook(path, TABLES)
        self._db = self.book.db

    def told(self, alert: Alert) -> dict[str, Told]:
        """What each contact knows of the alert's incident, and of those that became it."""
        found: dict[str, Told] = {}
        for incident in (alert.incident_id, *(alert.merged_from or ())):
            for contact, sent, waiting in self._read(
                "SELECT contact, max(outcome IS 'sent'), min(CASE WHEN way = 'digest' AND done_at IS NULL THEN due_at "
                "END) FROM deliveries WHERE incident_id = ? GROUP BY contact",
                (incident,),
            ):
                before = found.get(contact, Told())
                until = _moment(waiting) if waiting else before.waiting_until
                found[contact] = Told(before.sent or bool(sent), until)
        return found

    def keep(self, alert: Alert, planned: Iterable[Planned], now: datetime) -> None:
        """Keeps the alert and its deliveries, all or nothing; on the disk when it returns."""
        deliveries = list(planned)
        with self.book.transaction():
            if deliveries and self.book.add(alert):
                for one in deliveries:
                    self._plan(alert, one, now)
            if alert.erase is not None:
                for left in self.book.erase(alert.erase, alert.alert_id):
                    if left.alert_id in alert.erase.alerts:
                        self._end("alert_id = ?", left.alert_id, ERASED, now)
        self.book.sweep()

    def due(self, contact: str, now: datetime, count: int) -> list[Delivery]:
        """What this contact is to get now, the oldest first, at most so much."""
        rows = self._read(
            f"SELECT {_COLUMNS} FROM deliveries WHERE contact = ? AND done_at IS NULL AND next_at <= ? "  # noqa: S608
            "ORDER BY due_at, rowid LIMIT ?",
            (contact, _text(now), count),
        )
        return [
            Delivery(row, to, Way(way), service, step, alert_id, word, _moment(planned), _moment(due), tries)
            for row, to, way, service, step, alert_id, word, planned, due, tries in rows
        ]

    def overdue_since(self, contact: str, now: datetime) -> datetime | None:
        """When the oldest delivery was due that this contact still has to get; None where none is due."""
        query = "SELECT min(due_at) FROM deliveries WHERE contact = ? AND done_at IS NULL AND due_at <= ?"
        ((due_at,),) = self._read(query, (contact, _text(now)))
        return _moment(due_at) if due_at else None

    def sent(self, deliveries: Sequence[Delivery], now: datetime) -> None:
        """Notes that they were delivered, together."""
        with self.book.transaction():
            for one in deliveries:
                self._end("rowid = ?", one.row, SENT, now)

    def failed(self, deliveries: Sequence[Delivery], again_at: datetime, said: str) -> None:
        """Notes when they are tried again, and why."""
        with self.book.transaction():
            for one in deliveries:
                self._db.execute(
                    "UPDATE deliveries SET tries = tries + 1, next_at = ?, said = ? WHERE rowid = ?",
                    (_text(again_at), said, one.row),
                )

    def given_up(self, deliveries: Sequence[Delivery], said: str, now: datetime) -> None:
        """Notes that they are not tried again, and why; they stay to be seen."""
        with self.book.transaction():
            for one in deliveries:
                self._end("rowid = ?", one.row, GIVEN_UP, now)
                self._db.execute("UPDATE deliveries SET said = ? WHERE rowid = ?", (said, one.row))

    def answered(self, acknowledgement: Acknowledgement) -> None:
        """Ends what waits because nobody had answered; an answer to an older revision leaves a newer one open."""
        if acknowledgement.action not in ANSWERS:
            return
        about = acknowledgement.incident_id, acknowledgement.incident_revision, _text(acknowledgement.at)
        with self.book.transaction():
            self._db.execute(
                "INSERT INTO answered VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
                "revision = max(revision, excluded.revision), at = max(at, excluded.at)",
                about,
            )
            for alert in self.book.of_incidents([about[0]]):
                if alert.incident_revision <= about[1]:
                    self._end("way = 'escalation' AND alert_id = ?", alert.alert_id, ANSWERED, acknowledgement.at)

    def alerts(self, deliveries: Sequence[Delivery]) -> list[Alert]:
        """Their alerts, in the order of the deliveries."""
        found = {alert.alert_id: alert for alert in self.book.of_ids(one.alert_id for one in deliveries)}
        return [found[one.alert_id] for one in deliveries if one.alert_id in found]

    def waiting(self) -> dict[str, int]:
        """How many deliveries each contact still has to get."""
        counted = self._read("SELECT contact, count(*) FROM deliveries WHERE done_at IS NULL GROUP BY contact", ())
        return {str(contact): int(count) for contact, count in counted}

    def abandoned(self) -> list[tuple[str, str, str]]:
        """Contact, alert and reason of deliveries that were given up."""
        found = self._read(
            "SELECT contact, alert_id, said FROM deliveries WHERE outcome = ? ORDER BY done_at", (GIVEN_UP,)
        )
        return [(contact, alert_id, said) for contact, alert_id, said in found]

    def forget(self, now: datetime) -> int:
        """How many alerts were let go, all whose deliveries are long done."""
        before = _text(now - KEPT)
        with self.book.transaction():
            self._db.execute(
                "DELETE FROM alerts WHERE alert_id IN (SELECT alert_id FROM deliveries GROUP BY alert_id "
                "HAVING count(*) = count(done_at) AND max(done_at) < ?)",
                (before,),
            )
            gone = int(self._db.execute("SELECT changes()").fetchone()[0])
            self._db.execute(
                "DELETE FROM deliveries WHERE done_at < ? AND alert_id NOT IN (SELECT alert_id FROM alerts)", (before,)
            )
            self._db.execute("DELETE FROM answered WHERE at < ?", (before,))
        return gone

    def close(self) -> None:
        """Closes the file."""
        self.book.close()

    def _plan(self, alert: Alert, one: Planned, now: datetime) -> None:
        if one.way is Way.ESCALATION and self._is_answered(alert):
            return
        due = _text(one.due_at)
        # What is open keeps its time, an update buys none; it tells of the newest alert when it goes.
        self._db.execute(
            "INSERT INTO deliveries "
            "(contact, way, service, step, incident_id, alert_id, word, planned_at, due_at, next_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (service, incident_id, step) WHERE way = 'escalation' AND done_at IS NULL "
            "DO UPDATE SET alert_id = excluded.alert_id ON CONFLICT DO NOTHING",
            (
                one.contact,
                one.way,
                one.service,
                one.step,
                alert.incident_id,
                alert.alert_id,
                one.word,
                _text(now),
                due,
                due,
            ),
        )

    def _is_answered(self, alert: Alert) -> bool:
        rows = self._read("SELECT revision FROM answered WHERE incident_id = ?", (alert.incident_id,))
        return bool(rows) and int(rows[0][0]) >= alert.incident_revision

    def _end(self, where: str, what: str | int, outcome: str, now: datetime) -> None:
        self._db.execute(
            f"UPDATE deliveries SET done_at = ?, outcome = ? WHERE done_at IS NULL AND {where}",  # noqa: S608 - ours
            (_text(now), outcome, what),
        )

    def _read(self, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with self.book.explained():
            return self._db.execute(query, values).fetchall()


def _text(at: datetime) -> str:
    """The time as text that sorts."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
