"""The handler that keeps the threat database, in SQLite."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from fusionbus.consumers.handlers import Taken, schema
from fusionbus.consumers.handlers.erasing_rows import erase
from fusionbus.consumers.handlers.rows import Row, alert_row, body_row, incident_row, subject_rows, when
from fusionbus.contract.alert import Alert
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.shell.sqlite_files import empty_log, overwrite_deleted

BUSY_S_MAX = 5.0  # another writer of this file holds it for one alert: milliseconds
OWNER_ONLY = 0o600  # alerts are marked information
BROKEN = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)

WITHDRAW = """
UPDATE bodies SET withdrawn_by_revision = w.revision
FROM (SELECT max(revision) AS revision FROM bodies WHERE report_id = :report_id AND msg_type = 'cancel') AS w
WHERE report_id = :report_id AND msg_type <> 'cancel' AND bodies.revision < w.revision
"""


class SqliteHandler:
    """Keeps each alert once and each incident in its newest revision.

    Raises:
        Misconfigured: the path is no database, or one of a newer version.
    """

    name = "sqlite"

    def __init__(self, path: Path, busy_s: float = BUSY_S_MAX) -> None:
        self.path = path
        self._unswept = False
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY))
        except OSError as exc:
            raise Misconfigured(
                f"{path} cannot be written ({exc.strerror}): name a file in a folder that exists and may be written."
            ) from exc
        with self._explained():
            self._db = sqlite3.connect(path, timeout=busy_s, isolation_level=None)
            try:
                self._set_up()
            except BaseException:
                self._db.close()
                raise

    def take(self, alert: Alert) -> Taken:
        """Whether the alert was new in this database; it is on the disk then. Raises: RetryLater, Misconfigured."""
        with self._explained(), self._transaction():
            # The incident first, because the alert refers to it; a repeat is no newer revision and changes nothing.
            self._keep_incident(alert)
            if not self._insert("alerts", alert_row(alert, datetime.now(UTC))):
                return Taken.REPEAT
            self._insert("bodies", body_row(alert))
            for table, row in subject_rows(alert):
                self._insert(table, row)
            if alert.body.report_id:
                # Both ways round: the withdrawal may come before what it withdraws.
                self._db.execute(WITHDRAW, {"report_id": alert.body.report_id})
            if alert.erase is not None:
                self._unswept = erase(self._db, alert.alert_id, alert.erase) or self._unswept
        if self._unswept:
            self._empty_log()
        return Taken.NEW

    def acknowledged(self, acknowledgement: Acknowledgement) -> None:
        """Keeps the newest acknowledgement of each kind. Raises: RetryLater, Misconfigured."""
        row: Row = {
            "alert_id": acknowledgement.alert_id,
            "action": acknowledgement.action,
            "opinion": acknowledgement.opinion or "",
            "agency": acknowledgement.agency,
            "by": acknowledgement.by,
            "at": when(acknowledgement.at),
            "note": acknowledgement.note,
        }
        with self._explained(), self._transaction():
            self._db.execute(
                f"INSERT INTO acknowledgements {_named(row)} "
                "ON CONFLICT DO UPDATE SET by = excluded.by, at = excluded.at, note = excluded.note "
                "WHERE excluded.at > acknowledgements.at",
                row,
            )

    def close(self) -> None:
        """Closes the database."""
        if self._unswept:
            with suppress(RetryLater, Misconfigured):
                self._empty_log()
        self._db.close()

    def _empty_log(self) -> None:
        """Takes what was erased out of the write-ahead log too; a reader may hold it up, then the next alert tries."""
        with self._explained():
            self._unswept = not empty_log(self._db)

    def _set_up(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")  # readers (the dashboard) never wait for the receiver
        self._db.execute("PRAGMA synchronous = FULL")  # in WAL mode NORMAL may lose what was committed last
        self._db.execute("PRAGMA foreign_keys = ON")
        overwrite_deleted(self._db)
        self._db.execute("BEGIN IMMEDIATE")
        known = self._db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'").fetchone()[0]
        if not known:
            for statement in schema.TABLES.split(";"):
                self._db.execute(statement)
            self._db.execute("INSERT INTO schema_version VALUES (?)", (schema.VERSION,))
        version = self._db.execute("SELECT max(version) FROM schema_version").fetchone()[0]
        self._db.execute("COMMIT")
        if version != schema.VERSION:
            raise Misconfigured(
                f"{self.path} is a threat database of version {version}, this software knows {schema.VERSION}: update."
            )

    def _keep_incident(self, alert: Alert) -> None:
        row = incident_row(alert)
        newest = ", ".join(f"{name} = excluded.{name}" for name in row if name not in {"incident_id", "first_alert_at"})
        self._db.execute(
            f"INSERT INTO incidents {_named(row)} ON CONFLICT (incident_id) DO UPDATE SET {newest} "
            "WHERE excluded.revision > incidents.revision",
            row,
        )

    def _insert(self, table: str, row: Row) -> bool:
        """Whether the row was new."""
        return self._db.execute(f"INSERT INTO {table} {_named(row)} ON CONFLICT DO NOTHING", row).rowcount > 0

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # SQLite may have rolled back itself
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as exc:
            code = getattr(exc, "sqlite_errorcode", 0) & 0xFF  # the primary code of an extended one
            if code in BROKEN:
                raise Misconfigured(f"{self.path} is not a threat database that can be written ({exc}).") from exc
            if isinstance(exc, sqlite3.OperationalError):
                raise RetryLater(f"{self.path} cannot be written now ({exc}): free space or mend the disk.") from exc
            raise


def _named(row: Row) -> str:
    """Columns and parameters of an INSERT; the names are this file's own, never input."""
    return f"({', '.join(row)}) VALUES ({', '.join(':' + name for name in row)})"
