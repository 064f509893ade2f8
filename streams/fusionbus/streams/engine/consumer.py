"""The consumer: strict delivery, in epochs. What is fetched, handed out, acknowledged and committed."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, cast

from faust.tables.manager import TableManager
from faust.transport.consumer import ensure_TP
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage
from mode import Service

from fusionbus.streams.engine import standstill
from fusionbus.streams.engine.bookkeeping import DeliveryBook
from fusionbus.streams.engine.die import die, fault_of
from fusionbus.streams.engine.thread import EngineThread
from fusionbus.streams.engine.watchdog import clock_s

if TYPE_CHECKING:
    from fusionbus.streams.engine.app import EngineApp

FETCH_S_MAX = 0.25  # a seek waits for a fetch under way
YIELD_EVERY = 200  # records; 25 µs each, so others wait 5 ms at most
IDLE_S = 0.02  # nothing assigned: look again soon, at no cost
OBSERVE_EVERY_S = 1.0


class Record(ConsumerMessage):
    """A message that knows its epoch."""

    __slots__ = ("epoch",)
    epoch: int


class EngineConsumer(driver.Consumer):
    """Hands out each record once an epoch and commits only what is acknowledged, in order.

    Works around, with `DeliveryBook`: Faust's recovery resumes partitions before it seeks while the flow is active
    (tables/recovery.py:649), so records fetched before the seek are queued, the queue is cleared, and their second
    copies are dropped for a stale read offset; its revocation forgets the committed offset before it commits
    (consumer.py:662); its generation is read after the fetch. 144 of 52,232 records lost (measured). May go when all
    three are mended.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.book = DeliveryBook()
        self.busy: set[asyncio.Future[None]] = set()  # batches under way
        self.held: set[str] = set()  # topics of which enough waits (`Lines`)
        self._fetch_lock = asyncio.Lock()
        super().__init__(*args, **kwargs)
        self.engine = cast("EngineApp", self.app).engine

    def _new_consumer_thread(self) -> EngineThread:
        return EngineThread(self, loop=self.loop, beacon=self.beacon)

    async def on_start(self) -> None:
        """Starts the watchdog with the first thing that can hang."""
        self.engine.watchdog.start()
        await super().on_start()

    # -- epochs

    def begin_epoch(self) -> None:
        """What was fetched so far counts no more."""
        self.book.begin_epoch()
        self.engine.counters.epochs = self.book.epoch
        self._acked.clear()
        self._acked_index.clear()
        self._buffered_partitions.clear()

    def on_buffer_drop(self, tp: TP) -> None:
        """Resumes a partition whose queue has room again, unless something else paused it or took it away.

        Works around: Faust resumes it in any case, even in the middle of a recovery. May go when it asks.
        """
        if tp in self._buffered_partitions and tp not in self._paused_partitions:
            super().on_buffer_drop(tp)
        else:
            self._buffered_partitions.discard(tp)

    async def perform_seek(self) -> None:
        """Goes back to what is committed; nothing fetched before is handed out after. Recovery resumes the flow."""
        self.stop_flow()
        try:
            async with asyncio.timeout(self.engine.settings.request_timeout_s), self._fetch_lock:
                self.begin_epoch()
                committed = {ensure_TP(tp): offset for tp, offset in (await self.seek_to_committed()).items()}
                # Works around: aiokafka leaves a partition where it is if nothing is committed.
                fresh = [tp for tp, offset in committed.items() if not offset and not self._is_changelog_tp(tp)]
                if fresh:
                    await self._thread.seek_to_beginning(*driver.ensure_aiokafka_TPset(fresh))
                for tp, offset in committed.items():
                    self._read_offset[tp] = None
                    self._committed_offset[tp] = offset or None
                    if not self._is_changelog_tp(tp):
                        self.engine.counters.committed[tp.topic, tp.partition] = offset or 0
        except TimeoutError:
            # Works around: Faust's own time limit here ends its recovery task for ever and in silence.
            die("the seek after a rebalance found no answer", "is the broker there?")

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Seeks (recovery does), with no fetch under way."""
        async with self._fetch_lock:
            self.begin_epoch()
            await super().seek_wait(partitions)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Finishes the batch and commits, *before* the base class forgets what was committed."""
        if revoked and not self.app.should_stop:
            self.stop_flow()
            self.app.flow_control.suspend()
            self.app.flow_control.clear()
            try:
                async with asyncio.timeout(self.engine.settings.revoke_s_max):
                    await self.wait_empty()
            except TimeoutError:
                die("the batch or its commit took longer than the session when partitions were revoked")
        self.begin_epoch()
        for tp in revoked:
            self.engine.counters.committed.pop((tp.topic, tp.partition), None)
            self.engine.counters.end.pop((tp.topic, tp.partition), None)
        await super().on_partitions_revoked(revoked)

    async def wait_empty(self) -> None:
        """Returns when no batch is under way and all that was acknowledged is committed."""
        while self.busy:
            await asyncio.wait(set(self.busy))
        await super().wait_empty()
        await self.commit()  # the one above may have joined a commit begun before the batch was done

    # -- commits

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return (tp for tp in self.book.partitions() if topics is None or tp in topics or tp.topic in topics)

    def _new_offset(self, tp: TP) -> int | None:
        self._acked.pop(tp, None)
        self._acked_index.pop(tp, None)
        return self.book.safe_offset(tp)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Counts nothing: a hole between two offsets (compaction, transactions) needs no acknowledgement."""

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        taken = await super()._commit(offsets)
        counters = self.engine.counters
        if taken:
            counters.commits += 1
            counters.commit_at_s = counters.progress_at_s = clock_s()
            counters.committed.update(((tp.topic, tp.partition), offset) for tp, offset in offsets.items())
        else:
            counters.commits_refused += 1
        return taken

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Does nothing; the thread's tells why."""

    # -- fetching

    async def _drain_messages(self, fetcher: Any) -> None:
        stopped, fetcher_stopped = self._stopped.is_set, fetcher._stopped.is_set  # noqa: SLF001 - as Faust does
        try:
            while not (stopped() or fetcher_stopped()):
                if not self.flow_active:
                    await self.wait(self.can_resume_flow)  # type: ignore[arg-type] # mode means any event
                    continue
                await self._fetch_once()
        except asyncio.CancelledError:
            if not self.app.should_stop:
                self._fetch_failed("it was cancelled")
        except Exception as error:  # noqa: BLE001 - a fetcher that ends in silence is a worker that hangs
            if not (self.app.should_stop and isinstance(error, self.consumer_stopped_errors)):
                self._fetch_failed(fault_of(error))

    @staticmethod
    def _fetch_failed(why: str) -> NoReturn:
        die(f"fetching ended: {why}")

    async def _fetch_once(self) -> None:
        async with self._fetch_lock:
            if not self.flow_active:
                return
            epoch, generation = self.book.epoch, self.app.consumer_generation_id
            # A copy: others change it while we fetch. Empty is skipped: aiokafka would take it for "all of them".
            active = {tp for tp in self._get_active_partitions() if tp.topic not in self.held}
            fetched = await self._getmany(active, FETCH_S_MAX) if active else {}
        if not fetched:
            await asyncio.sleep(0 if active else IDLE_S)
        handed = 0
        for found, records in fetched.items():
            tp = TP(found.topic, found.partition)
            queue = self._queue_for(tp, epoch)
            for record in records:
                # Waiting here, not in Faust's callback, so that the epoch is looked at after the wait: a changelog
                # record of an old epoch would move the recovery over what it has not read.
                await self.app.flow_control.acquire()
                if self.book.epoch != epoch or not self.flow_active:
                    return  # the coming seek brings them again
                await self._hand_out(tp, record, epoch, generation, queue)
                handed += 1
                if not handed % YIELD_EVERY:
                    await asyncio.sleep(0)

    def _queue_for(self, tp: TP, epoch: int) -> "deque[Any] | None":
        if not self.app.topics.acks_enabled_for(tp.topic) or epoch != self.book.epoch:
            return None
        end = self.highwater(tp)
        if end is not None:
            self.engine.counters.end[tp.topic, tp.partition] = end
        return self.book.queue_of(tp)

    async def _hand_out(self, tp: TP, record: Any, epoch: int, generation: int, queue: "deque[Any] | None") -> None:
        message = Record(
            tp.topic,
            tp.partition,
            record.offset,
            (record.timestamp or 0) / 1000,
            record.timestamp_type,
            record.headers,
            record.key,
            record.value,
            record.checksum,
            record.serialized_key_size,
            record.serialized_value_size,
            tp,
            generation_id=generation,
        )
        message.epoch = epoch
        if queue is not None:
            queue.append(message)
        await self.callback(message)

    # -- what the watchdog sees

    @Service.task
    async def _observe(self) -> None:
        watchdog = self.engine.watchdog
        while not self.should_stop:
            waits = list(self._waits())
            if waits:
                watchdog.work_waits(*waits[0])
            else:
                watchdog.work_moved()
            await asyncio.sleep(OBSERVE_EVERY_S)

    def _waits(self) -> Iterable[tuple[str, float]]:
        """What is to be done, in words that change when something moves; and how long that may take."""
        settings = self.engine.settings
        if not self.flows:
            recovery = cast("TableManager", self.app.tables).recovery
            read = sum(offset or 0 for offset in recovery.active_offsets.values())
            yield f"rebalance, epoch {self.book.epoch}, {read} changelog records read", settings.rebalance_stuck_s
            return
        waiting = [(tp, self.book.waiting(tp)) for tp in self.book.partitions()]
        pending = [
            f"{tp.topic}[{tp.partition}] at {offset if offset is not None else 'commit'}"
            for tp, offset in waiting
            if offset is not None or (self.book.position.get(tp) or 0) > (self._committed_offset.get(tp) or 0)
        ]
        if pending:
            counters = self.engine.counters
            moved = (counters.batches, counters.slices, counters.commits, self.book.epoch)
            yield f"{pending[0]}, state {moved}", settings.stuck_s

    @property
    def flows(self) -> bool:
        """Whether records may be handed out."""
        return self.flow_active and not self.app.rebalancing

    @Service.task
    async def _watch_commits(self) -> None:
        await standstill.watch(self)
