"""`fusionbus worker` that kills itself (SIGKILL) at a place named by CHAOS_DIE_AT, `place:count`: what no timing hits.

Places: `decide` (in a step, nothing sent), `sent` (all outputs acknowledged, nothing marked), `marked` (state written,
nothing acknowledged), `recovery` (state being read back).
"""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from faust.stores import rocksdb

from fusionbus.shell.cli import main
from fusionbus.streams import agents
from fusionbus.streams.engine import Output, loop, sender


def _counter(count: int, place: str) -> Callable[[], None]:
    left = count

    def passed() -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            os.write(2, f"chaos: dies at {place}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    return passed


def at_decide(passed: Callable[[], None]) -> None:
    """Dies after a step has decided."""
    deciding = agents.Hub.deciding

    def dying(self: agents.Hub, step: str, decide: Any) -> Any:
        decided = deciding(self, step, decide)

        def then_dies(batch: Any) -> Any:
            decision = decided(batch)
            passed()
            return decision

        return then_dies

    agents.Hub.deciding = dying  # type: ignore[method-assign]


def at_sent(passed: Callable[[], None]) -> None:
    """Dies when the broker has acknowledged a batch's outputs."""
    publish = sender.Sender.publish

    async def dying(self: sender.Sender, outputs: Sequence[Output]) -> None:
        await publish(self, outputs)
        if outputs:
            passed()

    sender.Sender.publish = dying  # type: ignore[method-assign]


def at_marked(passed: Callable[[], None]) -> None:
    """Dies when a batch's marks are written and nothing is acknowledged."""
    count = loop._count  # noqa: SLF001 - the last line of a batch

    def dying(app: Any, fresh: Any, decision: Any) -> None:
        passed()
        count(app, fresh, decision)

    loop._count = dying  # noqa: SLF001 - as above


def at_recovery(passed: Callable[[], None]) -> None:
    """Dies while state is read back from a changelog."""
    apply = rocksdb.Store.apply_changelog_batch

    def dying(self: Any, *args: Any, **kwargs: Any) -> None:
        apply(self, *args, **kwargs)
        passed()

    rocksdb.Store.apply_changelog_batch = dying  # type: ignore[method-assign]


PLACES = {"decide": at_decide, "sent": at_sent, "marked": at_marked, "recovery": at_recovery}

if __name__ == "__main__":
    named, _, after = os.environ["CHAOS_DIE_AT"].partition(":")
    PLACES[named](_counter(int(after or 1), named))
    sys.exit(main())  # type: ignore[func-returns-value]
