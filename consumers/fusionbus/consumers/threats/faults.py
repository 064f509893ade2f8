"""What a database said, in one sentence that tells what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolEmpty

from fusionbus.contract.errors import FusionError, Misconfigured, RetryLater

_BROKEN: Final = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
_REFUSED: Final = frozenset({"28", "3D", "42", "0A"})
"""Classes of SQLSTATE that no retry mends: authorisation, no such database, rights and names, not supported.

Source: PostgreSQL 15, appendix A.
"""


@contextmanager
def explained(shown: str) -> Iterator[None]:
    """Turns the database's errors inside the block into a FusionError; `shown` is the database without its password."""
    try:
        yield
    except SQLAlchemyError as exc:
        raise explain(exc, shown) from exc
    except sqlite3.Error as exc:
        raise _of_sqlite(exc, shown) from exc


def explain(exc: SQLAlchemyError, shown: str) -> FusionError:
    """The error of one leaf that says what to do."""
    if isinstance(exc, PoolEmpty):
        return RetryLater(f"The database {shown} has no free connection now: try again.")
    cause = exc.orig if isinstance(exc, DBAPIError) else None
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause, shown)
    if isinstance(cause, psycopg.Error):
        return _of_postgresql(cause, shown)
    raise exc


def _of_sqlite(exc: sqlite3.Error, shown: str) -> FusionError:
    code = getattr(exc, "sqlite_errorcode", 0) & 0xFF  # the primary code of an extended one
    if code in _BROKEN:
        return Misconfigured(f"{shown} is not a threat database that can be written ({exc}).")
    if isinstance(exc, sqlite3.OperationalError):
        return RetryLater(f"{shown} cannot be written now ({exc}): free space or mend the disk.")
    raise exc


def _of_postgresql(exc: psycopg.Error, shown: str) -> FusionError:
    """By SQLSTATE; the server's own words only where they hold no row of ours."""
    state = exc.sqlstate or ""
    said = str(exc)
    if state[:2] == "28" or "authentication failed" in said:
        return Misconfigured(f"The database {shown} refused the user or password: check FUSION_DATABASE_URL.")
    if state == "3D000" or (not state and "does not exist" in said):
        return Misconfigured(f"There is no database {shown}: create it, or check FUSION_DATABASE_URL.")
    if state[:2] in _REFUSED:
        return Misconfigured(
            f"The database {shown} does not let this user do that ({state}): give it the rights on its schema."
        )
    if isinstance(exc, psycopg.OperationalError | psycopg.InterfaceError):
        return RetryLater(
            f"The database {shown} does not answer ({state or type(exc).__name__}): start it, or free its disk."
        )
    raise exc
