"""Near repeats and coordination on the simulator's attacks: how many are told, and how many series are found."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

from builders import an_interval
from fusionbus.contract.vocabulary import Kind
from fusionbus.producers.simulate import events
from fusionbus.streams.patterns.relations.coordination import DISTRICTS_MIN, CoordinationSearch
from fusionbus.streams.patterns.relations.near_repeat import NearRepeatSearch
from observations import a_district, an_observation
from quality.outbreaks import MONTH_DAYS


class Found(NamedTuple):
    """What was told in the months looked at."""

    months: float
    near_repeats: int
    nights: int
    nights_of_series: int
    series: int
    """Of three districts or more."""
    series_found: int


def relations(days: int = 800, a_day: float = 3.0, seed: int = 1, skip_days: int = 430) -> Found:
    """Replays the simulator's attacks a week at a time; the first days only teach what is usual."""
    chance, start = Random(seed), datetime(2024, 1, 1, tzinfo=UTC)  # noqa: S311 - chance that can be repeated
    happened = [
        each
        for each, _ in zip(
            events.invent(chance, start, timedelta(days=days)), range(int(days * a_day * 1.5)), strict=False
        )
        if each.kind is Kind.INCIDENT
    ]
    near, night, series_of, districts = NearRepeatSearch(), CoordinationSearch(), {}, defaultdict(set)
    for each in happened:
        place = a_district(each.district.name, lat=each.spot.lat, lon=each.spot.lon)
        seen = an_observation(
            each.event_id, each.at, occurred=an_interval(each.at), place=place, category=each.category
        )
        seen = seen.model_copy(update={"actor": each.actor, "weapon": each.weapon})
        near.put(seen)
        night.put(seen)
        if each.series is not None and each.at > start + timedelta(days=skip_days):
            series_of[seen.incident_id] = each.series
            districts[each.series].add(each.district.name)
    repeats: set[str] = set()
    nights: dict[str, Counter[str | None]] = {}
    for week in range(skip_days // 7 + 1, days // 7):
        now = start + timedelta(weeks=week)
        repeats |= {found.key for found in near.standing(now)}
        for found in night.standing(now):
            nights[found.key] = Counter(series_of.get(told.incident_id) for told, _ in found.evidence)
    wide = {name for name, held in districts.items() if len(held) >= DISTRICTS_MIN}
    hit = {
        name for held in nights.values() for name, count in held.items() if name is not None and count >= DISTRICTS_MIN
    }
    true = sum(
        any(name is not None and count >= DISTRICTS_MIN for name, count in held.items()) for held in nights.values()
    )
    return Found((days - skip_days) / MONTH_DAYS, len(repeats), len(nights), true, len(wide), len(wide & hit))


def main() -> None:
    """Measures and prints."""
    found = relations()
    print(  # noqa: T201 - what the command is for
        f"{found.months:.1f} months: {found.near_repeats / found.months:.1f} near repeats a month; {found.nights} "
        f"nights told, {found.nights_of_series} of them a series; {found.series_found} of {found.series} series found"
    )


if __name__ == "__main__":
    main()
