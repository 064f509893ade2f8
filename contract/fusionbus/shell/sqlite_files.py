"""SQLite files that forget: what is deleted is overwritten, in the file and in its log."""

import sqlite3
from typing import Final

_OVERWRITTEN_SINCE_BIRTH: Final = 1
"""`user_version` of a database in which nothing was ever deleted without being overwritten."""


def overwrite_deleted(db: sqlite3.Connection) -> None:
    """Has SQLite overwrite with zeros what is deleted; a database from before is written anew, once.

    Source: SQLite, PRAGMA secure_delete: without it deleted content stays in free pages until they are used again.
    """
    db.execute("PRAGMA secure_delete = ON").fetchall()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version < _OVERWRITTEN_SINCE_BIRTH:
        db.execute("VACUUM")
        db.execute(f"PRAGMA user_version = {_OVERWRITTEN_SINCE_BIRTH}")


def empty_log(db: sqlite3.Connection) -> bool:
    """Whether the write-ahead log is empty now: until then it holds what was deleted. A reader may hold it up."""
    (busy, _, _) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy
