"""Copies a threat database while it is in use, by SQLite's own online backup, and puts a copy back."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from fusionbus.contract.errors import Misconfigured, RetryLater

BUSY_S_MAX: Final = 10.0
"""A receiver holds the database for one alert at a time: milliseconds."""
OWNER_ONLY: Final = 0o600
MARKS: Final = (frozenset({"alembic_version", "alerts"}), frozenset({"schema_version", "alerts"}))
"""Tables by which a threat database is known: as it is, and as it was before `alembic_version`."""
INDEX: Final = "texts_words"
"""The full-text index: its tables hold no rows of anybody's."""


def copy(source: Path, target: Path) -> dict[str, int]:
    """The rows of each table in the copy, which is whole and of one moment. Raises: FusionError, one sentence."""
    if not source.is_file():
        raise Misconfigured(f"{source} is not there: name the file after `sqlite:` of the receiver's --handler.")
    _new(target)
    with _explained(source), closing(_open(source)) as live, closing(sqlite3.connect(target)) as kept:
        live.backup(kept, progress=_limit(source))
        kept.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        return _checked(kept, source)


def look(path: Path) -> dict[str, int]:
    """The rows of each table of a threat database. Raises: FusionError where it is damaged or another database."""
    with _explained(path), closing(_open(path)) as found:
        return _checked(found, path)


def put_back(kept: Path, target: Path) -> None:
    """Makes `target` what the copy is; at once for whoever reads it, and also while a receiver is writing to it."""
    if not target.exists():
        _new(target)
    with (
        _explained(target),
        closing(_open(kept)) as source,
        closing(sqlite3.connect(target, timeout=BUSY_S_MAX)) as live,
    ):
        source.backup(live, progress=_limit(target))
        _checked(live, target)


def _limit(path: Path) -> Callable[[int, int, int], None]:
    """Ends a backup that waits too long: by itself it tries a locked database for ever."""
    until = time.monotonic() + BUSY_S_MAX

    def progress(status: int, remaining: int, total: int) -> None:
        del remaining, total
        if status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED} and time.monotonic() > until:
            raise RetryLater(f"{path} is locked: wait, or stop the program that holds it.")

    return progress


def _new(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY))
    except OSError as exc:
        raise Misconfigured(f"{path} cannot be made ({exc.strerror}): name a file in a folder that exists.") from exc


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, timeout=BUSY_S_MAX)


def _checked(database: sqlite3.Connection, path: Path) -> dict[str, int]:
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    if not any(set(names) >= marks for marks in MARKS):
        raise Misconfigured(f"{path} is a database, but no threat database of fusionbus: name another file.")
    told = database.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if told != "ok":
        raise Misconfigured(f"{path} is damaged ({told}): restore it from a backup.")
    tables = [name for name in names if not name.startswith(INDEX)]
    return {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # noqa: S608 - its own names


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as exc:
        raise RetryLater(f"{path} cannot be used now ({exc}): wait, or stop the program that holds it.") from exc
    except sqlite3.DatabaseError as exc:
        raise Misconfigured(f"{path} is no database, or damaged ({exc}): name another file.") from exc
