"""One report against one member of an incident: findings, each a name `field.level` and an amount.

A finding times its weight is its bits; a field that one side leaves out has no finding and weighs nothing.
"""

from collections.abc import Callable, Mapping

from fusionbus.streams.correlate.compare_persons import persons
from fusionbus.streams.correlate.compare_place import place
from fusionbus.streams.correlate.told import DAY_S, Told

Finding = tuple[str, float]
Rarity = Callable[[str], float]

_DAYS = (0.5, 1.5, 2.5, 4.5, 7.5)
_HOURS = (1.5 / 24, 4 / 24, 12 / 24)
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


def _steps(value: float, steps: tuple[float, ...]) -> int:
    for index, step in enumerate(steps):
        if value <= step:
            return index
    return len(steps)


def _names(stem: str, count: int) -> tuple[str, ...]:
    return tuple(f"{stem}{index}" for index in range(count))


_GAP = _names("time.gap", 6)
_HOUR = _names("time.hour", 4)
_LAG = _names("time.lag", 6)
_APART = _names("time.apart", 6)
_OVERLAP = _names("text.overlap", 7)


class Reading:
    """A report being compared: its features, its words with their bits, and what weighs them."""

    __slots__ = ("bits", "rarity", "terms", "told", "total")

    def __init__(self, told: Told, terms: dict[str, float], rarity: Rarity, bits: Mapping[str, float]) -> None:
        self.told = told
        self.terms = terms
        self.total = sum(terms.values())
        self.rarity = rarity
        self.bits = bits


def compare(reading: Reading, other: Told) -> tuple[list[Finding], float]:
    """The findings on a report and a member with their bits; of a hopeless pair only when, where and who."""
    one, rarity = reading.told, reading.rarity
    found: list[Finding] = [time(one, other)]
    if one.where is not None and other.where is not None:
        found += place(one.where, other.where, rarity)
    if one.persons and other.persons:
        found += persons(one.persons, other.persons, rarity)
    if one.tokens and other.tokens and (shared := len(set(one.tokens).intersection(other.tokens))):
        found.append(("entities.shared", min(shared, 3)))
    bits = weigh(found, reading.bits)
    if bits < _HOPELESS_BITS:
        return found, bits
    more: list[Finding] = []
    _acts(one, other, more, rarity)
    if one.killed is not None and other.killed is not None:
        more += toll("killed", one.killed, other.killed)
    if one.injured is not None and other.injured is not None:
        more += toll("injured", one.injured, other.injured)
    if reading.terms and other.terms:
        more += text(reading.terms, reading.total, other)
    return found + more, bits + weigh(more, reading.bits)


def weigh(findings: list[Finding], bits: Mapping[str, float]) -> float:
    """The bits of these findings together."""
    together = 0.0
    for name, amount in findings:
        together += bits.get(name, 0.0) * amount
    return together


def time(one: Told, other: Told) -> Finding:
    """How far apart in days: event to event, telling to event, or telling to telling, whatever is known."""
    if one.start_s is not None and other.start_s is not None:
        gap = max(0.0, one.start_s - other.end_s, other.start_s - one.end_s)  # type: ignore[operator]  # both are set
        if gap < DAY_S / 2 and one.end_s - one.start_s <= _PRECISE_S and other.end_s - other.start_s <= _PRECISE_S:  # type: ignore[operator]  # as above
            return _HOUR[_steps(gap / DAY_S, _HOURS)], 1.0
        return _GAP[_steps(gap / DAY_S, _DAYS)], 1.0
    if one.start_s is not None:
        return _lag(other.reported_s, one)
    if other.start_s is not None:
        return _lag(one.reported_s, other)
    return _APART[_steps(abs(one.reported_s - other.reported_s) / DAY_S, _DAYS)], 1.0


def _lag(told_s: float, event: Told) -> Finding:
    """A report told before the event does not tell of it."""
    lag = (told_s - event.end_s) / DAY_S  # type: ignore[operator]  # the event's time is known
    if lag < -1.0 and told_s < event.start_s - DAY_S:  # type: ignore[operator]  # as above
        return "time.before", 1.0
    return _LAG[_steps(max(0.0, lag), _DAYS)], 1.0


def _acts(one: Told, other: Told, found: list[Finding], rarity: Rarity) -> None:
    if one.family is not None and other.family is not None:
        if one.category is other.category:
            found.append(("category.same", 1.0))
        else:
            found.append(("category.akin" if one.family == other.family else "category.other", 1.0))
    if one.weapon is not None and other.weapon is not None:
        found.append(("weapon.same" if one.weapon is other.weapon else "weapon.other", 1.0))
    if one.target is not None and other.target is not None:
        found.append(("target.same" if one.target is other.target else "target.other", 1.0))
    if one.actor is not None and other.actor is not None:
        if one.actor == other.actor:
            found += [("actor.same", 1.0), ("actor.rarity", rarity("actor:" + one.actor))]
        else:
            found.append(("actor.other", 1.0))


def toll(field: str, one: tuple[int, int], other: tuple[int, int]) -> list[Finding]:
    """Two tolls: a high one in common says more than a low one; sources on one event differ in 48 % of pairs."""
    low, high = max(one[0], other[0]), min(one[1], other[1])
    if low <= high:
        if low == 0:
            return [(field + ".none", 1.0)]
        size = min(low.bit_length(), 6)
        return [(f"{field}.same{size}", 1.0)] if one[0] == one[1] or other[0] == other[1] else [(field + ".span", 1.0)]
    if high == 0:
        return [(field + (".none_few" if low < _SEVERAL_TOLD else ".none_many"), 1.0)]
    if low - high <= max(1.0, _CLOSE_SHARE * low):
        return [(field + (".near_few" if low < _SEVERAL_TOLD else ".near_many"), 1.0)]
    return [(field + (".far" if low / high >= _FAR_RATIO else ".apart"), 1.0)]


def text(terms: dict[str, float], total: float, other: Told) -> list[Finding]:
    """The words in common, by how rare they are and how much of either text they are."""
    shared = terms.keys() & other.terms
    bits = 0.0
    telling = 0.0
    for term in shared:
        bits += terms[term]
        if terms[term] > COMMON_BITS:
            telling += terms[term] - COMMON_BITS
    share = max(bits / total if total else 0.0, 0.0)
    short = min(len(terms), len(other.terms)) <= _SHORT_TERMS
    theirs = len(shared) / len(other.terms)
    return [
        (_OVERLAP[_steps(share, _TEXT_STEPS)], 1.0),
        ("text.headline" if short else "text.rarity", min(telling, _TEXT_BITS_MAX)),
        ("text.covered", theirs),
    ]
