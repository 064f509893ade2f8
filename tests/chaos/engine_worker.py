"""The worker of `engine_chaos.py`: sends each key once, remembers keys and the last offset of each bucket."""

import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, cast

from fusionbus.streams.engine import (
    Decision,
    Draft,
    EngineSettings,
    EngineTable,
    Event,
    build_app,
    new_table,
    pages_of,
    run,
    serve,
    source,
)

RUN, DUMPS, PARTITIONS = os.environ["RUN"], Path(os.environ["DUMPS"]), int(os.environ["PARTITIONS"])
BUCKETS = int(os.environ["BUCKETS"])


def bucket(key: bytes) -> bytes:
    """One of a few keys that are written over and over."""
    return f"b{int(key[:8], 16) % BUCKETS}".encode()


def dump(table: EngineTable, partition: int) -> None:
    """Tells what stands in one partition of a table."""
    rows = {key.decode(): value.decode() for page in pages_of(table, partition) for key, value in page}
    unfinished = DUMPS / f"{table.name}-{partition}.unfinished"
    unfinished.write_text(json.dumps(rows))
    unfinished.replace(DUMPS / f"{table.name}-{partition}.json")


def main() -> None:
    """Runs the worker."""
    logging.basicConfig(level=logging.WARNING)
    app = build_app(
        f"chaos-{RUN}",
        brokers=os.environ["BROKER"],
        datadir=Path(os.environ["STATE"]),
        partitions=PARTITIONS,
        replication=int(os.environ.get("REPLICATION", "1")),
        store=cast("Literal['memory://', 'rocksdb://']", os.environ.get("STORE", "rocksdb://")),
        settings=EngineSettings(session_timeout_s=8.0, heartbeat_s=2.0),
    )
    seen, latest = new_table(app, "seen"), new_table(app, "latest")

    def decide(batch: Sequence[Event]) -> Decision:
        draft = Draft()
        for event in batch:
            key = event.key or b""
            if key == b"dump":
                continue
            draft.mark(latest, event, bucket(key), str(event.offset).encode())
            if draft.read(seen, event, key) is None:
                draft.mark(seen, event, key, b"1")
                draft.send(f"out-{RUN}", key, event.value)
        for partition in {event.partition for event in batch if event.key == b"dump"}:
            dump(seen, partition)  # asked for when all is done, so no mark of this batch is missing
            dump(latest, partition)
        return draft.decision()

    @app.agent(source(app, f"in-{RUN}"))
    async def proc(stream: Any) -> None:
        await run(stream, decide)

    serve(app)


if __name__ == "__main__":
    main()
