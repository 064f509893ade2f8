"""The loop: take what is queued, decide, send, mark, acknowledge. One broad catch, and it ends the process."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from fusionbus.contract.errors import FusionError
from fusionbus.streams.engine.decision import Decision, Event, refuse_too_large
from fusionbus.streams.engine.die import RESTART, die, fault_of
from fusionbus.streams.engine.lines import Lines
from fusionbus.streams.engine.watchdog import clock_s

if TYPE_CHECKING:
    from fusionbus.streams.engine.app import EngineApp
    from fusionbus.streams.engine.consumer import EngineConsumer
    from fusionbus.streams.engine.producer import EngineProducer
    from fusionbus.streams.engine.table import EngineTable

SEND_SLACK_S = 5.0  # librdkafka tells first, with its reason

Decide = Callable[[Sequence[Event]], Decision]
Ready = Callable[[Sequence[Event]], Iterable[None]]
"""What a step has to read from its state before it can decide on a batch, in slices of a fraction of a second."""


async def run(
    stream: Any,
    decide: Decide,
    *,
    ready: Ready | None = None,
    batch_size_max: int | None = None,
    share_max: int | None = None,
    pause_s: float = 0.0,
) -> None:
    """Feeds an agent's stream to `decide`, batch by batch, until the worker stops.

    A batch is what is queued, of all topics and partitions of the agent, each partition in order, up to
    `batch_size_max` (the engine's setting by default); with `share_max` at most so many of one topic, the topics
    taking turns. No timer, so nothing is held back, but where nobody waits for what a step does: it may ask for a
    pause after each batch that took all. All events of a batch are of the current epoch. What `decide`
    raises ends the process with nothing committed, so poison must become an output.

    `ready` is asked before each batch and may take as long as it needs: between its slices the worker's other work
    goes on, and each is progress to the watchdog. The incidents of 44,000 reports, read in one piece on two cores with
    a load of 20, took longer than the watchdog allows: both workers were ended and started anew without end
    (measured). When the epoch ends meanwhile the rest is left, and what was read of it must be thrown away.

    Works around: with `async for`, `take` or `noack_take` an exception loses the message or the whole backlog, or
    hangs the stream (15 of 20 lost, measured); the queue is also 2.2 times as fast. May go when Faust acknowledges
    after success only.
    """
    app = cast("EngineApp", stream.app)
    settings = app.engine.settings
    size_max = batch_size_max or settings.batch_size_max
    ahead_max = size_max if share_max is None else settings.waiting_max
    held = cast("EngineConsumer", app.consumer).held
    lines, queue = Lines(share_max or size_max, settings.waiting_of_topic_max, held), stream.channel.queue
    app.flow_control.manage_queue(lines)  # type: ignore[arg-type] # it asks for no more than `clear`
    try:
        while True:
            if not lines:
                lines.put((await queue.get()).message)
            while len(lines) < ahead_max and not queue.empty():
                lines.put(queue.get_nowait().message)
            await _one_batch(app, decide, ready, lines.take(size_max))
            if pause_s and not lines:
                await asyncio.sleep(pause_s)
    except asyncio.CancelledError:
        raise
    except StopAsyncIteration:  # thrown into the queue when the stream stops
        if not app.should_stop:
            die("a stream stopped while the worker runs")
    except FusionError as error:  # ours: their text holds no bodies
        die(f"{type(error).__name__}: {error}")
    except BaseException as error:  # noqa: BLE001 - the one broad catch: a bug must not be acknowledged
        die(f"a handler failed ({fault_of(error)})", "mend it, or make the record a dead letter; " + RESTART)


async def _one_batch(app: "EngineApp", decide: Decide, ready: Ready | None, messages: list[Any]) -> None:
    """Rule 6, in this order: killed anywhere in between, Kafka replays, and nothing is suppressed that was not sent."""
    engine, consumer = app.engine, cast("EngineConsumer", app.consumer)
    engine.watchdog.check_pause()
    epoch = consumer.book.epoch
    fresh = [message for message in messages if message.epoch == epoch]
    engine.counters.records_stale += len(messages) - len(fresh)
    if not fresh:
        return
    events = [_event_of(message) for message in fresh]
    if ready is not None and not await _made_ready(app, ready(events), epoch):
        engine.counters.records_stale += len(fresh)
        return
    under_way: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    consumer.busy.add(under_way)  # no await between the look at the epoch and this: a revoke waits for us from here on
    try:
        decision = decide(events)
        refuse_too_large(decision, engine.settings.message_bytes_max)
        async with asyncio.timeout(engine.settings.send_timeout_s + SEND_SLACK_S):
            await cast("EngineProducer", app.producer).sender.publish(decision.outputs)
        engine.watchdog.check_pause()
        if consumer.book.epoch != epoch:
            return  # state and offsets are another's now; the outputs come twice, sinks drop the second
        for mark in decision.marks:
            cast("EngineTable", mark.table).write(mark)
        for message in fresh:
            message.refcount = 0
            message.acked = True
        _count(app, fresh, decision)
    finally:
        consumer.busy.discard(under_way)
        under_way.set_result(None)


async def _made_ready(app: "EngineApp", slices: Iterable[None], epoch: int) -> bool:
    """Whether all was read before the epoch ended; a revoke does not wait for it."""
    engine, consumer = app.engine, cast("EngineConsumer", app.consumer)
    for _ in slices:
        engine.counters.slices += 1
        engine.watchdog.check_pause()
        await asyncio.sleep(0)
        if consumer.book.epoch != epoch:
            return False
    return True


def _event_of(message: Any) -> Event:
    headers = message.headers or ()
    return Event(
        message.topic,
        message.partition,
        message.offset,
        round(message.timestamp * 1000),
        message.key,
        message.value,
        tuple(headers.items()) if isinstance(headers, dict) else tuple(headers),
        message.epoch,
    )


def _count(app: "EngineApp", fresh: list[Any], decision: Decision) -> None:
    counters = app.engine.counters
    counters.batches += 1
    counters.records_in += len(fresh)
    counters.outputs_sent += len(decision.outputs)
    counters.marks_written += len(decision.marks)
    counters.progress_at_s = clock_s()
