"""Runs of payments that hold a rule together."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from fusionbus.streams.patterns.money.ledger import Payment


class Run(NamedTuple):
    """Places in a list of payments, both included, and how strongly they hold the rule."""

    first: int
    last: int
    strength: float


def joined(runs: Iterable[Run]) -> list[Run]:
    """Runs that overlap become one, as strong as the strongest; in order."""
    found: list[Run] = []
    for run in sorted(runs):
        if found and run.first <= found[-1].last:
            last = found.pop()
            found.append(Run(last.first, max(last.last, run.last), max(last.strength, run.strength)))
        else:
            found.append(run)
    return found


def crowded(payments: Sequence[Payment], least: int, window: timedelta) -> list[Run]:
    """Runs in which so many payments lie within the window."""
    found = []
    last = -1
    for first, payment in enumerate(payments):
        last = max(last, first)
        while last + 1 < len(payments) and payments[last + 1].at - payment.at <= window:
            last += 1
        if last - first + 1 >= least:
            found.append(Run(first, last, last - first + 1))
    return joined(found)


def spread(payments: Sequence[Payment], other: Callable[[Payment], str], least: int, window: timedelta) -> list[Run]:
    """Runs in which so many different accounts stand on the other side within the window; no name counts for none."""
    found = []
    seen: Counter[str] = Counter()
    last = -1
    for first, payment in enumerate(payments):
        while last + 1 < len(payments) and payments[last + 1].at - payment.at <= window:
            last += 1
            seen[other(payments[last])] += 1
        count = len(seen) - ("" in seen)
        if count >= least:
            found.append(Run(first, last, count))
        _take_out(seen, other(payment))
    return joined(found)


def _take_out(seen: Counter[str], name: str) -> None:
    seen[name] -= 1
    if not seen[name]:
        del seen[name]


def part(payments: Sequence[Payment], run: Run) -> tuple[Payment, ...]:
    """The payments of a run."""
    return tuple(payments[run.first : run.last + 1])
