"""What the auditor's page asks the oversight database; it is opened when somebody first asks."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from fusionbus.consumers.oversight.book import Book
from fusionbus.consumers.oversight.figures import Behind, Figure, Period, behind, figures
from fusionbus.consumers.oversight.folding import month_of
from fusionbus.consumers.oversight.whom import Told, carrying, told
from fusionbus.contract.errors import Misconfigured

LAST: Final = timedelta(days=30)
LISTED_MAX: Final = 500
"""Records behind a figure that one page shows; the command shows all."""
TOLD_MAX: Final = 50
"""Reports of one person whose recipients one page shows; the command shows all."""
_UNSET: Final = (
    "No oversight database is named: set FUSION_OVERSIGHT_URL for the web server, and let `fusionbus oversight keep` "
    "fill it."
)


@dataclass(slots=True)
class Oversight:
    """The oversight database of a web server, if it has one."""

    url: str | None = None
    _book: Book | None = field(default=None, repr=False)

    def figures(self, period: Period) -> tuple[list[Figure], datetime | None]:
        """Every figure of the period, and when the newest act was done that is known here."""
        book = self._opened()
        with book.reading() as connection:
            found = figures(connection, period)
        return found, book.newest()

    def behind(self, key: str, period: Period, about: str | None) -> list[Behind]:
        """The records behind a figure."""
        with self._opened().reading() as connection:
            return behind(connection, key, period, about, LISTED_MAX)

    def told(self, report_id: str) -> Told:
        """Who received a report, and why."""
        with self._opened().reading() as connection:
            return told(connection, report_id)

    def on_whom(self, token: str, by: str, reason: str) -> tuple[int, list[Told]]:
        """How many reports carried the token, and who received them; the question is on the disk before that."""
        book = self._opened()
        with book.reading() as connection:
            found = carrying(connection, token)
        book.note_question(datetime.now(UTC), by, reason, token, len(found))
        with book.reading() as connection:
            return len(found), [told(connection, name) for name in found[:TOLD_MAX]]

    def close(self) -> None:
        """Closes the database, if anybody asked for it."""
        if self._book is not None:
            self._book.close()

    def _opened(self) -> Book:
        if self.url is None:
            raise Misconfigured(_UNSET)
        if self._book is None:
            self._book = Book(self.url, make=False)
        return self._book


def period_of(month: str | None, now: datetime) -> Period:
    """The month, or without one the last thirty days. Raises: Misconfigured for what is no month."""
    if not month:
        return Period(now - LAST, now)
    try:
        return Period(*month_of(month))
    except ValueError as exc:
        raise Misconfigured("That is no month: write it as 2026-11.") from exc
