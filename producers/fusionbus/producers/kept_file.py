"""A SQLite file that keeps what it was given through a power cut, and says its faults in words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from fusionbus.contract.errors import FusionError, Misconfigured, RetryLater
from fusionbus.producers.outbox_faults import BUSY_S, code_of
from fusionbus.shell.sqlite_files import empty_log, overwrite_deleted


class KeptFile:
    """A SQLite file; threads may share it, one acts at a time.

    Args:
        path: where it lies; the folder is made.
        schema: tables that are made where they are not there.
        name: what it is to whoever reads a fault, such as `station's book`.

    Raises: Misconfigured when it cannot be used; RetryLater when the disk is full or another process holds it.
    """

    def __init__(self, path: Path, schema: str, name: str) -> None:
        self.path, self._name = path, name
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as exc:
            raise Misconfigured(f"The folder {path.parent} cannot be made ({exc.strerror}): set FUSION_HOME.") from exc
        self._lock = RLock()
        with self.explained():
            self._db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            # FULL: what was given is on the disk, not in a cache, when its giver is told so.
            self._db.executescript(
                f"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; {schema}"
            )
            overwrite_deleted(self._db)
        path.chmod(0o600)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the query finds."""
        with self._lock, self.explained():
            return self._db.execute(query, values).fetchall()

    def one(self, query: str, *values: Any) -> tuple[Any, ...] | None:
        """The first row that the query finds."""
        return next(iter(self.rows(query, *values)), None)

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing, on the disk when the block is over."""
        with self._lock, self.explained():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                if self._db.in_transaction:  # SQLite itself rolls back when the disk is full
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def forget_deleted(self) -> None:
        """Empties the write-ahead log, which still holds what was deleted."""
        with self._lock, self.explained():
            empty_log(self._db)

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def explained(self) -> Iterator[None]:
        """SQLite's errors inside the block as sentences."""
        try:
            yield
        except sqlite3.Error as exc:
            raise _explain(exc, f"The {self._name} {self.path}") from exc


def _explain(exc: sqlite3.Error, what: str) -> FusionError:
    code = code_of(exc)
    if code == sqlite3.SQLITE_FULL:
        return RetryLater(f"{what} cannot grow, the disk is full, and nothing was kept: free some space, try again.")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return RetryLater(f"{what} has been busy for {BUSY_S:g} s: try again.")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return Misconfigured(f"{what} is damaged: move the file away and put back a backup.")
    return Misconfigured(f"{what} cannot be used ({exc}): check who owns the file, and the disk.")
