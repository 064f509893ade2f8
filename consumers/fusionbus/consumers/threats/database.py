"""The threat database, open: SQLite in a file, or PostgreSQL. Made and brought up to date where that is needed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event

from fusionbus.consumers.threats.faults import explained
from fusionbus.consumers.threats.upgrading import bring_up_to_date
from fusionbus.consumers.threats.where import path_of, read_url, shown
from fusionbus.contract.errors import Misconfigured
from fusionbus.shell.sqlite_files import empty_log, overwrite_deleted

BUSY_S_MAX: Final = 5.0
"""Another writer of an SQLite file holds it for one batch: milliseconds."""
CONNECT_S_MAX: Final = 5
STATEMENT_MS_MAX: Final = 30_000
"""A statement of ours takes milliseconds; an upgrade may take longer and lifts it."""
CONNECTIONS_MAX: Final = 10
CACHE_KIB: Final = 65_536
"""SQLite's own default of 2 MB reads the index of 100,000 incidents from the disk again and again."""
OWNER_ONLY: Final = 0o600
"""Alerts are marked information."""
WRITES: Final = "fusionbus_writes"


class OpenDatabase:
    """A database that is ready to be read and written, by any number of threads.

    Args:
        url: `sqlite:PATH`, or a URL such as `postgresql://user@host/name`.
        busy_s: how long to wait for another writer of an SQLite file.
        make: whether to make an SQLite file that is not there.

    Raises:
        Misconfigured: it holds other tables, or those of a newer version, or may not be written.
        RetryLater: the server does not answer.
    """

    kind = "database"

    def __init__(self, url: str, busy_s: float = BUSY_S_MAX, *, make: bool = True) -> None:
        self.url = read_url(url)
        self.path = path_of(self.url)
        self.shown = shown(self.url)
        if self.path is not None:
            _open_file(self.path, self.kind, make=make)
        self.engine = _engine(self.url, busy_s)
        try:
            with self._explained():
                self._set_up()
        except BaseException:
            self.engine.dispose()
            raise

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one moment and writes nothing. Raises: RetryLater, Misconfigured."""
        with self._explained(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all or nothing; on the disk once it ends. Raises: RetryLater, Misconfigured."""
        with self._explained(), self.engine.connect() as connection:
            connection.execution_options(**{WRITES: True})
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Closes every connection."""
        self.engine.dispose()

    def _set_up(self) -> None:
        if self.path is not None:
            with self.engine.connect() as connection:
                driver = _driver(connection)
                driver.execute("PRAGMA journal_mode = WAL")  # readers never wait for the writer
                overwrite_deleted(driver)
        with self.engine.connect() as connection:
            connection.execution_options(**{WRITES: True})
            with connection.begin():
                self._bring_up_to_date(connection)

    def _bring_up_to_date(self, connection: Connection) -> None:
        """Makes what is missing, in the caller's transaction."""
        raise NotImplementedError

    @contextmanager
    def _explained(self) -> Iterator[None]:
        with explained(self.shown):
            yield


class ThreatDatabase(OpenDatabase):
    """The threat database."""

    kind = "threat database"

    def sweep(self, *, index: bool = True) -> bool:
        """Overwrites what was erased wherever the database still holds it; whether all of it is gone.

        Without `index` only the log is emptied: for what a reader held up the last time.

        SQLite: the full-text index is written anew and the log emptied, which a reader may hold up.
        PostgreSQL: VACUUM of the tables; its own log and its backups keep it until they are gone themselves.
        """
        with self._explained():
            if self.path is not None:
                return self._sweep_sqlite(index=index)
            return self._sweep_postgresql() if index else True

    def look_over(self) -> None:
        """Has the database count what it holds, so that it plans by it; after much was written."""
        with self._explained(), self.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA optimize" if self.path is not None else "ANALYZE")
            connection.commit()

    def _sweep_sqlite(self, *, index: bool) -> bool:
        if index:
            with self.writing() as connection:
                # A deleted entry of FTS5 stays in its segment until the segments are merged.
                connection.exec_driver_sql("INSERT INTO texts_words (texts_words) VALUES ('optimize')")
        with self.engine.connect() as connection:
            return empty_log(_driver(connection))

    def _sweep_postgresql(self) -> bool:
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql("VACUUM (FREEZE) alerts, bodies, persons, entities, tokens, incidents, texts")
            connection.exec_driver_sql("RESET statement_timeout")
        return True

    def _bring_up_to_date(self, connection: Connection) -> None:
        bring_up_to_date(connection, self.shown)


def _driver(connection: Connection) -> Any:
    """The driver's own connection, for what SQLAlchemy has no words for."""
    return connection.connection.driver_connection


def _open_file(path: Path, kind: str, *, make: bool) -> None:
    if not make and not path.is_file():
        raise Misconfigured(f"There is no {kind} at {path}: name the one that is kept.")
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY))
    except OSError as exc:
        raise Misconfigured(
            f"{path} cannot be written ({exc.strerror}): name a file in a folder that exists and may be written."
        ) from exc


def _engine(url: URL, busy_s: float) -> Engine:
    if url.get_backend_name() == "sqlite":
        # autocommit, so that BEGIN is ours: the driver would begin late, and never for a SELECT.
        options: dict[str, Any] = {"timeout": busy_s, "isolation_level": None, "check_same_thread": False}
        engine = create_engine(url, connect_args=options, pool_size=CONNECTIONS_MAX, max_overflow=0)
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        return engine
    options = {
        "connect_timeout": CONNECT_S_MAX,
        "options": f"-c statement_timeout={STATEMENT_MS_MAX} -c timezone=UTC",
        "application_name": "fusionbus",
    }
    return create_engine(
        url,
        connect_args=options,
        pool_size=CONNECTIONS_MAX,
        max_overflow=0,
        pool_pre_ping=True,
        pool_timeout=CONNECT_S_MAX,
    )


def _prepare(connection: Any, _record: Any) -> None:
    for pragma in (
        "synchronous = FULL",  # in WAL mode NORMAL may lose what was committed last
        "foreign_keys = ON",
        "secure_delete = ON",
        f"cache_size = -{CACHE_KIB}",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
