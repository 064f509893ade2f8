"""The alert receiver: reads one agency's alerts from Kafka, delivers, acknowledges, commits; in this order."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka import errors as kafka_errors

from fusionbus.consumers.acknowledger import RECONNECT_S_MAX, Acknowledger, ControlWriter
from fusionbus.consumers.dead_letters import DeadLetters, RawAlert, default_path
from fusionbus.consumers.delivery import Delivered, Delivery, Interrupted, Tally
from fusionbus.consumers.handlers import Handler, KeepsAcknowledgements
from fusionbus.consumers.settings import ConsumerSettings
from fusionbus.consumers.standstill import Standstill
from fusionbus.consumers.stopping import Stop
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.errors import FusionError, Misconfigured, RetryLater
from fusionbus.contract.topics import alerts_topic, control_topic
from fusionbus.shell import metrics
from fusionbus.shell.kafka import client_options, explain, explained
from fusionbus.shell.settings import BrokerSettings

log = structlog.get_logger()

GROUP_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")
COMMIT_S_MAX = 10.0  # a commit takes milliseconds; one that failed is made up for by the next
JOIN_S_MAX = 20.0  # a join takes 3 s; a dead member of the group holds it up for its session besides
PAUSE_S = 1.0  # between tries while the broker is out of reach
CLOSE_S_MAX = 5.0
MOVED_ON = (
    kafka_errors.CommitFailedError,
    kafka_errors.IllegalGenerationError,
    kafka_errors.UnknownMemberIdError,
    kafka_errors.RebalanceInProgressError,
    kafka_errors.FencedInstanceIdError,
)
"""The group gave the partition to another member: it reads the alerts again, and the sinks know them by id."""


class AlertReceiver:
    """Receives the alerts of one agency until it is told to stop.

    Args:
        agency: whose alerts.
        handlers: each alert goes to all of them, in this order; the caller closes them.
        broker: how to reach Kafka.
        group: the consumer group is `<agency>.<group>`; receivers of one group share the alerts between them.
        acknowledge: whether to tell the hub `received`.
        dead_letters: the file for alerts that cannot be taken; one in the user's data folder by default.
    """

    def __init__(
        self,
        agency: str,
        handlers: Sequence[Handler],
        broker: BrokerSettings,
        *,
        group: str = "alerts",
        acknowledge: bool = True,
        dead_letters: Path | None = None,
        settings: ConsumerSettings | None = None,
        stop: Stop | None = None,
    ) -> None:
        if not GROUP_NAME.fullmatch(group):
            raise Misconfigured(
                f"--group {group!r} is not a name: use letters, digits, hyphen, underscore, at most 60."
            )
        self.agency, self.group = agency, group
        self._handlers, self._broker = handlers, broker
        self._acknowledge = acknowledge
        self._settings = settings or ConsumerSettings()
        self._stop = stop or Stop()
        self._dead_letters = DeadLetters(dead_letters or default_path(agency, group))
        self._delivery = Delivery(
            agency, handlers, dead_letters=self._dead_letters, settings=self._settings, stop=self._stop
        )
        self._uncommitted: dict[TopicPartition, int] = {}

    @property
    def tally(self) -> Tally:
        """What was done so far."""
        return self._delivery.tally

    def run(self, *, follow: bool = True) -> Tally:
        """What was done when a stop was asked for or, without `follow`, when all that was there is taken.

        Raises: FusionError, one sentence; nothing that was not delivered is committed.
        """
        with explained(self._broker):
            while self._serve(follow=follow):
                log.warning("receiver_connects_anew", agency=self.agency, group=self.group)
        log.info("receiver_stopped", agency=self.agency, group=self.group, **_counts(self.tally))
        return self.tally

    def _serve(self, *, follow: bool) -> bool:
        """Receives on one connection; whether it stands still and another is needed."""
        self._uncommitted.clear()
        with self._connected() as (consumer, acknowledger):
            ends = None if follow else self._ends(consumer)
            joined_by = time.monotonic() + self._settings.receiver_session_s + JOIN_S_MAX
            still = Standstill(self._settings.receiver_quiet_s_max)
            while not self._stop.requested:
                came = self._round(consumer, acknowledger)
                if ends is not None and self._caught_up(consumer, ends, joined_by):
                    break
                if still.found(consumer, came=came):
                    return True
            self._settle(consumer, acknowledger)
        return False

    @contextmanager
    def _connected(self) -> Iterator[tuple[KafkaConsumer, Acknowledger | None]]:
        settings, topic = self._settings, alerts_topic(self.agency)
        consumer = KafkaConsumer(
            **client_options(self._broker, f"{self.agency}.{self.group}"),
            group_id=f"{self.agency}.{self.group}",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            session_timeout_ms=int(settings.receiver_session_s * 1000),
            fetch_max_wait_ms=settings.receiver_fetch_wait_ms,
            max_poll_records=settings.receiver_poll_records_max,
            reconnect_backoff_max_ms=int(RECONNECT_S_MAX * 1000),
            allow_auto_create_topics=False,
        )
        acknowledger: Acknowledger | None = None
        try:
            self._check_topics(consumer)
            if self._acknowledge:
                by = f"receiver {self.group}"
                writer = ControlWriter(self.agency, self._broker)
                acknowledger = Acknowledger(self.agency, by, self._broker, settings, writer)
            consumer.subscribe([topic], listener=_Revoked(self._uncommitted))
            log.info("receiver_started", agency=self.agency, group=self.group, topic=topic)
            yield consumer, acknowledger
        finally:
            consumer.close(autocommit=False, timeout_ms=int(CLOSE_S_MAX * 1000))
            if acknowledger:
                acknowledger.close()
            self._dead_letters.close()

    def _check_topics(self, consumer: KafkaConsumer) -> None:
        """Raises: Misconfigured. Kafka says nothing at all to a reader of a topic that is not there."""
        needed = {alerts_topic(self.agency)} | ({control_topic(self.agency)} if self._acknowledge else set())
        if needed - consumer.topics():
            raise explain(kafka_errors.UnknownTopicOrPartitionError(), self._broker)

    def _round(self, consumer: KafkaConsumer, acknowledger: Acknowledger | None) -> bool:
        """One poll and what follows from it; whether alerts came."""
        try:
            batch = consumer.poll(timeout_ms=self._settings.receiver_idle_ms)
        except kafka_errors.RetriableError as exc:
            log.warning("broker_out_of_reach", error=type(exc).__name__)
            self._stop.wait(PAUSE_S)
            return False
        try:
            self._take(consumer, batch, acknowledger)
        except FusionError:
            # What was delivered before is committed; the alert in hand is not.
            self._settle(consumer, acknowledger)
            raise
        self._settle(consumer, acknowledger)
        self._measure_lag(consumer, batch)
        return bool(batch)

    def _take(
        self,
        consumer: KafkaConsumer,
        batch: Mapping[TopicPartition, Sequence[Any]],
        acknowledger: Acknowledger | None,
    ) -> None:
        """Delivers the batch, or as much of it as the time and a stop allow; what is left is read again."""
        until = time.monotonic() + self._settings.receiver_batch_s_max
        for partition, records in batch.items():
            for record in records:
                if self._stop.requested or time.monotonic() > until:
                    consumer.seek(partition, record.offset)
                    break
                raw = RawAlert(record.topic, record.partition, record.offset, record.key, record.value or b"")
                outcome = self._delivery.deliver(raw)
                if isinstance(outcome, Interrupted):
                    return
                if isinstance(outcome, Delivered) and acknowledger and not outcome.alert.kind.is_notice:
                    acknowledger.received(outcome.alert)
                self._uncommitted[partition] = record.offset + 1

    def _settle(self, consumer: KafkaConsumer, acknowledger: Acknowledger | None) -> None:
        """Commits what was delivered, once the broker has its acknowledgements."""
        if not self._uncommitted or (acknowledger and not acknowledger.settle(self._acknowledged)):
            return
        offsets = {partition: OffsetAndMetadata(offset, "", -1) for partition, offset in self._uncommitted.items()}
        try:
            consumer.commit(offsets, timeout_ms=int(COMMIT_S_MAX * 1000))
        except MOVED_ON as exc:
            log.warning("commit_refused", error=type(exc).__name__)
        except kafka_errors.RetriableError as exc:
            log.warning("commit_failed", error=type(exc).__name__)
            return
        else:
            self.tally.commits += 1
        self._uncommitted.clear()

    def _acknowledged(self, acknowledgement: Acknowledgement) -> None:
        self.tally.acknowledged += 1
        for handler in self._handlers:
            if isinstance(handler, KeepsAcknowledgements):
                try:
                    handler.acknowledged(acknowledgement)
                except RetryLater:
                    log.warning("acknowledgement_not_kept", handler=handler.name, alert=acknowledgement.alert_id)

    def _measure_lag(self, consumer: KafkaConsumer, batch: Mapping[TopicPartition, Sequence[Any]]) -> None:
        lag = 0
        for partition, records in batch.items():
            highwater = consumer.highwater(partition)
            lag += 0 if highwater is None else max(0, highwater - records[-1].offset - 1)
        metrics.LAG.labels(alerts_topic(self.agency)).set(lag)

    def _ends(self, consumer: KafkaConsumer) -> dict[TopicPartition, int]:
        topic = alerts_topic(self.agency)
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        return dict(consumer.end_offsets(partitions))

    def _caught_up(self, consumer: KafkaConsumer, ends: Mapping[TopicPartition, int], joined_by: float) -> bool:
        mine = consumer.assignment()
        if not mine:
            if time.monotonic() > joined_by:
                raise RetryLater(
                    f"Other receivers of the group {self.agency}.{self.group} hold all partitions: "
                    "stop one, or read with another --group."
                )
            return False
        positions = {partition: consumer.position(partition, timeout_ms=1_000) for partition in mine}
        return all((position or 0) >= ends.get(partition, 0) for partition, position in positions.items())


class _Revoked(ConsumerRebalanceListener):  # type: ignore[misc]
    """Forgets the offsets of partitions that are gone: committing them would take back another member's progress."""

    def __init__(self, uncommitted: dict[TopicPartition, int]) -> None:
        self._uncommitted = uncommitted

    def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        for partition in revoked:
            self._uncommitted.pop(partition, None)

    def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Nothing to do: reading starts where the group has committed."""


def _counts(tally: Tally) -> dict[str, int]:
    return {
        "received": tally.received,
        "new": tally.new,
        "repeated": tally.repeated,
        "set_aside": tally.set_aside,
        "acknowledged": tally.acknowledged,
    }
