"""What the search for surges counts, series by series, and what the scan says at each attack."""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import Final, NamedTuple

from fusionbus.streams.patterns.attacks import Attack, Counted
from fusionbus.streams.patterns.surges.scan import Region, Series, middles, neighbours, p_value, regions, score_at

ALPHA: Final = 0.03
"""A scan holds where chance alone would reach its score on fewer days than this share. Source: the false alarms a
month in docs/surge.md, measured by `python -m quality.surge`."""
SCORE_MIN: Final = score_at(ALPHA)
OUTLIERS: Final = 100
"""One in so many attacks may be dated far too early without making what is known seem to begin earlier."""


class Key(NamedTuple):
    """A series: a family of categories or all, an actor or all."""

    family: str | None
    actor: str | None


class Signal(NamedTuple):
    """A scan that holds at an attack."""

    moment: float
    key: Key
    region: Region
    p: float


@cache
def reach(district: str) -> frozenset[str]:
    """The districts of all regions that have this one."""
    return frozenset(other for middle in middles(district) for other in neighbours(middle))


@dataclass(slots=True)
class Index:
    """Attacks as they stand; what the scan says of each is kept until something near it changes."""

    score_min: float = SCORE_MIN
    """Below it no scan holds; lower only where thresholds are compared."""
    counted: dict[str, Counted] = field(default_factory=dict)
    series: defaultdict[Key, Series] = field(default_factory=lambda: defaultdict(Series))
    _in_order: list[tuple[float, str]] = field(default_factory=list)
    _signals: defaultdict[str, dict[str, Signal | None]] = field(default_factory=lambda: defaultdict(dict))
    """What the scan said, by the district and the incident of the attack."""
    _began: int = 0

    def change(self, incident_id: str, after: Counted) -> None:
        """Brings what is counted of an incident up to date."""
        before = self.counted.pop(incident_id, Counted())
        if after != Counted():
            self.counted[incident_id] = after
        if _facts(before.among_all) != _facts(after.among_all):
            self._move(before.among_all, after.among_all)
        if _facts(before.of_actor) != _facts(after.of_actor):
            self._move_in_series(before.of_actor, after.of_actor, by_actor=True)

    def between(self, after: float, upto: float) -> list[str]:
        """The incidents later than the one moment, up to and with the other, in order."""
        held = self._in_order
        return [name for _, name in held[bisect_right(held, (after, "~")) : bisect_right(held, (upto, "~"))]]

    def signal(self, incident_id: str) -> Signal | None:
        """The strongest region of the scan at this attack; none where no scan holds."""
        began = self.began()
        if began != self._began:
            self._began = began
            self._signals.clear()
        held = self._signals[self.district_of(incident_id)]
        if incident_id not in held:
            held[incident_id] = self._scan(self.counted[incident_id], began)
        return held[incident_id]

    def district_of(self, incident_id: str) -> str:
        """Where it is counted."""
        attack = self.counted[incident_id].among_all
        return attack.district if attack is not None else ""

    def attacks(self, signal: Signal) -> list[Attack]:
        """The attacks that a signal's region counts, in order."""
        held = self.series[signal.key]
        found = []
        for district in signal.region.districts:
            for moment, name in held.recent(district, signal.moment, signal.region.days):
                both = self.counted[name]
                attack = both.among_all if signal.key.actor is None else both.of_actor
                if attack is not None:
                    found.append((moment, name, attack))
        return [attack for _, _, attack in sorted(found, key=lambda each: each[:2])]

    def began(self) -> int:
        """The first day of which anything is known, to the week, so that it seldom moves."""
        return int(self._in_order[len(self._in_order) // OUTLIERS][0]) // 7 * 7 if self._in_order else 0

    def _scan(self, both: Counted, began: int) -> Signal | None:
        found = [
            (region, key, attack.moment)
            for attack, by_actor in ((both.among_all, False), (both.of_actor, True))
            if attack is not None
            for key in _keys(attack, by_actor=by_actor)
            for region in regions(self.series[key], attack.moment, began, attack.district)
            if region.score >= self.score_min
        ]
        signals = [Signal(moment, key, region, p_value(region.score)) for region, key, moment in found]
        return max(signals, key=rank, default=None)

    def _move(self, before: Attack | None, after: Attack | None) -> None:
        if before is not None:
            del self._in_order[bisect_left(self._in_order, (before.moment, before.incident_id))]
        if after is not None:
            insort(self._in_order, (after.moment, after.incident_id))
        self._move_in_series(before, after)

    def _move_in_series(self, before: Attack | None, after: Attack | None, *, by_actor: bool = False) -> None:
        if before is not None:
            self._forget_near(before)
            for key in _keys(before, by_actor=by_actor):
                self.series[key].remove(before.district, before.moment, before.incident_id)
        if after is not None:
            for key in _keys(after, by_actor=by_actor):
                self.series[key].add(after.district, after.moment, after.incident_id)
            self._forget_near(after)

    def _forget_near(self, attack: Attack) -> None:
        """What the scan said in reach of an attack, at it and later, is asked anew."""
        self._signals[attack.district].pop(attack.incident_id, None)
        for district in reach(attack.district):
            held = self._signals.get(district)
            for name in list(held or ()):
                both = self.counted.get(name, Counted())
                if max((each.moment for each in both if each is not None), default=0.0) >= attack.moment:
                    self._signals[district].pop(name)


def _facts(attack: Attack | None) -> tuple[float, str, str, str | None] | None:
    return None if attack is None else (attack.moment, attack.district, attack.family, attack.actor)


def _keys(attack: Attack, *, by_actor: bool) -> tuple[Key, Key]:
    """The series that count this attack."""
    actor = attack.actor if by_actor else None
    return Key(None, actor), Key(attack.family, actor)


def rank(signal: Signal) -> tuple[float, int, tuple[str, ...], str, str]:
    """The order of signals; of equally strong ones always the same comes first."""
    region, key = signal.region, signal.key
    return region.score, -region.days, region.districts, key.family or "", key.actor or ""
