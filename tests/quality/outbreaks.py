"""Outbreaks on a background: when the scan and EARS see them, and how often they see what is none."""

import csv
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from fusionbus.contract.vocabulary import Kind, Status
from fusionbus.producers.simulate import events
from fusionbus.streams.correlate.families import family_of
from fusionbus.streams.patterns.attacks import LOCAL, Attack, Counted, moment_of
from fusionbus.streams.patterns.surges.ears import DAYS_NEEDED, ears
from fusionbus.streams.patterns.surges.index import Index, reach
from fusionbus.streams.patterns.surges.scan import neighbours
from fusionbus.streams.patterns.surges.search import QUIET_DAYS
from fusionbus.streams.reading.gazetteer import DISTRICTS
from fusionbus.streams.reading.resolving import look_up
from observations import an_observation

MONTH_DAYS: Final = 365.25 / 12
NEARBY_SHARE: Final = 0.25
"""Of an outbreak's attacks, those in a neighbouring district. An assumption."""
LIKE: Final = an_observation()
METHODS: Final = ("scan", "C1", "C2", "C3")


class Event(NamedTuple):
    """An attack of a background: when, where and of what kind."""

    at: datetime
    district: str
    family: str
    actor: str | None = None


class Alarm(NamedTuple):
    """A method's figure for districts at a moment; how high it must be is asked later."""

    moment: float
    districts: tuple[str, ...]
    value: float


class Outbreak(NamedTuple):
    """What is put on top of a background."""

    events: tuple[Event, ...]
    district: str


def read(path: Path) -> tuple[list[Event], int]:
    """The attacks of a CSV with date and district (others are not used), in order; and how many have no known place."""
    found, unknown = [], 0
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            named = look_up(row["district"], None)
            district = row["district"] if row["district"] in DISTRICTS else named.district if named else None
            if district is None:
                unknown += 1
                continue
            noon = datetime.fromisoformat(row["date"]).replace(hour=12, tzinfo=UTC) - LOCAL
            found.append(Event(noon, district, "all"))
    return sorted(found), unknown


def simulated(days: int, a_day: float, seed: int) -> list[Event]:
    """The attacks of the project's own simulator, in order; places it writes otherwise than the gazetteer are left."""
    chance = Random(seed)  # noqa: S311 - chance that can be repeated
    found: list[Event] = []
    start = datetime(2024, 1, 1, tzinfo=UTC)
    invented = events.invent(chance, start, timedelta(days=days))
    while len(found) < days * a_day:
        event = next(invented)
        family = family_of(event.category)
        if (
            event.kind is Kind.INCIDENT
            and event.status is Status.ACTUAL
            and event.district.name in DISTRICTS
            and family
        ):
            found.append(Event(event.at, event.district.name, family, event.actor))
    return sorted(found, key=lambda each: each[:3])


def by_chance(days: int, a_day: float, seed: int, districts: Sequence[str] = tuple(DISTRICTS)) -> list[Event]:
    """Attacks that have nothing to do with each other, some districts, kinds and actors more than others."""
    chance = Random(seed)  # noqa: S311 - as above
    start = datetime(2024, 1, 1, tzinfo=UTC)
    weights = [chance.gammavariate(0.5, 1) for _ in districts]
    where = chance.choices(districts, weights, k=round(days * a_day))
    kinds = [(family, actor) for family in ("blast", "shooting", "damage") for actor in ("TTP", "BLA", None)]
    return sorted(
        (Event(start + timedelta(days=days * chance.random()), place, *chance.choice(kinds)) for place in where),
        key=lambda each: each[:3],
    )


def outbreak(background: Sequence[Event], size: int, days: int, chance: Random, skip_days: int) -> Outbreak:
    """Attacks of one kind within some days, most of them in one district; districts with more attacks are likelier."""
    first, last = background[0].at + timedelta(days=skip_days), background[-1].at - timedelta(days=days)
    district = chance.choice(background).district
    begin = first + (last - first) * chance.random()
    kind = chance.choice(background)
    near = [name for name in neighbours(district) if name != district]
    found = []
    for number in range(size):
        at = begin if number == 0 else begin + timedelta(days=days * chance.random())
        place = chance.choice(near) if near and number and chance.random() < NEARBY_SHARE else district
        found.append(Event(at, place, kind.family, kind.actor))
    return Outbreak(tuple(sorted(found, key=lambda each: each[:3])), district)


