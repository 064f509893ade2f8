"""What oversight tells Prometheus: states that somebody has to do something about, by agency."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

from fusionbus.consumers.oversight.book import Book
from fusionbus.consumers.oversight.figures import Period, figure
from fusionbus.shell import metrics

EVERY_S: Final = 60.0
"""States change with days; counting them takes a tenth of a second in a million records."""
_GAUGES: Final = (
    ("reviews_overdue", metrics.REVIEWS_OVERDUE, timedelta(days=1)),
    # Breaches that are mended go from the metric a day later.
    ("retention_breaches", metrics.RETENTION_BREACHES, timedelta(days=1)),
    ("redress_overdue", metrics.REDRESS_OVERDUE, timedelta(days=366)),
)
"""Each with how far it looks back."""


class Gauges:
    """Sets the metrics now and then."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._looked_s = -EVERY_S

    def look(self) -> None:
        """Counts anew, if it is time."""
        if time.monotonic() - self._looked_s < EVERY_S:
            return
        self._looked_s, now = time.monotonic(), datetime.now(UTC)
        with self._book.reading() as connection:
            for key, gauge, back in _GAUGES:
                gauge.clear()
                for row in figure(connection, key, Period(now - back, now)).rows:
                    gauge.labels(row.about).set(row.count)
        metrics.OVERSIGHT_LOOKED.set_to_current_time()
