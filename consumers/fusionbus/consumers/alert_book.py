"""Alerts in an SQLite file, each once, with what may stay of them: behind handlers that write elsewhere as well."""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from fusionbus.consumers.erasing import left_of
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.contract.keeping import Erasure
from fusionbus.shell.sqlite_files import empty_log, overwrite_deleted

BUSY_S_MAX: Final = 5.0  # another writer of this file holds it for one alert: milliseconds
OWNER_ONLY: Final = 0o600  # alerts are marked information
BROKEN: Final = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS alerts (alert_id TEXT PRIMARY KEY, incident_id TEXT NOT NULL, json TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS alerts_by_incident ON alerts (incident_id)",
)


class AlertBook:
    """An open file; one thread uses it at a time.

    Args:
        path: the file; it is made where it does not exist, its folder must.
        tables: further tables of whoever keeps more in the same file.

    Raises:
        Misconfigured: the path cannot be such a file.
    """

    def __init__(self, path: Path, tables: Sequence[str] = ()) -> None:
        self.path = path
        self._unswept = False
        try:
            # Only where it is not there: closing a file takes all locks on it from the process, SQLite's too, and the
            # next process that leaves would delete the log that is still written to (sqlite.org/howtocorrupt, 2.2).
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY))
        except FileExistsError:
            pass
        except OSError as exc:
            raise Misconfigured(
                f"{path} cannot be written ({exc.strerror}): name a place in a folder that exists and may be written."
            ) from exc
        with self.explained():
            self.db = sqlite3.connect(path, timeout=BUSY_S_MAX, isolation_level=None, check_same_thread=False)
            try:
                self.db.execute("PRAGMA journal_mode = WAL")
                self.db.execute("PRAGMA synchronous = FULL")  # in WAL mode NORMAL may lose what was committed last
                overwrite_deleted(self.db)
                for statement in (*TABLES, *tables):
                    self.db.execute(statement)
            except BaseException:
                self.db.close()
                raise

    def __contains__(self, alert_id: str) -> bool:
        with self.explained():
            return self.db.execute("SELECT 1 FROM alerts WHERE alert_id = ?", (alert_id,)).fetchone() is not None

    def add(self, alert: Alert) -> bool:
        """Whether the alert was new; inside `transaction` it is on the disk when that ends."""
        row = (alert.alert_id, alert.incident_id, codec.encode(alert).decode())
        with self.explained():
            return self.db.execute("INSERT OR IGNORE INTO alerts VALUES (?, ?, ?)", row).rowcount > 0

    def of_incidents(self, incidents: Iterable[str]) -> list[Alert]:
        """The alerts that are kept of these incidents, in no order."""
        return self._read("incident_id", tuple(incidents))

    def of_ids(self, alert_ids: Iterable[str]) -> list[Alert]:
        """Those of these alerts that are kept, in no order."""
        return self._read("alert_id", tuple(alert_ids))

    def erase(self, erasure: Erasure, by: str) -> list[Alert]:
        """The alerts that this erasure changed, as they are now; the file holds nothing more of them."""
        touched = [*self.of_ids(erasure.alerts), *self.of_incidents(erasure.incidents)]
        changed = {alert.alert_id: left_of(alert, erasure, by) for alert in touched}
        changed = {alert.alert_id: changed[alert.alert_id] for alert in touched if changed[alert.alert_id] != alert}
        with self.explained():
            for alert in changed.values():
                row = (codec.encode(alert).decode(), alert.alert_id)
                self.db.execute("UPDATE alerts SET json = ? WHERE alert_id = ?", row)
        self._unswept = self._unswept or bool(changed)
        return list(changed.values())

    def sweep(self) -> None:
        """Takes what was erased out of the write-ahead log too; a reader may hold it up, then the next call tries."""
        if self._unswept:
            with self.explained():
                self._unswept = not empty_log(self.db)

    def close(self) -> None:
        """Closes the file."""
        with suppress(RetryLater, Misconfigured):
            self.sweep()
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, on the disk when it ends. Raises: RetryLater, Misconfigured."""
        with self.explained():
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite may have rolled back itself
                    self.db.execute("ROLLBACK")
                raise

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Says in a sentence what is wrong with the file."""
        try:
            yield
        except sqlite3.DatabaseError as exc:
            code = getattr(exc, "sqlite_errorcode", 0) & 0xFF  # the primary code of an extended one
            if code in BROKEN:
                raise Misconfigured(f"{self.path} is not a file of ours that can be written ({exc}).") from exc
            if isinstance(exc, sqlite3.OperationalError):
                raise RetryLater(f"{self.path} cannot be written now ({exc}): free space or mend the disk.") from exc
            raise

    def _read(self, column: str, names: tuple[str, ...]) -> list[Alert]:
        """Alerts of a newer version of the wire are passed over: this software could not have written them."""
        found = []
        with self.explained():
            for name in dict.fromkeys(names):
                rows = self.db.execute(f"SELECT json FROM alerts WHERE {column} = ?", (name,))  # noqa: S608 - ours
                found += [codec.decode(Alert, text.encode()) for (text,) in rows]
        return [alert for alert in found if not isinstance(alert, Undecodable)]
