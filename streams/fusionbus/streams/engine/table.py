"""Tables: bytes to bytes, partitioned like their source topics, with a changelog and a checkpoint without holes."""

from typing import TYPE_CHECKING, Any, cast

import faust
from confluent_kafka import Message
from faust.types import TP
from faust.types.tuples import FutureMessage, RecordMetadata

from fusionbus.contract.errors import Misconfigured
from fusionbus.streams.engine.bookkeeping import Checkpoint
from fusionbus.streams.engine.decision import Cursor, Mark
from fusionbus.streams.engine.store import page_of, partition_of, scrub

if TYPE_CHECKING:
    from fusionbus.streams.engine.app import EngineApp
    from fusionbus.streams.engine.consumer import EngineConsumer
    from fusionbus.streams.engine.producer import EngineProducer


class EngineTable(faust.Table[bytes, bytes]):
    """State of one app. Read by partition and key; written by the loop only, from a handler's marks."""

    _checkpoints: dict[TP, Checkpoint]
    _checkpoint_epoch: int = -1

    def read(self, partition: int, key: bytes) -> bytes | None:
        """The value in that partition, or none."""
        return partition_of(self.data, partition).get(key)

    def page_of(self, partition: int, after: Cursor, count: int) -> tuple[list[tuple[bytes, bytes]], Cursor]:
        """The next so many keys and values of one partition, and where the page ended."""
        return page_of(self.data, partition, after, count)

    def scrub(self, partition: int) -> None:
        """Has the store drop from the disk what was replaced or deleted; returns at once."""
        scrub(self.data, partition)

    def write(self, mark: Mark) -> None:
        """Writes here and to the changelog; the commit waits until the broker has acknowledged the latter.

        Raises:
            Misconfigured: the source topic has another number of partitions than the table.
        """
        number = mark.event.partition
        try:
            # The worker that gets a source partition must get the table's partition of the same number.
            self._verify_source_topic_partitions(mark.event.topic)
        except faust.exceptions.PartitionsMismatch as error:
            raise Misconfigured(
                f"Table {self.name} and topic {mark.event.topic} have different numbers of partitions."
            ) from error
        partition = partition_of(self.data, number)
        if mark.value is None:
            partition.delete(mark.key)
        else:
            partition.put(mark.key, mark.value)
        # Straight to the sender: the same bytes as Faust's, without a FutureMessage for each (2.1 times as fast).
        producer = cast("EngineProducer", self.app.producer)
        producer.sender.produce(self.changelog_topic_name, mark.key, mark.value, number, self._on_written)

    def _on_written(self, message: Message) -> None:
        tp = TP(cast("str", message.topic()), cast("int", message.partition()))
        self._advance(tp, cast("int", message.offset()))

    def _on_changelog_sent(self, fut: FutureMessage) -> None:
        written: RecordMetadata = fut.result()
        self._advance(written.topic_partition, written.offset)

    def _advance(self, tp: TP, offset: int) -> None:
        app = cast("EngineApp", self.app)
        epoch = cast("EngineConsumer", app.consumer).book.epoch
        if self._checkpoint_epoch != epoch:
            # Recovery moved the stored offset in between, or the partition was away.
            self._checkpoint_epoch, self._checkpoints = epoch, {}
        checkpoint = self._checkpoints.get(tp)
        if checkpoint is None:
            checkpoint = self._checkpoints[tp] = Checkpoint.at(self.data.persisted_offset(tp))
        stored = checkpoint.written(offset, app.engine.settings.checkpoint_every)
        if stored is not None:
            self.data.set_persisted_offset(tp, stored)

    def __setitem__(self, key: Any, value: Any) -> None:
        """Refused: state is written by the loop, after the outputs are acknowledged."""
        raise TypeError(f"Table {self.name} is written by the loop: return a Mark.")

    def __delitem__(self, key: Any) -> None:
        """Refused, as above."""
        raise TypeError(f"Table {self.name} is written by the loop: return a Mark with the value None.")
