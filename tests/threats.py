"""For tests of the threat database: both kinds of it, empty, and what they hold."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from builders import NOW
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.store import keep_alerts
from fusionbus.consumers.threats.viewer import Viewer
from fusionbus.contract.alert import Alert

BOTH = ("sqlite", "postgresql")
KP, PB = Viewer("CTD-KP"), Viewer("CTD-PB")


def empty_url(kind: str, folder: Path, request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of this kind; PostgreSQL is started only where a test asks for it."""
    if kind == "sqlite":
        return f"sqlite:{folder}/threats.db"
    made: Callable[[], str] = request.getfixturevalue("postgresql").new_database
    return made()


def keep(database: ThreatDatabase, alerts: Iterable[Alert]) -> None:
    """Keeps the alerts, all in one transaction."""
    with database.writing() as connection:
        keep_alerts(connection, list(alerts), NOW)


def rows(database: ThreatDatabase, query: str) -> list[Any]:
    """What a query of the test's own finds."""
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(text(query))]
