"""`python -m chaos [ROW…] [--seed N] [--scale S]`: pulls the bus apart, row by row, and prints what was lost."""

import argparse
import signal
import sys
import warnings
from pathlib import Path

from rich.console import Console
from rich.table import Table

with warnings.catch_warnings():
    # kafka-python 3.0.12 reads its schemas through a function that Python 3.11 deprecates (3.13 took that back).
    warnings.simplefilter("ignore", DeprecationWarning)
    from chaos import engine_row, row, rows_brokers, rows_disks, rows_messages, rows_sinks, rows_state, rows_workers
    from chaos.federation import RATE

FAMILIES = (rows_workers, rows_brokers, rows_disks, rows_state, rows_messages, rows_sinks)
ROWS = {one.name: one for family in FAMILIES for one in family.ROWS}
NAMES = (*ROWS, *engine_row.ROWS)
COLUMNS = ("row", "sent", "delivered", "missing", "duplicates at the sink", "dead letters", "catch-up s", "took s")


def main() -> int:
    """0 when every row is clean."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(NAMES)}; all by default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0, help="1: the numbers of the matrix; 0.2: a fifth of them")
    parser.add_argument("--rate", type=float, default=RATE, help="reports a second under which things break")
    parser.add_argument("--keep", type=Path, help="leave logs, ledgers and sinks here")
    wish = parser.parse_args()
    strangers = [name for name in wish.rows if name not in NAMES]
    if strangers:
        parser.error(f"there is no row {', '.join(strangers)}; there are {', '.join(NAMES)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a time limit ends what was started, too
    console = Console(width=150 if not sys.stdout.isatty() else None)
    results = []
    for name in wish.rows or NAMES:
        result = played(name, wish, console)
        results.append(result)
        for line in (*result.verdict.faults, *result.notes):
            console.print(f"  {line}", highlight=False, markup=False)
    console.print(table(results, f"seed {wish.seed}, scale {wish.scale:g}, {wish.rate:g} reports/s"))
    return int(not all(result.is_clean for result in results))


def played(name: str, wish: argparse.Namespace, console: Console) -> row.Result:
    """The result of one row."""
    if name in engine_row.ROWS:
        console.print(f"{name}: {engine_row.ROWS[name][1]}", highlight=False)
        return engine_row.play(name, wish.seed)
    console.print(f"{name}: {ROWS[name].does}", highlight=False)
    try:
        return row.play(ROWS[name], wish.seed, wish.scale, wish.rate, wish.keep and wish.keep / name)
    except Exception as error:  # noqa: BLE001 - a row that breaks is not clean, and the next one is played
        console.print_exception()
        return row.broken(name, error)


def table(results: list[row.Result], title: str) -> Table:
    """What is asked for: a line for each row."""
    made = Table(*COLUMNS, "verdict", title=title)
    for one in results:
        told = one.verdict
        numbers = (told.sent, told.delivered, told.missing, told.duplicates, told.dead_letters)
        seconds = (f"{one.catch_up_s:.1f}", f"{one.took_s:.0f}")
        made.add_row(
            one.row, *(f"{number:,}" for number in numbers), *seconds, "clean" if one.is_clean else "NOT CLEAN"
        )
    return made


if __name__ == "__main__":
    sys.exit(main())
