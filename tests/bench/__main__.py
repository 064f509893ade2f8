"""`make bench`: one table of what was measured in this run. Figures are ratios within the run; machines are noisy.

A latency needs a quiet machine: the broker, the worker, the load and the reader share its cores.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.bus import a_bus
from bench.measures import hub_rate, latency, naive_rate, open_incidents_memory_mb
from bench.profile import STEPS, profile
from bench.threats import load, measure
from fusionbus.consumers.threats.database import ThreatDatabase
from postgresql import running

RATE = 500.0


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=20_000, help="backlog for the two rates")
    parser.add_argument("--open", type=int, default=100_000, help="reports in open incidents for the memory; 0: skip")
    parser.add_argument("--seconds", type=int, default=45, help="length of the latency run; 0: skip")
    parser.add_argument("--incidents", type=int, default=100_000, help="held by the threat database; 0: skip")
    parser.add_argument("--profile", action="store_true", help="say instead where a worker's time goes (py-spy)")
    wish = parser.parse_args()
    if wish.profile:
        _profile(wish.reports)
        return
    console, table = Console(), Table("what", "measured", "bar", title="fusionbus bench")
    with tempfile.TemporaryDirectory(prefix="fusionbus-bench-") as scratch, console.status("starting …") as status:
        folder = Path(scratch)
        with a_bus(folder / "rates") as bus:
            loads = bus.reports(wish.reports, seed=1, span="30d")
            status.update("naive Faust program …")
            naive = naive_rate(bus, loads)
            status.update("one worker of the hub …")
            hub = hub_rate(bus, loads)
        table.add_row("naive Faust, one table, one output", f"{naive:,.0f} reports/s", "")
        table.add_row("hub, whole pipeline, one worker", f"{hub:,.0f} reports/s", "")
        table.add_row("hub / naive", f"{hub / naive:.2f}", "≥ 1.0")
        if wish.seconds:
            with a_bus(folder / "latency") as bus:
                status.update(f"latency at {RATE:.0f} reports/s for {wish.seconds} s …")
                bus.start_worker()
                loads = bus.reports(int(RATE * wish.seconds), seed=2, span="30d")
                found = latency(bus, loads, RATE)
            table.add_row(f"publish to alert, p50 ({found.alerts:,} alerts)", f"{found.p50_ms:.1f} ms", "< 20 ms")
            table.add_row("publish to alert, p99", f"{found.p99_ms:.1f} ms", "< 100 ms")
        if wish.open:
            with a_bus(folder / "memory") as bus:
                status.update(f"memory with {wish.open:,} reports in open incidents …")
                held = open_incidents_memory_mb(bus, bus.reports(wish.open, seed=3, span="6d"))
            table.add_row(f"one worker, {wish.open:,} reports open", f"{held:.0f} MB", "< 500 MB")
        if wish.incidents:
            for name, url in databases(folder):
                status.update(f"{name} with {wish.incidents:,} incidents …")
                _ask(table, name, url, wish.incidents)
    console.print(table)


def databases(folder: Path) -> Iterator[tuple[str, str]]:
    """An empty SQLite file, and an empty database of a PostgreSQL that runs meanwhile."""
    yield "SQLite", f"sqlite:{folder}/threats.db"
    with running() as cluster:
        yield "PostgreSQL", cluster.new_database()


def _ask(table: Table, name: str, url: str, incidents: int) -> None:
    with closing(ThreatDatabase(url)) as database:
        rate = load(database, incidents)
        answers = measure(database)
    kind, ms = answers.slowest[0]
    table.add_row(f"threat database, {name}: kept", f"{rate:,.0f} alerts/s", "")
    table.add_row(f"  answers out of {incidents:,} incidents, p50", f"{answers.p50_ms:.1f} ms", "")
    table.add_row(f"  p95 (of the slowest kind, “{kind}”, {ms:.0f} ms)", f"{answers.p95_ms:.1f} ms", "< 100 ms")


def _profile(reports: int) -> None:
    table = Table("step", "share of a busy worker's time", title="fusionbus bench --profile")
    with tempfile.TemporaryDirectory(prefix="fusionbus-bench-") as scratch, a_bus(Path(scratch) / "bus") as bus:
        found = profile(bus, bus.reports(reports, seed=1, span="30d"), Path(scratch) / "stacks")
    for step, _ in STEPS:
        table.add_row(step, f"{found[step] / found.total():.0%}")
    Console().print(table)


if __name__ == "__main__":
    main()
