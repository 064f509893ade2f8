"""The same programs on the engine: `ours.py SCENARIO`."""

import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, cast

from faust.types import TP

from fusionbus.streams.engine import (
    BrokerSecurity,
    Decide,
    Decision,
    Draft,
    EngineApp,
    EngineSettings,
    Event,
    Output,
    build_app,
    counters,
    current_epoch,
    fits,
    is_ready,
    new_table,
    pages_of,
    run,
    serve,
    source,
)

RUN, SIGNS = os.environ["RUN"], Path(os.environ["SIGNS"])
HEALED = "HEALED" in os.environ
PARTITIONS = int(os.environ.get("PARTITIONS", "1"))
SETTINGS = EngineSettings(
    session_timeout_s=4.0,
    heartbeat_s=1.0,
    commit_interval_s=0.3,
    stuck_s=float(os.environ.get("STUCK_S", "60")),
    send_timeout_s=float(os.environ.get("SEND_TIMEOUT_S", "60")),
    rebalance_stuck_s=float(os.environ.get("REBALANCE_STUCK_S", "180")),
    standstill_s=float(os.environ.get("STANDSTILL_S", "120")),
    shutdown_s=float(os.environ.get("SHUTDOWN_S", "25")),
    batch_size_max=int(os.environ.get("BATCH", "1000")),
    checkpoint_every=int(os.environ.get("CHECKPOINT_EVERY", "5")),
)


def make_app() -> EngineApp:
    """With what the test asks for."""
    open_broker, password = BrokerSecurity(), os.environ.get("PASSWORD")
    scram = BrokerSecurity("SASL_PLAINTEXT", "SCRAM-SHA-512", "worker", password) if password else open_broker
    return build_app(
        f"app-{RUN}",
        brokers=os.environ["BROKER"],
        datadir=Path(os.environ["STATE"]),
        partitions=PARTITIONS,
        replication=1,
        store=cast("Literal['memory://', 'rocksdb://']", os.environ.get("STORE", "rocksdb://")),
        security=scram,
        settings=SETTINGS,
    )


def agent(app: EngineApp, decide: Decide, *topics: str, name: str = "proc", **how: Any) -> None:
    """One agent over these topics."""

    @app.agent(source(app, *(f"{topic}-{RUN}" for topic in topics or ("in",))), name=name)
    async def proc(stream: Any) -> None:
        await run(stream, decide, **how)


def copying(on: Callable[[Event], None] = lambda _event: None) -> Decide:
    """Every record to `out`, after a look at it."""

    def decide(batch: Sequence[Event]) -> Decision:
        draft = Draft()
        for event in batch:
            on(event)
            draft.send(f"out-{RUN}", event.key or b"", event.value, [("epoch", str(event.epoch).encode())])
        return draft.decision()

    return decide


def copy(app: EngineApp) -> None:
    """Nothing special."""
    agent(app, copying())


def handler_fails(app: EngineApp) -> None:
    """Raises on one record, with its body in the error's text, as pydantic does."""

    def boom(event: Event) -> None:
        if event.key == b"k5" and not HEALED:
            raise ValueError(f"bad value {event.value!r}")

    agent(app, copying(boom))


def bad_json(app: EngineApp) -> None:
    """Decodes in the handler; what cannot be read is a dead letter."""

    def decide(batch: Sequence[Event]) -> Decision:
        draft = Draft()
        for event in batch:
            try:
                json.loads(event.value or b"")
            except ValueError:
                draft.send(f"dead-{RUN}", event.key or b"", event.value)
            else:
                draft.send(f"out-{RUN}", event.key or b"", b"read")
        return draft.decision()

    agent(app, decide)


def refused(app: EngineApp) -> None:
    """The broker refuses one record; mended, that one becomes a dead letter."""

    def decide(batch: Sequence[Event]) -> Decision:
        draft = Draft()
        for event in batch:
            dead = HEALED and len(event.value or b"") > 1000
            draft.send(f"dead-{RUN}" if dead else f"out-{RUN}", event.key or b"", event.value)
        return draft.decision()

    agent(app, decide)


def mark_then_send(app: EngineApp) -> None:
    """Is killed where it has decided to mark and to send."""
    seen = new_table(app, "seen")

    def decide(batch: Sequence[Event]) -> Decision:
        draft = Draft()
        for event in batch:
            key = event.key or b""
            if draft.read(seen, event, key) is not None:
                continue
            draft.mark(seen, event, key, b"1")
            draft.send(f"out-{RUN}", key, event.value)
            if key == b"k5" and not HEALED:
                (SIGNS / "marked").touch()
                time.sleep(3600)
        return draft.decision()

    agent(app, decide)


