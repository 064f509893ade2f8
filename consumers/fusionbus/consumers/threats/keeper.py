"""The centre's consumer: reads what the hub tells everybody, and keeps it in one threat database."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import structlog
from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka import errors as kafka_errors

from fusionbus.consumers.acknowledger import RECONNECT_S_MAX
from fusionbus.consumers.dead_letters import DeadLetters, RawAlert, default_path
from fusionbus.consumers.settings import ConsumerSettings
from fusionbus.consumers.stopping import Stop
from fusionbus.consumers.threats.batch import is_kept, sort_out
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.store_hub import forget_old, keep_batch, read_positions
from fusionbus.contract import topics
from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.shell import metrics
from fusionbus.shell.kafka import client_options, explained
from fusionbus.shell.settings import BrokerSettings

log = structlog.get_logger()

BATCH_MAX: Final = 500
"""Records in one transaction: a commit to the disk takes some milliseconds, whatever is in it."""
LOOK_S: Final = 30.0
"""How often new topics are looked for: an agency that joins."""
TIDY_S: Final = 3_600.0
SWEEP_S: Final = 10.0
"""How soon the log is tried again that a reader held up after a purge."""
PAUSE_S: Final = 1.0
PAUSE_S_MAX: Final = 30.0
CLOSE_MS: Final = 5_000
COMMIT_MS: Final = 5_000


class Keeper:
    """Reads the topics of some agencies, or of all and the hub's own, into a database.

    Where it reads on stands in the database, written with what was read: a crash loses and repeats nothing, and an
    empty database is filled from all that the topics still hold. The group's offsets on the broker only show it.

    Args:
        agencies: whose alerts, receipts and acknowledgements; empty: everybody's, and the hub's own topics.
        again: whether to read everything anew that the topics still hold; what is there stays as it is.
    """

    def __init__(
        self,
        database: ThreatDatabase,
        broker: BrokerSettings,
        agencies: Sequence[str] = (),
        *,
        again: bool = False,
        settings: ConsumerSettings | None = None,
        stop: Stop | None = None,
        unreadable: Path | None = None,
    ) -> None:
        self._database, self._broker, self._agencies, self._again = database, broker, tuple(agencies), again
        self._settings, self._stop = settings or ConsumerSettings(), stop or Stop()
        owner = agencies[0] if len(agencies) == 1 else topics.THREAT_DATABASE
        self.group = f"{owner}.keep"
        self._unreadable = DeadLetters(unreadable or default_path(owner, "keep"))
        self._next: dict[TopicPartition, int] = {}
        self._unswept = False
        self._since = datetime.now(UTC)
        self.kept: dict[str, int] = {}

    def run(self, *, follow: bool = True) -> dict[str, int]:
        """What was kept, by kind, when a stop was asked for or, without `follow`, when all that was there is kept.

        Raises: FusionError, one sentence; the database then holds whole batches only.
        """
        with explained(self._broker), self._connected() as consumer:
            self._look(consumer)
            ends = None if follow else dict(consumer.end_offsets(list(self._next)))
            looked_at = tidied_at = time.monotonic()
            log.info("keeper_started", database=self._database.shown, partitions=len(self._next))
            while not self._stop.requested and not self._is_done(ends):
                self._round(consumer)
                if follow and time.monotonic() - looked_at > LOOK_S:
                    self._look(consumer)
                    looked_at = time.monotonic()
                if time.monotonic() - tidied_at > (SWEEP_S if self._unswept else TIDY_S):
                    self._tidy()
                    tidied_at = time.monotonic()
        log.info("keeper_stopped", **self.kept)
        return self.kept

    @contextmanager
    def _connected(self) -> Iterator[KafkaConsumer]:
        consumer = KafkaConsumer(
            **client_options(self._broker, self.group),
            group_id=self.group,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=self._settings.receiver_fetch_wait_ms,
            max_poll_records=BATCH_MAX,
            reconnect_backoff_max_ms=int(RECONNECT_S_MAX * 1000),
            allow_auto_create_topics=False,
        )
        try:
            yield consumer
        finally:
            consumer.close(autocommit=False, timeout_ms=CLOSE_MS)
            self._unreadable.close()

    def _look(self, consumer: KafkaConsumer) -> None:
        """Assigns every partition there is, new ones from where the database stands. Raises: Misconfigured."""
        there = consumer.topics()
        wanted = self._wanted(there)
        places = [TopicPartition(name, part) for name in wanted for part in consumer.partitions_for_topic(name) or ()]
        new = [place for place in places if place not in self._next]
        if not new:
            return
        with self._database.reading() as connection:
            known = {} if self._again else read_positions(connection)
        begins = consumer.beginning_offsets(new)
        for place in new:
            self._next[place] = max(begins[place], known.get((place.topic, place.partition), 0))
        consumer.assign(places)
        for place in places:
            consumer.seek(place, self._next[place])

    def _wanted(self, there: set[str]) -> list[str]:
        if not self._agencies:
            if topics.INCIDENTS not in there:
                raise Misconfigured(
                    f"The broker at {self._broker.bootstrap} has no topic `{topics.INCIDENTS}` for this user: run "
                    "`fusionbus provision`, and read as `threat-database`, or name agencies with --agency."
                )
            return sorted(name for name in there if is_kept(name))
        asked = [name for agency in self._agencies for name in _of_agency(agency)]
        if missing := sorted(set(asked) - there):
            raise Misconfigured(
                f"The broker at {self._broker.bootstrap} has no topic {missing[0]} for this user: check --agency, or "
                "run `fusionbus provision`."
            )
        return asked

    def _round(self, consumer: KafkaConsumer) -> None:
        """One poll, kept whole or not at all."""
        try:
            got = consumer.poll(timeout_ms=self._settings.receiver_idle_ms)
        except kafka_errors.RetriableError as exc:
            log.warning("broker_out_of_reach", error=type(exc).__name__)
            self._stop.wait(PAUSE_S)
            return
        if got and self._keep(got):
            self._next |= {place: records[-1].offset + 1 for place, records in got.items()}
            self._measure(consumer, got)

    def _keep(self, got: Mapping[TopicPartition, Sequence[Any]]) -> bool:
        """Writes a batch, as often as it takes; whether it is written, which only a stop prevents."""
        batch = sort_out(record for records in got.values() for record in records)
        self._set_aside(batch.unreadable)
        offsets = {(place.topic, place.partition): records[-1].offset + 1 for place, records in got.items()}
        pause = PAUSE_S
        while True:
            try:
                with self._database.writing() as connection:
                    erased = keep_batch(connection, batch, offsets, datetime.now(UTC))
                break
            except RetryLater as exc:
                log.warning("database_out_of_reach", database=self._database.shown, told=str(exc))
                if self._stop.wait(pause):
                    return False
                pause = min(pause * 2, PAUSE_S_MAX)
        if erased:
            self._overwrite()
        for alert in batch.alerts:
            if alert.issued_at >= self._since:  # older ones waited for this keeper, not for the hub
                latency_s = (datetime.now(UTC) - alert.published_at).total_seconds()
                metrics.ALERT_LATENCY.labels(alert.recipient).observe(max(0.0, latency_s))
            if alert.erase is not None:
                self._unreadable.erase(alert.erase, alert.alert_id)
        for kind, count in batch.counts().items():
            self.kept[kind] = self.kept.get(kind, 0) + count
            metrics.KEPT.labels(kind).inc(count)
        return True

    def _set_aside(self, unreadable: Sequence[tuple[Any, Any]]) -> None:
        for record, why in unreadable:
            raw = RawAlert(record.topic, record.partition, record.offset, record.key, record.value or b"")
            self._unreadable.write(raw, why)
            metrics.NOT_KEPT.inc()
            log.warning("record_unreadable", topic=record.topic, offset=record.offset, reason=why.reason)

    def _measure(self, consumer: KafkaConsumer, got: Mapping[TopicPartition, Sequence[Any]]) -> None:
        """Shows on the broker and in the metrics how far it is; neither decides anything."""
        for place in got:
            highwater = consumer.highwater(place)
            metrics.KEEPER_LAG.labels(place.topic).set(max(0, (highwater or 0) - self._next[place]))
        shown = {place: OffsetAndMetadata(self._next[place], "", -1) for place in got}
        try:
            consumer.commit(shown, timeout_ms=COMMIT_MS)
        except kafka_errors.RetriableError as exc:
            log.warning("commit_failed", error=type(exc).__name__)

    def _tidy(self) -> None:
        """Deletes what is over, and overwrites what was erased; what a reader holds up waits for the next round."""
        try:
            with self._database.writing() as connection:
                forget_old(connection, datetime.now(UTC))
            self._unswept = not self._database.sweep(index=False) and self._unswept
            self._database.look_over()
        except RetryLater as exc:
            log.warning("database_out_of_reach", database=self._database.shown, told=str(exc))

    def _overwrite(self) -> None:
        """Overwrites what was erased; the log is emptied later where a reader holds it up."""
        try:
            self._unswept = not self._database.sweep()
        except RetryLater as exc:
            self._unswept = True
            log.warning("database_out_of_reach", database=self._database.shown, told=str(exc))

    def _is_done(self, ends: Mapping[TopicPartition, int] | None) -> bool:
        return ends is not None and all(self._next[place] >= end for place, end in ends.items())


def _of_agency(agency: str) -> tuple[str, str, str]:
    return topics.alerts_topic(agency), topics.receipts_topic(agency), topics.control_topic(agency)
