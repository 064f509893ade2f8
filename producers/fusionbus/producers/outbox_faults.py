"""SQLite's errors in words for whoever keeps the outbox."""

import sqlite3
from pathlib import Path
from typing import Final

from fusionbus.contract.errors import FusionError, Misconfigured, RetryLater

BUSY_S: Final = 10.0
"""How long a writer waits for another one; a batch is marked in milliseconds."""


def code_of(exc: sqlite3.Error) -> int:
    """SQLite's primary result code."""
    code: int = getattr(exc, "sqlite_errorcode", 0) & 0xFF
    return code


def explain_sqlite(exc: sqlite3.Error, path: Path) -> FusionError:
    """What to do about an error of the outbox file."""
    code = code_of(exc)
    if code == sqlite3.SQLITE_FULL:
        return RetryLater(f"The disk under the outbox {path} is full and nothing was kept: free some space, try again.")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return Misconfigured(
            f"The outbox {path} is damaged: move it away, save what is in it with `sqlite3 {path.name} .recover`, "
            "and import those reports again; the hub leaves out what it has.",
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return Misconfigured(f"The outbox {path} cannot be written: check who owns it, or set FUSION_HOME.")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return RetryLater(f"The outbox {path} has been busy for {BUSY_S:g} s: try again.")
    return Misconfigured(f"The outbox {path} cannot be used ({exc}): check the disk.")
