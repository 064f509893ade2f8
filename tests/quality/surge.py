"""`python -m quality.surge`: how soon surges are seen and how often what is none is taken for one, beside EARS alone.

    PYTHONPATH=tests python -m quality.surge [--background attacks.csv] [--null] [--speed] [--out docs/pictures]

Without a background it is the simulator's own. A CSV has the columns date and district at least.
"""

import argparse
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Final

from rich.console import Console
from rich.table import Table

from builders import NOW, an_interval
from fusionbus.streams.patterns.surges import ears as by_ears
from fusionbus.streams.patterns.surges.index import SCORE_MIN
from fusionbus.streams.patterns.surges.scan import p_value, score_at
from fusionbus.streams.patterns.surges.search import SurgeSearch
from fusionbus.streams.reading.gazetteer import DISTRICTS
from observations import a_district, an_observation
from quality import outbreaks, surge_picture
from quality.outbreaks import METHODS, MONTH_DAYS, Alarm, Event, Outbreak, Watch

SIZES: Final = ((4, 3), (6, 7), (10, 14), (15, 21))
"""Outbreaks that are tried: attacks, within days. A cell's week, up to a campaign of three weeks; assumptions."""
SKIP_DAYS: Final = 430
"""Of a background, the days that only teach what is usual: the baseline's year and the longest window."""
OWN_THRESHOLD: Final = {"scan": SCORE_MIN, "C1": by_ears.C1_MAX, "C2": by_ears.C2_MAX, "C3": by_ears.C3_MAX}
OTHER_ALPHAS: Final = (0.1, 0.01, 0.001)
console = Console(highlight=False, width=120)


@dataclass(frozen=True, slots=True)
class Row:
    """One method at one threshold: its false alarms a month, and for each size of outbreak the days it took."""

    method: str
    threshold: float
    false_a_month: float
    days: tuple[tuple[float | None, ...], ...]

    def cells(self) -> list[str]:
        """As the table shows it: median days, and the share that was seen."""
        said = [self.method, f"{self.threshold:.1f}", f"{self.false_a_month:.2f}"]
        for tried in self.days:
            seen = sorted(each for each in tried if each is not None)
            said.append(f"{median(seen):.1f} d, {len(seen) / len(tried):.0%}" if seen else "never")
        return said


def measured(background: Sequence[Event], tries: int, seed: int = 1) -> list[Row]:
    """Each method at its own threshold, and EARS at the thresholds at which it alarms as seldom as the scan."""
    watch, chance = Watch(background), Random(seed)  # noqa: S311 - chance that can be repeated
    months = ((background[-1].at - background[0].at).days - SKIP_DAYS) / MONTH_DAYS
    alone = watch.alarms(SKIP_DAYS)
    tried = [
        [(wished, watch.with_outbreak(wished)) for wished in wishes]
        for wishes in (
            [outbreaks.outbreak(background, size, days, chance, SKIP_DAYS) for _ in range(tries)]
            for size, days in SIZES
        )
    ]
    rows = [_row(method, OWN_THRESHOLD[method], alone[method], tried, months) for method in METHODS]
    rows += [_row("scan", score_at(p), alone["scan"], tried, months) for p in OTHER_ALPHAS]
    for method in METHODS[1:]:
        over = outbreaks.threshold_for(alone[method], rows[0].false_a_month, months)
        rows.append(_row(method, over, alone[method], tried, months))
    return rows


def _row(
    method: str,
    over: float,
    alone: Sequence[Alarm],
    tried: Sequence[Sequence[tuple[Outbreak, dict[str, list[Alarm]]]]],
    months: float,
) -> Row:
    held: defaultdict[str, list[float]] = defaultdict(list)
    for alarm in sorted(each for each in alone if each.value > over):
        for district in alarm.districts:
            held[district].append(alarm.moment)

    def without(alarm: Alarm) -> bool:
        return any(_within(held[district], alarm.moment) for district in alarm.districts)

    days = tuple(
        tuple(outbreaks.days_to_detect(wished, there[method], without, over) for wished, there in of_size)
        for of_size in tried
    )
    return Row(method, over, len(outbreaks.episodes(alone, over)) / months, days)


