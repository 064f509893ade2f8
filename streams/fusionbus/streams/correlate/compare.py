"""One report against one member of an incident: findings, each a name `field.level` and an amount.

A finding times its weight is its bits; a field that one side leaves out has no finding and weighs nothing. `compare`
only adds up the bits, for every candidate; `findings` lists them, for what is shown to people. Both ask the same
functions which level a pair is at, and a law holds them together.
"""

from bisect import bisect_left
from collections.abc import Callable
from functools import lru_cache

from fusionbus.streams.correlate.compare_persons import persons
from fusionbus.streams.correlate.compare_place import place
from fusionbus.streams.correlate.told import DAY_S, Told
from fusionbus.streams.correlate.weights import Bits

Finding = tuple[str, float]
Rarity = Callable[[str], float]

_DAYS = (0.5, 1.5, 2.5, 4.5, 7.5)
_HOURS = (1.5 / 24, 4 / 24, 12 / 24)
_HOURLY_S = 1.5 * DAY_S
"""Up to here two events told by the hour are compared by the hour: a date may be wrong by a day."""
_PRECISE_S = 6 * 3_600.0
"""An event told within so many seconds is told by the hour; longer intervals are days."""
_HOPELESS_BITS = -8.0
"""When and where speak so much against a pair that no words or tolls in common could turn it."""
_SEVERAL_TOLD = 4
_CLOSE_SHARE = 0.25
_FAR_RATIO = 3.0
_TEXT_STEPS = (0.05, 0.2, 0.35, 0.5, 0.7, 0.9)
_SHORT_TERMS = 9
"""In a text this short, a headline, every word tells; of a longer one many words are the form it is written in."""
COMMON_BITS = 4.0
"""Words in one report of sixteen or more are of the form reports take; many of them in common tell of one form."""
_TEXT_BITS_MAX = 40.0
"""Long texts of one author repeat whole sentences; past this more words in common tell nothing more."""


def _names(stem: str, count: int) -> tuple[str, ...]:
    return tuple(f"{stem}{index}" for index in range(count))


_GAP = _names("time.gap", 6)
_HOUR = _names("time.hour", 4)
_LAG = _names("time.lag", 6)
_APART = _names("time.apart", 6)
_OVERLAP = _names("text.overlap", 7)
_RARITY = {
    **dict.fromkeys(_HOUR, "place.rarity"),
    **dict.fromkeys((*_GAP, *_LAG, "time.before"), "place.rarity_dated"),
    **dict.fromkeys(_APART, "place.rarity_undated"),
}
"""Told to the hour, few events of one place are mistaken; undated, a place of many attacks has many alike."""


class Reading:
    """A report being compared: its features, its words with their bits, and what weighs them."""

    __slots__ = ("_rarity", "bits", "rarities", "short", "terms", "told", "total", "words")

    def __init__(self, told: Told, terms: dict[str, float], rarity: Rarity, bits: Bits) -> None:
        self.told = told
        self.terms = terms
        self.words = frozenset(terms)
        self.total = sum(terms.values())
        self.short = len(terms) <= _SHORT_TERMS
        self.bits = bits
        self._rarity = rarity
        self.rarities: dict[str, float] = {}
        """Those asked for already: a report is compared with many that share its place."""

    def rarity(self, key: str) -> float:
        """The surprise of meeting this key."""
        found = self.rarities[key] = self._rarity(key)
        return found


def compare(reading: Reading, other: Told) -> float:
    """The bits on a report and a member; of a hopeless pair only when, where and who."""
    one, weights = reading.told, reading.bits
    when = time(one, other)
    bits = weights[when]
    here, there = one.where, other.where
    if here is not None and there is not None:
        level, name = place(here, there)
        if level is not None:
            bits += weights[level]
        if name is not None:
            key = "in:" + name
            rare = reading.rarities.get(key)
            bits += weights[_RARITY[when]] * (reading.rarity(key) if rare is None else rare)
    if (one.persons and other.persons) or (one.tokens and other.tokens):
        bits += weigh(_who(reading, other), weights)
    if bits < _HOPELESS_BITS:
        return bits
    for act in acts(one, other):
        bits += weights[act]
    if one.actor is not None and one.actor == other.actor:
        bits += weights["actor.rarity"] * reading.rarity("actor:" + one.actor)
    if one.terms_count and other.terms_count:
        overlap, kind, telling, covered = text(reading, other)
        bits += weights[overlap] + weights[kind] * telling + weights["text.covered"] * covered
    return bits


