"""How the cost of a report grows with what is open."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from fusionbus.producers.simulate.stream import Traffic
from fusionbus.streams.cli import calm_collector
from fusionbus.streams.fuse import Fusion

OPEN = (1_000, 10_000, 100_000)
MEASURED = 1_000
START = datetime(2024, 1, 1, tzinfo=UTC)


def growth(counts: tuple[int, ...] = OPEN) -> Iterator[tuple[int, float]]:
    """Reports in open incidents, and seconds of processor time that the next thousand took each, on average.

    Python looks through all objects for cycles as seldom as in a worker: one look takes over a second here, and
    would be counted to whichever thousand it falls into.
    """
    calm_collector()
    lines = Traffic(7, START, timedelta(days=6)).lines(max(counts) + MEASURED)
    reports = [line.report for line in lines]
    fusion = Fusion()
    done = 0
    for count in counts:
        for report in reports[done:count]:
            fusion.take(report)
        begun = time.process_time()
        for report in reports[count : count + MEASURED]:
            fusion.take(report)
        yield count, (time.process_time() - begun) / MEASURED
        done = count + MEASURED