def _within(moments: Sequence[float], moment: float) -> bool:
    """Whether the background alone alarmed there in the three days before."""
    before = bisect_right(moments, moment)
    return before > 0 and moment - moments[before - 1] <= 3


def table(rows: Sequence[Row], title: str) -> Table:
    """The rows as they stand in docs/surge.md."""
    sizes = [f"{size} in {days} days" for size, days in SIZES]
    made = Table("", "threshold", "false alarms a month", *sizes, title=title)
    for row in rows:
        made.add_row(*row.cells())
    return made


def null(runs: int = 12, days: int = 500) -> list[tuple[float, float, float, int]]:
    """By attacks a day and p: on which share of days chance alone reached such a score, and out of how many days."""
    found = []
    for a_day in (0.5, 3.0, 9.0):
        best: list[float] = []
        for run in range(runs):
            watch = Watch(outbreaks.by_chance(days + SKIP_DAYS, a_day, seed=run))
            by_day = dict.fromkeys(range(days), 0.0)
            first = int(watch.background[0].at.toordinal()) + SKIP_DAYS
            for alarm in watch.alarms(SKIP_DAYS)["scan"]:
                day = int(alarm.moment) - first
                by_day[day] = max(by_day.get(day, 0.0), alarm.value)
            best += by_day.values()
        for p in (0.1, 0.03, 0.01, 0.003):
            share = sum(each >= score_at(p) for each in best) / len(best)
            found.append((a_day, p, share, len(best)))
    return found


def speed(reports: int = 100_000, days: int = 4_000) -> tuple[float, float, float]:
    """Milliseconds: the first question after a start, then the median and the longest after each new report."""
    chance, places = Random(3), [a_district(name) for name in sorted(DISTRICTS)]  # noqa: S311 - as above
    like, search = an_observation(actor="TTP"), SurgeSearch()
    for number in range(reports):
        ids = {"report_id": f"r{number}", "incident_id": f"i{number // 2}"}
        at = an_interval(NOW - timedelta(days=days * chance.random()))
        search.put(like.model_copy(update=ids | {"occurred": at, "place": chance.choice(places)}))
    spent = [_spent(search)]
    for number in range(60):
        search.put(an_observation(f"new-{number}", NOW - timedelta(hours=60 - number)))
        spent.append(_spent(search))
    return spent[0], sorted(spent[1:])[30], max(spent[1:])


def _spent(search: SurgeSearch) -> float:
    began = perf_counter()
    search.standing(NOW)
    return (perf_counter() - began) * 1e3


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--background", type=Path, help="CSV of attacks: date, district")
    parser.add_argument("--tries", type=int, default=300, help="outbreaks of each size")
    parser.add_argument("--null", action="store_true", help="how often chance alone alarms, beside what p says")
    parser.add_argument("--speed", action="store_true", help="what a question costs with 100,000 reports")
    parser.add_argument("--out", type=Path, help="folder for the picture, made of simulated attacks only")
    wish = parser.parse_args()
    if wish.null:
        for a_day, p, share, count in null():
            console.print(f"{a_day:4.1f} attacks a day: p ≤ {p:<5} on {share:.4f} of {count:,} days")
        console.print(f"p is {p_value(SCORE_MIN):.3f} at the score {SCORE_MIN:.1f}")
    elif wish.speed:
        for days in (4_000, 400):
            first, later, longest = speed(days=days)
            said = f"first {first:,.0f} ms, then {later:.1f} ms, at most {longest:,.0f} ms"
            console.print(f"100,000 reports of {days:,} days: {said}")
    else:
        background, unknown = (
            outbreaks.read(wish.background) if wish.background else (outbreaks.simulated(1500, 3.0, 1), 0)
        )
        rows = measured(background, wish.tries)
        title = (
            f"{len(background):,} attacks of {wish.background or 'the simulator'}; {unknown} without a known district"
        )
        console.print(table(rows, title))
        if wish.out and not wish.background:
            console.print(f"Drawn: {surge_picture.draw(wish.out)}")


if __name__ == "__main__":
    main()