def findings(reading: Reading, other: Told) -> list[Finding]:
    """What `compare` weighed, one by one."""
    one = reading.told
    when = time(one, other)
    found: list[Finding] = [(when, 1.0)]
    if one.where is not None and other.where is not None:
        level, name = place(one.where, other.where)
        if level is not None:
            found.append((level, 1.0))
        if name is not None:
            found.append((_RARITY[when], reading.rarity("in:" + name)))
    found += _who(reading, other)
    if weigh(found, reading.bits) < _HOPELESS_BITS:
        return found
    found += [(level, 1.0) for level in acts(one, other)]
    if one.actor is not None and one.actor == other.actor:
        found.append(("actor.rarity", reading.rarity("actor:" + one.actor)))
    if one.terms_count and other.terms_count:
        level, rare, telling, covered = text(reading, other)
        found += [(level, 1.0), (rare, telling), ("text.covered", covered)]
    return found


def weigh(found: list[Finding], bits: Bits) -> float:
    """The bits of these findings together."""
    together = 0.0
    for name, amount in found:
        together += bits[name] * amount
    return together


def time(one: Told, other: Told) -> str:
    """How far apart in days: event to event, telling to event, or telling to telling, whatever is known."""
    if one.start_s is not None and other.start_s is not None:
        gap = max(0.0, one.start_s - other.end_s, other.start_s - one.end_s)  # type: ignore[operator]  # both are set
        if gap < _HOURLY_S and one.end_s - one.start_s <= _PRECISE_S and other.end_s - other.start_s <= _PRECISE_S:  # type: ignore[operator]  # as above
            return _HOUR[bisect_left(_HOURS, gap / DAY_S)]
        return _GAP[bisect_left(_DAYS, gap / DAY_S)]
    if one.start_s is not None:
        return _lag(other.reported_s, one)
    if other.start_s is not None:
        return _lag(one.reported_s, other)
    return _APART[bisect_left(_DAYS, abs(one.reported_s - other.reported_s) / DAY_S)]


def _lag(told_s: float, event: Told) -> str:
    """A report told before the event does not tell of it."""
    lag = (told_s - event.end_s) / DAY_S  # type: ignore[operator]  # the event's time is known
    if lag < -1.0 and told_s < event.start_s - DAY_S:  # type: ignore[operator]  # as above
        return "time.before"
    return _LAG[bisect_left(_DAYS, max(0.0, lag))]


def _who(reading: Reading, other: Told) -> list[Finding]:
    one = reading.told
    found = persons(one.persons, other.persons, reading.rarity) if one.persons and other.persons else []
    if one.tokens and other.tokens and (shared := len(set(one.tokens).intersection(other.tokens))):
        found.append(("entities.shared", min(shared, 3)))
    return found


def acts(one: Told, other: Told) -> list[str]:
    """The levels of what was done, with what, against what, by whom, and of the tolls."""
    found = []
    if one.family is not None and other.family is not None:
        if one.category is other.category:
            found.append("category.same")
        else:
            found.append("category.akin" if one.family == other.family else "category.other")
    if one.weapon is not None and other.weapon is not None:
        found.append("weapon.same" if one.weapon is other.weapon else "weapon.other")
    if one.target is not None and other.target is not None:
        found.append("target.same" if one.target is other.target else "target.other")
    if one.actor is not None and other.actor is not None:
        found.append("actor.same" if one.actor == other.actor else "actor.other")
    if one.killed is not None and other.killed is not None:
        found.append(toll("killed", one.killed, other.killed))
    if one.injured is not None and other.injured is not None:
        found.append(toll("injured", one.injured, other.injured))
    return found


@lru_cache(maxsize=16_384)
def toll(field: str, one: tuple[int, int], other: tuple[int, int]) -> str:
    """Two tolls: a high one in common says more than a low one; sources on one event differ in 48 % of pairs."""
    low, high = max(one[0], other[0]), min(one[1], other[1])
    if low <= high:
        if low == 0:
            return field + ".none"
        size = min(low.bit_length(), 6)
        return f"{field}.same{size}" if one[0] == one[1] or other[0] == other[1] else field + ".span"
    if high == 0:
        return field + (".none_few" if low < _SEVERAL_TOLD else ".none_many")
    if low - high <= max(1.0, _CLOSE_SHARE * low):
        return field + (".near_few" if low < _SEVERAL_TOLD else ".near_many")
    return field + (".far" if low / high >= _FAR_RATIO else ".apart")


def text(reading: Reading, other: Told) -> tuple[str, str, float, float]:
    """The words in common, by how rare they are and how much of either text they are.

    The level of their share, the name and amount of what they tell, and how much of the other text they cover.
    """
    terms, theirs = reading.terms, other.terms_count
    shared = [terms[key] for key in reading.words.intersection(other.keys)]
    share = sum(shared) / reading.total if reading.total else 0.0
    telling = sum([bits - COMMON_BITS for bits in shared if bits > COMMON_BITS])
    alike = reading.told.latin is other.latin
    return (
        _OVERLAP[bisect_left(_TEXT_STEPS, share)] if alike else "text.other_script",
        "text.headline" if reading.short or theirs <= _SHORT_TERMS else "text.rarity",
        min(telling, _TEXT_BITS_MAX),
        len(shared) / theirs,
    )
