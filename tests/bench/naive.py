"""The Faust program that one writes from its documentation: defaults, one table, one output. It is what we measure by.

It loses messages (docs: streams/engine); it is here for its speed only. Settings come from the environment, because
Faust's own command line runs it: `faust -A bench.naive worker`.
"""

import os
from typing import Any

import faust

app = faust.App(
    "bench-naive",
    broker=f"kafka://{os.environ['BENCH_BOOTSTRAP']}",
    value_serializer="raw",
    key_serializer="raw",
    topic_partitions=4,
    topic_replication_factor=1,
    web_enabled=False,
    datadir=os.environ["BENCH_STATE"],
)
source = app.topic(os.environ["BENCH_IN"])
output = app.topic(os.environ["BENCH_OUT"])
seen = app.Table("seen", default=int, partitions=4, key_type=bytes, value_type=int)


@app.agent(source)
async def pass_on(stream: Any) -> None:
    """Passes on what it has not seen."""
    async for event in stream.events():
        if not seen.get(event.key):
            await output.send(key=event.key, value=event.value)
            seen[event.key] = 1