def seen_once(app: EngineApp) -> None:
    """Sends each key once; the sends wait for a frozen broker."""
    seen = new_table(app, "seen")

    def decide(batch: Sequence[Event]) -> Decision:
        draft = Draft()
        for event in batch:
            key = event.key or b""
            if draft.read(seen, event, key) is None:
                draft.mark(seen, event, key, b"1")
                draft.send(f"out-{RUN}", key, event.value, [("epoch", str(current_epoch(app)).encode())])
        (SIGNS / f"decided-{os.getpid()}").touch()
        return draft.decision()

    agent(app, decide)


def in_turn(app: EngineApp) -> None:
    """Takes 2 ms for each record of two topics, of each at most so many at a time."""

    def work(_event: Event) -> None:
        (SIGNS / "inside").touch()
        time.sleep(0.002)

    share = os.environ.get("SHARE")
    agent(app, copying(work), "flood", "quiet", share_max=int(share) if share else None)


def slow(app: EngineApp) -> None:
    """Is in the middle of a batch when SIGTERM comes."""

    def wait(event: Event) -> None:
        if event.key == b"k5" and not HEALED:
            (SIGNS / "inside").touch()
            time.sleep(2)

    agent(app, copying(wait))


def blocked(app: EngineApp) -> None:
    """Never returns."""

    def wait(_event: Event) -> None:
        (SIGNS / "inside").touch()
        while not HEALED:
            time.sleep(0.01)

    agent(app, copying(wait))


def slow_to_read(app: EngineApp) -> None:
    """Reads its state for long, in slices of 0.2 s, before its first batch of an epoch; or until the sign `joined`."""
    read: dict[int, None] = {}

    def ready(batch: Sequence[Event]) -> Iterator[None]:
        for _ in range(0 if batch[0].epoch in read else int(os.environ["SLICES"])):
            time.sleep(0 if (SIGNS / "joined").exists() else 0.2)
            (SIGNS / f"reading-{os.getpid()}").touch()
            yield
        read[batch[0].epoch] = None

    agent(app, copying(lambda event: read[event.epoch]), ready=ready)  # fails where a batch is decided before


def table_too_large(app: EngineApp) -> None:
    """Asks `fits` when mended."""
    held = new_table(app, "held")

    def decide(batch: Sequence[Event]) -> Decision:
        draft = Draft()
        for event in batch:
            key, value = event.key or b"", (event.value or b"") * 300_000
            if HEALED and not fits(Output("", key, value), SETTINGS.message_bytes_max):
                draft.send(f"dead-{RUN}", key, event.value)
                continue
            draft.send(f"out-{RUN}", key, event.value)
            draft.mark(held, event, key, value)
        return draft.decision()

    agent(app, decide)


def deaf(app: EngineApp) -> None:
    """Loses the resume of a partition, as Faust's recovery may: it is never fetched again, and nothing says so."""

    def pause(event: Event) -> None:
        if event.key == b"k4" and not HEALED:
            app.consumer.pause_partitions({TP(event.topic, event.partition)})
            (SIGNS / "deaf").touch()

    agent(app, copying(pause))


def counting(app: EngineApp) -> None:
    """Counts each key per partition; tells the count, and what the table of that partition holds."""
    counts = new_table(app, "counts")

    def decide(batch: Sequence[Event]) -> Decision:
        draft = Draft()
        for event in batch:
            key = event.key or b""
            if key == b"list":
                rows = {k.decode(): v.decode() for page in pages_of(counts, event.partition) for k, v in page}
                draft.send(f"out-{RUN}", key, json.dumps(rows, sort_keys=True).encode())
                continue
            count = int(draft.read(counts, event, key) or 0) + 1
            left = None if event.value == b"forget" else str(count).encode()
            draft.mark(counts, event, key, left)
            draft.send(f"out-{RUN}", key, left or b"gone")
        return draft.decision()

    agent(app, decide)


def three_agents(app: EngineApp) -> None:
    """Thirty ingress topics, a second hop with a table, and a control topic, in one app."""
    last = new_table(app, "last")

    def ingress(batch: Sequence[Event]) -> Decision:
        return Decision([Output(f"hop-{RUN}", event.key or b"", event.topic.encode()) for event in batch])

    def second(batch: Sequence[Event]) -> Decision:
        draft = Draft()
        for event in batch:
            draft.mark(last, event, event.key or b"", event.value)
            draft.send(f"out-{RUN}", event.key or b"", event.value)
        return draft.decision()

    def control(batch: Sequence[Event]) -> Decision:
        text = json.dumps({"ready": is_ready(app), "records": counters(app).records_in})
        return Decision([Output(f"told-{RUN}", event.key or b"", text.encode()) for event in batch])

    agent(app, ingress, *(f"in{number}" for number in range(30)), name="ingress")
    agent(app, second, "hop", name="second")
    agent(app, control, "control", name="control")


def main() -> None:
    """Runs the scenario."""
    logging.basicConfig(level=logging.WARNING)
    app = make_app()
    globals()[sys.argv[1]](app)
    serve(app)


if __name__ == "__main__":
    main()
