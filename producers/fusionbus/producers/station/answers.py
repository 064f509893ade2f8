"""What came back: the receipts of this station's reports, read from where the last look ended."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from kafka import KafkaConsumer, TopicPartition
from kafka import errors as kafka_errors

from fusionbus.contract import codec
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.records import Receipt
from fusionbus.contract.topics import receipts_topic
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.station.book import Book
from fusionbus.shell.kafka import client_options, explain, explained

POLL_MS: Final = 500
CLOSE_S_MAX: Final = 1.0
CLOCK_OFF_MAX: Final = timedelta(minutes=5)
"""The hub refuses a report from further in the future. Source: `streams/admit.py`."""


@dataclass
class Heard:
    """What one look brought."""

    new: int = 0
    clock_off: timedelta | None = None
    """How far this machine's clock is ahead of the hub's; None where nothing fresh came to tell it by."""


class Answers:
    """A reader of the agency's receipts that keeps this station's. Opened before anything is sent, so none is missed.

    Raises: RetryLater, NotAllowed or Misconfigured where the receipts cannot be read.
    """

    def __init__(self, book: Book, settings: ProducerSettings) -> None:
        self._book, self._settings = book, settings
        self._topic = receipts_topic(book.agency)
        with explained(settings):
            self._consumer = KafkaConsumer(
                **client_options(settings, f"{book.agency}.station"),
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                allow_auto_create_topics=False,
            )
            try:
                self._begin()
            except BaseException:
                self.__exit__()
                raise

    def listen(self, seconds_max: float, enough: Callable[[], bool], fresh: frozenset[str] = frozenset()) -> Heard:
        """Reads until it is enough and nothing is left, or for so long; each batch is kept as it comes.

        `fresh` are reports sent just now: their receipts tell how far the clocks are apart.
        """
        heard, until = Heard(), time.monotonic() + seconds_max
        with explained(self._settings):
            while time.monotonic() < until:
                polled = self._consumer.poll(timeout_ms=POLL_MS)
                self._take(polled, heard, fresh)
                if not polled and enough():
                    break
        return heard

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close(autocommit=False, timeout_ms=int(CLOSE_S_MAX * 1000))

    def _begin(self) -> None:
        if self._topic not in self._consumer.topics():
            raise explain(kafka_errors.UnknownTopicOrPartitionError(), self._settings)
        places = [TopicPartition(self._topic, one) for one in self._consumer.partitions_for_topic(self._topic)]
        self._consumer.assign(places)
        known = self._book.positions()
        # On the first look nothing of this station was ever answered: the years before are others'.
        if not known:
            known = {place.partition: end for place, end in self._consumer.end_offsets(places).items()}
            self._book.keep((), known)
        for place in places:
            self._consumer.seek(place, known.get(place.partition, 0))

    def _take(self, polled: Any, heard: Heard, fresh: frozenset[str]) -> None:
        if not polled:
            return
        mine, receipts, positions = self._book.ids(), list[Receipt](), dict[int, int]()
        now = datetime.now(UTC)
        for place, records in polled.items():
            positions[place.partition] = records[-1].offset + 1
            for record in records:
                if (record.key or b"").decode("ascii", "replace") not in mine:
                    continue  # another station's: it is not even read
                receipt = codec.decode(Receipt, record.value or b"")
                if not isinstance(receipt, Undecodable) and receipt.report_id in mine:
                    receipts.append(receipt)
                    if receipt.report_id in fresh:
                        heard.clock_off = now - receipt.at
        heard.new += self._book.keep(receipts, positions)
