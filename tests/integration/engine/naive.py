"""Programs as Faust's documentation has them: `naive.py SCENARIO`. What they lose is what the engine is for."""

import asyncio
import logging
import os
import sys
from pathlib import Path
from typing import Any

import faust
from mode import CrashingSupervisor

RUN, SIGNS = os.environ["RUN"], Path(os.environ["SIGNS"])
HEALED = "HEALED" in os.environ  # the bug is mended: the second start of a scenario


def make_app(**settings: Any) -> faust.App:
    """Faust's defaults, but for speed (a short session) and silence."""
    defaults: dict[str, Any] = {
        "broker": f"kafka://{os.environ['BROKER']}",
        "store": "rocksdb://",
        "datadir": os.environ["STATE"],
        "topic_partitions": 1,
        "topic_replication_factor": 1,
        "key_serializer": "raw",
        "value_serializer": "raw",
        "web_enabled": False,
        "logging_config": None,
        "broker_session_timeout": 4.0,
        "broker_heartbeat_interval": 1.0,
        "broker_commit_interval": 0.3,
        "topic_disable_leader": True,
    }
    Path(os.environ["STATE"]).parent.mkdir(parents=True, exist_ok=True)
    return faust.App(f"app-{RUN}", **{**defaults, **settings})


def handler_fails(app: faust.App, **agent: Any) -> None:
    """Raises on one record."""
    out = app.topic(f"out-{RUN}")

    @app.agent(app.topic(f"in-{RUN}"), **agent)
    async def proc(stream: Any) -> None:
        async for event in stream.events():
            if event.key == b"k5" and not HEALED:
                raise ValueError("a bug")
            await (await out.send(key=event.key, value=event.value))


def crashing_supervisor(app: faust.App) -> None:
    """The same, and the worker ends."""
    handler_fails(app, supervisor_strategy=CrashingSupervisor)


def take_fails(app: faust.App) -> None:
    """Raises in the second of four batches."""
    out = app.topic(f"out-{RUN}")

    @app.agent(app.topic(f"in-{RUN}"))
    async def proc(stream: Any) -> None:
        async for batch in stream.take(5, within=0.5):
            if b"x" in batch and not HEALED:
                raise ValueError("a bug")
            for value in batch:
                await (await out.send(key=value, value=value))


def bad_json(app: faust.App) -> None:
    """Lets Faust decode."""
    out = app.topic(f"out-{RUN}")

    @app.agent(app.topic(f"in-{RUN}", value_serializer="json"))
    async def proc(stream: Any) -> None:
        async for event in stream.events():
            await (await out.send(key=event.key, value=b"read"))


def refused(app: faust.App) -> None:
    """Sends without waiting for the broker."""
    out = app.topic(f"out-{RUN}")

    @app.agent(app.topic(f"in-{RUN}"))
    async def proc(stream: Any) -> None:
        async for event in stream.events():
            await out.send(key=event.key, value=event.value)


def mark_then_send(app: faust.App) -> None:
    """Remembers first; is killed before it sends."""
    out = app.topic(f"out-{RUN}")
    seen = app.Table("seen", default=int, partitions=1, key_type=bytes, value_type=int)

    @app.agent(app.topic(f"in-{RUN}"))
    async def proc(stream: Any) -> None:
        async for event in stream.events():
            if seen[event.key]:
                continue
            seen[event.key] = 1
            if event.key == b"k5" and not HEALED:
                await app.producer.flush()
                (SIGNS / "marked").touch()
                await asyncio.sleep(3600)
            await (await out.send(key=event.key, value=event.value))


def slow(app: faust.App) -> None:
    """Is in the middle of a record when SIGTERM comes."""
    out = app.topic(f"out-{RUN}")

    @app.agent(app.topic(f"in-{RUN}"))
    async def proc(stream: Any) -> None:
        async for event in stream.events():
            if event.key == b"k5" and not HEALED:
                (SIGNS / "inside").touch()
                await asyncio.sleep(2)
            await (await out.send(key=event.key, value=event.value))


def copy(app: faust.App) -> None:
    """Nothing special."""
    out = app.topic(f"out-{RUN}")

    @app.agent(app.topic(f"in-{RUN}"))
    async def proc(stream: Any) -> None:
        async for event in stream.events():
            await (await out.send(key=event.key, value=event.value))


def table_too_large(app: faust.App) -> None:
    """Puts more into a table than the broker takes."""
    out = app.topic(f"out-{RUN}")
    held = app.Table("held", partitions=1, key_type=bytes, value_type=bytes)

    @app.agent(app.topic(f"in-{RUN}"))
    async def proc(stream: Any) -> None:
        async for event in stream.events():
            held[event.key] = event.value * 300_000
            await (await out.send(key=event.key, value=event.value))


def main() -> None:
    """Runs the scenario."""
    logging.basicConfig(level=logging.WARNING)
    scenario = sys.argv[1]
    app = make_app(**({"stream_wait_empty": False} if scenario == "slow" else {}))
    globals()[scenario](app)
    worker = faust.Worker(app, quiet=True, override_logging=False, redirect_stdouts=False, loglevel=None)
    worker.spinner = None
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
