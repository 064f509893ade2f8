"""The engine: Faust and Kafka without losing data. Handlers decide, the engine sends, marks and acknowledges.

    app = build_app("hub", brokers="127.0.0.1:9092", datadir=Path("state/w1"), partitions=6, replication=1)
    seen = new_table(app, "seen")

    def decide(batch: Sequence[Event]) -> Decision:
        draft = Draft()
        for event in batch:
            key = event.key or b""
            if draft.read(seen, event, key) is None:
                draft.send("accepted", key, event.value)
                draft.mark(seen, event, key, b"1")
        return draft.decision()

    @app.agent(source(app, "reports-kp", "reports-sindh"))
    async def admit(stream: Any) -> None:
        await run(stream, decide)

    serve(app)

What `decide` returns is sent and acknowledged by the broker, then marked, then committed; a crash anywhere replays, so
ids must be deterministic and sinks insert-or-ignore. What it raises stops the worker: bad input must become an output.
Every rule stands, with what it works around, where it is kept.
"""

from fusionbus.streams.engine.app import (
    EngineApp,
    ails,
    build_app,
    counters,
    current_epoch,
    is_ready,
    new_table,
    serve,
    source,
    why_not_ready,
)
from fusionbus.streams.engine.counters import Counters
from fusionbus.streams.engine.decision import (
    PAGE_ROWS,
    Cursor,
    Decision,
    Draft,
    Event,
    Headers,
    Mark,
    Output,
    Paged,
    Table,
    TooLarge,
    fits,
    pages_of,
)
from fusionbus.streams.engine.loop import Decide, Ready, run
from fusionbus.streams.engine.settings import BrokerSecurity, EngineSettings
from fusionbus.streams.engine.table import EngineTable
from fusionbus.streams.engine.ticker import tick

__all__ = [
    "PAGE_ROWS",
    "BrokerSecurity",
    "Counters",
    "Cursor",
    "Decide",
    "Decision",
    "Draft",
    "EngineApp",
    "EngineSettings",
    "EngineTable",
    "Event",
    "Headers",
    "Mark",
    "Output",
    "Paged",
    "Ready",
    "Table",
    "TooLarge",
    "ails",
    "build_app",
    "counters",
    "current_epoch",
    "fits",
    "is_ready",
    "new_table",
    "pages_of",
    "run",
    "serve",
    "source",
    "tick",
    "why_not_ready",
]