@dataclass
class Watch:
    """A background under both methods; an outbreak is put on it and taken off again."""

    background: Sequence[Event]
    score_min: float = 5.0
    index: Index = field(init=False)
    daily: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    def __post_init__(self) -> None:
        self.index = Index(score_min=self.score_min)
        for number, event in enumerate(self.background):
            self._put(f"b{number}", event, 1)

    def alarms(self, skip_days: int) -> dict[str, list[Alarm]]:
        """Every alarm of each method on the background alone, after the first days."""
        begin = moment_of(self.background[0].at) + skip_days
        end = moment_of(self.background[-1].at)
        found: dict[str, list[Alarm]] = {method: [] for method in METHODS}
        found["scan"] = list(self._scan(self.index.between(begin, end)))
        for district in self.daily:
            for method, alarms in self._ears(district, int(begin), int(end)).items():
                found[method] += alarms
        return found

    def with_outbreak(self, wished: Outbreak) -> dict[str, list[Alarm]]:
        """The alarms near an outbreak while and shortly after it is there."""
        names = [f"o{number}" for number in range(len(wished.events))]
        for name, event in zip(names, wished.events, strict=True):
            self._put(name, event, 1)
        try:
            begin, end = (moment_of(wished.events[place].at) for place in (0, -1))
            found: dict[str, list[Alarm]] = {method: [] for method in METHODS}
            near = [
                n
                for n in self.index.between(begin - 1e-6, end + 1)
                if self.index.district_of(n) in reach(wished.district)
            ]
            found["scan"] = list(self._scan(near))
            for district in {event.district for event in wished.events}:
                for method, alarms in self._ears(district, int(begin), int(end) + 1).items():
                    found[method] += alarms
        finally:
            for name, event in zip(names, wished.events, strict=True):
                self._put(name, event, -1)
        return found

    def _put(self, name: str, event: Event, step: int) -> None:
        told = LIKE.model_copy(update={"incident_id": name, "report_id": name, "actor": event.actor})
        attack = Attack(event.at, moment_of(event.at), event.district, event.family, event.actor, told)
        self.index.change(name, Counted(attack, attack if event.actor else None) if step > 0 else Counted())
        self.daily[event.district][int(attack.moment)] += step

    def _scan(self, names: Iterable[str]) -> Iterable[Alarm]:
        for name in names:
            signal = self.index.signal(name)
            if signal is not None:
                yield Alarm(signal.moment, signal.region.districts, signal.region.score)

    def _ears(self, district: str, begin: int, end: int) -> dict[str, list[Alarm]]:
        counts = self.daily[district]
        days = sorted(day for day, count in counts.items() if count > 0)
        found: dict[str, list[Alarm]] = {method: [] for method in METHODS[1:]}
        for day in days[bisect_left(days, begin) :]:
            if day > end:
                break
            figures = ears([counts[day - back] for back in range(DAYS_NEEDED - 1, -1, -1)])
            for method, value in zip(METHODS[1:], figures, strict=True):
                if value > 1:
                    found[method].append(Alarm(day + 0.5, (district,), value))
        return found


def episodes(alarms: Iterable[Alarm], over: float) -> list[Alarm]:
    """The alarms that began something: none in the same districts within the days before."""
    last: dict[str, float] = {}
    begun = []
    for alarm in sorted(alarms):
        if alarm.value <= over:
            continue
        if all(alarm.moment - last.get(district, 0.0) > QUIET_DAYS for district in alarm.districts):
            begun.append(alarm)
        last.update(dict.fromkeys(alarm.districts, alarm.moment))
    return begun


def threshold_for(alarms: Sequence[Alarm], wanted: float, months: float) -> float:
    """The least threshold at which a method begins no more than the wanted number a month."""
    low, high = 0.0, max((alarm.value for alarm in alarms), default=0.0)
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (low, middle) if len(episodes(alarms, middle)) <= wanted * months else (middle, high)
    return high


def days_to_detect(
    wished: Outbreak, there: Iterable[Alarm], without: Callable[[Alarm], bool], over: float
) -> float | None:
    """Days from an outbreak's first attack to the first alarm that would not be there without it; none where unseen."""
    places = {event.district for event in wished.events}
    begin = moment_of(wished.events[0].at)
    found = [each.moment for each in there if each.value > over and places & set(each.districts) and not without(each)]
    return max(0.0, min(found) - begin) if found else None
