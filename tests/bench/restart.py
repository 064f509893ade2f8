"""`python -m bench.restart [--reports N]`: what a worker reads before its first batch after a start, slice by slice.

On paper: the steps and their tables in memory, without broker and RocksDB. The longest slice is what the event loop
stands still for at most; the watchdog ends a worker whose loop stands for a minute.
"""

import argparse
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.progress import track
from rich.table import Table

from fusionbus.contract import topics
from fusionbus.contract.codec import encode
from fusionbus.contract.records import Tick
from fusionbus.producers.simulate.stream import Traffic
from hub import HubOnPaper, with_the_centre

LOOK_EVERY = 100


def main() -> None:
    """Prints how long the second and the third hop read."""
    parser = argparse.ArgumentParser(prog="python -m bench.restart", description=__doc__)
    parser.add_argument("--reports", type=int, default=20_000)
    wish, console = parser.parse_args(), Console()
    hub = filled(wish.reports, console)
    hub.restart()
    table = Table(
        "hop", "rows in its table", "slices", "s in all", "longest slice, ms", title=f"{wish.reports:,} reports"
    )
    for hop, topic, rows in (
        ("fuse", topics.ACCEPTED, hub.fused.rows),
        ("patterns", topics.OBSERVATIONS, hub.watched.rows),
    ):
        step = hub.fusion if hop == "fuse" else hub.patterns
        took = timed(step.ready([hub.event(topic, None, encode(Tick(at=hub.now)))]))
        held = sum(map(len, rows.values()))
        table.add_row(hop, f"{held:,}", f"{len(took):,}", f"{sum(took):.2f}", f"{max(took) * 1_000:.0f}")
    console.print(table)
    console.print(f"{hub.fusion.open_count():,} incidents are open.")


def filled(count: int, console: Console) -> HubOnPaper:
    """A hub that was sent so many reports of simulated traffic."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    hub = HubOnPaper.of(with_the_centre(), partitions=1)
    known = set(hub.registry.agencies)
    sent = 0
    for line in track(Traffic(7, begin, timedelta(days=6)).lines(count * 4), total=count * 4, console=console):
        if line.report.agency not in known:
            continue
        hub.now = line.report.reported_at
        hub.send(line.report)
        sent += 1
        if not sent % LOOK_EVERY:
            hub.look()
            hub.clear()
        if sent == count:
            break
    return hub


def timed(slices: Iterable[None]) -> list[float]:
    """Seconds of processor time of each slice."""
    took, begun = [], time.process_time()
    for _ in slices:
        now = time.process_time()
        took.append(now - begun)
        begun = now
    return took


if __name__ == "__main__":
    main()
