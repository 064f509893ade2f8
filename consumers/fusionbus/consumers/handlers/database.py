"""The handler that keeps the threat database, in SQLite or PostgreSQL."""

from contextlib import suppress
from datetime import UTC, datetime

from sqlalchemy import select

from fusionbus.consumers.handlers import Taken
from fusionbus.consumers.threats.database import BUSY_S_MAX, ThreatDatabase
from fusionbus.consumers.threats.store import keep_acknowledgements, keep_alerts
from fusionbus.consumers.threats.tables import alerts
from fusionbus.contract.alert import Alert
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.errors import Misconfigured, RetryLater


class DatabaseHandler:
    """Keeps each alert once and each incident in its newest revision.

    Raises:
        Misconfigured: the path is no database, or one of a newer version.
        RetryLater: the server does not answer.
    """

    name = "database"

    def __init__(self, url: str, busy_s: float = BUSY_S_MAX, *, make: bool = True) -> None:
        self.database = ThreatDatabase(url, busy_s, make=make)
        self._unswept = False

    def take(self, alert: Alert) -> Taken:
        """Whether the alert was new in this database; it is on the disk then. Raises: RetryLater, Misconfigured."""
        with self.database.writing() as connection:
            new, erased = keep_alerts(connection, [alert], datetime.now(UTC))
        self._unswept = self._unswept or erased
        if self._unswept:
            self._unswept = not self.database.sweep(index=erased)
        return Taken.NEW if new else Taken.REPEAT

    def acknowledged(self, acknowledgement: Acknowledgement) -> None:
        """Keeps the newest acknowledgement of each kind. Raises: RetryLater, Misconfigured."""
        with self.database.writing() as connection:
            keep_acknowledgements(connection, [acknowledgement])

    def stored(self, alert_id: str) -> list[bytes]:
        """The alert of this id as it came, where it is here. Raises: RetryLater, Misconfigured."""
        with self.database.reading() as connection:
            return [
                text.encode() for text in connection.scalars(select(alerts.c.json).where(alerts.c.alert_id == alert_id))
            ]

    def close(self) -> None:
        """Closes the database."""
        if self._unswept:
            with suppress(RetryLater, Misconfigured):
                self.database.sweep(index=False)
        self.database.close()
