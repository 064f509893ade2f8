"""Fills the oversight database from the audit: up to its end, or on and on."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from fusionbus.consumers.oversight.book import Book
from fusionbus.consumers.oversight.folding import Noted, Place
from fusionbus.consumers.reading import TopicReader
from fusionbus.consumers.stopping import Stop
from fusionbus.contract import codec, topics
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.records import AuditRecord
from fusionbus.shell.settings import BrokerSettings

BATCH_MAX: Final = 2_000
"""Records in one transaction: a commit to the disk takes some milliseconds, whatever is in it."""
HELD_S_MAX: Final = 1.0
"""So old a record may be before it is written, where few come."""
CLIENT: Final = "auditor.oversight"


class Filler:
    """Reads the audit from where the book stands. What is no audit record is counted and passed over."""

    def __init__(self, book: Book, reader: TopicReader) -> None:
        self._book, self._reader = book, reader
        self.new = 0
        self.unreadable = 0
        reader.begin_at(book.positions())

    def catch_up(self, seconds_max: float) -> int:
        """How many records were new, once all that is there now is kept. Raises: RetryLater where it takes too long."""
        self._take(self._reader.there_now(seconds_max))
        return self.new

    def follow(self, stop: Stop, after: Callable[[], None]) -> None:
        """Keeps what comes until a stop is asked for; `after` is called about once a second."""
        while not stop.requested:
            self._take(self._reader.coming(stop, HELD_S_MAX))
            after()

    def _take(self, came: Iterable[Any]) -> None:
        waiting: list[Any] = []
        try:
            for record in came:
                waiting.append(record)
                if len(waiting) >= BATCH_MAX:
                    self._keep(waiting)
                    waiting = []
        finally:
            self._keep(waiting)

    def _keep(self, some: Sequence[Any]) -> None:
        if not some:
            return
        noted = []
        for raw in some:
            record = codec.decode(AuditRecord, raw.value or b"")
            if isinstance(record, Undecodable):
                self.unreadable += 1
            else:
                noted.append(Noted(Place(raw.partition, raw.offset), record))
        reached = {raw.partition: raw.offset + 1 for raw in some}
        self.new += self._book.take(noted, reached)


def opened_audit(broker: BrokerSettings) -> TopicReader:
    """A reader of the audit. Raises: Misconfigured where this user may not see it."""
    return TopicReader(broker, topics.AUDIT, CLIENT)


def brought_up_to_date(book: Book, broker: BrokerSettings, seconds_max: float) -> tuple[int, float]:
    """How many acts were new, and how long it took to read them, in seconds."""
    begin = time.monotonic()
    with opened_audit(broker) as reader:
        return Filler(book, reader).catch_up(seconds_max), time.monotonic() - begin
