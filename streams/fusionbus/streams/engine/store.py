"""Partitions of a table's store, by number: the way to read and write state without Faust's current event.

Faust's RocksDB store looks only into the partition of the *current event*, a context variable that must be set before
every read, write and delete, and searches all partitions if it is not; naming the partition cannot go wrong that way.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import islice
from threading import Thread
from typing import Any, Final, Protocol

from faust import stores
from faust.stores import base, rocksdb
from faust.types import TP, EventT, StoreT

from fusionbus.streams.engine.decision import Cursor


class Partition(Protocol):
    """Keys and values of one partition."""

    def get(self, key: bytes) -> bytes | None:
        """The value, or none."""

    def put(self, key: bytes, value: bytes) -> None:
        """Sets."""

    def delete(self, key: bytes) -> None:
        """Forgets; an unknown key is no error."""


class MemoryPartition(dict[bytes, bytes]):
    """A partition in memory."""

    def put(self, key: bytes, value: bytes) -> None:
        """Sets."""
        self[key] = value

    def delete(self, key: bytes) -> None:
        """Forgets."""
        self.pop(key, None)


class MemoryStore(base.Store[Any, Any]):
    """State in memory, in partitions like RocksDB's.

    Works around: Faust's memory store is one dictionary, so a key seen in two partitions collides, and what the worker
    wrote itself stays behind when the partition goes (memory.py keeps the partition only of recovered keys). May go
    when Faust's store keeps partitions apart.
    """

    def __post_init__(self) -> None:
        self.partitions: defaultdict[int, MemoryPartition] = defaultdict(MemoryPartition)

    def persisted_offset(self, tp: TP) -> int | None:  # noqa: ARG002 - Faust's signature
        """None: memory is empty after a start."""
        return None

    def apply_changelog_batch(
        self,
        batch: Iterable[EventT[Any]],
        to_key: Callable[[Any], Any],  # noqa: ARG002 - Faust's signature; keys and values stay raw
        to_value: Callable[[Any], Any],  # noqa: ARG002 - as above
    ) -> None:
        """Recovers."""
        for event in batch:
            message = event.message
            partition, key = self.partitions[message.partition], message.key or b""
            if message.value is None:
                partition.delete(key)
            else:
                partition.put(key, message.value)

    async def on_rebalance(
        self,
        assigned: set[TP],  # noqa: ARG002 - Faust's signature
        revoked: set[TP],
        newly_assigned: set[TP],  # noqa: ARG002 - as above
        generation_id: int = 0,  # noqa: ARG002 - as above
    ) -> None:
        """Forgets what went to another worker, which will change it."""
        for tp in revoked:
            if tp.topic in self.table.changelog_topic.topics:
                self.partitions.pop(tp.partition, None)

    def reset_state(self) -> None:
        """Forgets everything."""
        self.partitions.clear()

    async def backup_partition(self, tp: TP | int, flush: bool = True, purge: bool = False, keep: int = 1) -> None:
        """Does nothing: the changelog is the backup."""

    def restore_backup(self, tp: TP | int, latest: bool = True, backup_id: int = 0) -> None:
        """Does nothing, as above."""


class RocksStore(rocksdb.Store):
    """State on disk.

    Works around: Faust has Python look through all objects for cycles, once a table, at every rebalance and at the end
    (stores/rocksdb.py `revoke_partitions`, `stop`), and nothing else runs meanwhile. With 37,000 reports' incidents in
    two workers on a machine with a load of 20 they stood still for 8 to 25 s so, and were ended (measured). Nobody but
    the store holds a database, so it is closed when the store lets go of it. May go when Faust closes them.
    """

    def revoke_partitions(self, table: Any, tps: set[TP]) -> None:
        """Closes the databases of these partitions."""
        for tp in tps:
            if tp.topic in table.changelog_topic.topics:
                self._dbs.pop(tp.partition, None)

    async def stop(self) -> None:
        """Closes all."""
        self._dbs.clear()


def partition_of(store: StoreT[Any, Any], number: int) -> Partition:
    """One partition, opened when needed."""
    if isinstance(store, MemoryStore):
        return store.partitions[number]
    if isinstance(store, rocksdb.Store):
        opened: Partition = store._db_for_partition(number)  # noqa: SLF001 - Faust has no public way
        return opened
    raise TypeError(f"The engine knows no store {type(store).__name__}: use memory:// or rocksdb://.")


def page_of(
    store: StoreT[Any, Any], number: int, after: Cursor, count: int
) -> tuple[list[tuple[bytes, bytes]], Cursor]:
    """The next so many keys and values of a partition, and where the page ended.

    No iterator is kept: one that is held keeps RocksDB's files locked after the partition went to another worker. In
    memory a page may miss a row or show it twice where rows came or went meanwhile.
    """
    if isinstance(store, MemoryStore):
        start = after if isinstance(after, int) else 0
        rows = list(islice(store.partitions[number].items(), start, start + count))
        return rows, start + count if len(rows) == count else None
    if isinstance(store, rocksdb.Store):
        # The key after a key is that key and a zero; the store's own row of its offset is passed over.
        begin = after + b"\0" if isinstance(after, bytes) else None
        found = islice(store._db_for_partition(number).items(from_key=begin), count)  # noqa: SLF001 - as below
        rows = [(bytes(key), bytes(value)) for key, value in found]
        ended = rows[-1][0] if len(rows) == count else None
        return [row for row in rows if row[0] != store.offset_key], ended
    raise TypeError(f"The engine knows no store {type(store).__name__}: use memory:// or rocksdb://.")


def scrub(store: StoreT[Any, Any], number: int) -> None:
    """Has RocksDB write a partition's files anew: what was replaced stays in old ones until it is merged by chance.

    In a thread of its own, for which RocksDB frees the interpreter: 40 MB took 0.8 s, and the loop waited 11 ms at most
    (measured). Memory keeps nothing that was replaced.
    """
    if isinstance(store, rocksdb.Store):
        db = store._db_for_partition(number)  # noqa: SLF001 - as below
        Thread(target=_compact, args=(db,), name=f"scrub-{number}", daemon=True).start()


def _compact(db: Any) -> None:
    db.flush()
    db.compact_range(None, None)


ROCKSDB: Final = {"write_buffer_size": 4 * 2**20, "max_write_buffer_number": 2, "block_cache_size": 4 * 2**20}
"""Bytes for each partition of each table. Faust's own defaults are 3 x 64 MiB and 2 GiB: with eight partitions a worker
with 100,000 reports in open incidents held 714 MB (measured, `make bench`)."""

stores.STORES.aliases["enginememory"] = f"{__name__}:MemoryStore"
stores.STORES.aliases["enginerocksdb"] = f"{__name__}:RocksStore"
