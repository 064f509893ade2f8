"""Which open incidents are worth scoring: those sharing the rarest things a report says."""

from collections.abc import Callable, Iterable
from heapq import nlargest

from fusionbus.streams.correlate.compare import COMMON_BITS
from fusionbus.streams.correlate.open_incidents import Block, Limits, Open, OpenIncidents, keys
from fusionbus.streams.correlate.told import DAY_S, Told

_WORTH = {"in": 4.0, "act": 3.0, "actor": 0.5, "killed": 1.0, "injured": 1.5, "name": 5.0}
_TOKEN_WORTH = 12.0
_WORD_WORTH = 0.5
"""Roughly what the full comparison gives them, in bits; only the order of candidates depends on it."""


def candidates(told: Told, linked: Iterable[str], held: OpenIncidents, block: Block) -> list[Open]:
    """The incidents to score, at most `Limits.candidates_max` and those that a lineage points to."""
    limits = held.limits
    if len(block.open) <= limits.all_below:
        return list(block.open.values())
    found = _by_keys(told, block, limits, held.frequencies.bits)
    for report_id in linked:
        pointed = held.holding(report_id)
        if pointed is not None and pointed not in found and block.open.get(pointed.incident_id) is pointed:
            found.append(pointed)
    return found


def _by_keys(told: Told, block: Block, limits: Limits, rarity: Callable[[str], float]) -> list[Open]:
    """The incidents that share most, by a rough worth: reading a key costs a tenth of a comparison."""
    lists = [(len(postings), key, postings) for key in keys(told) if (postings := block.postings.get(key)) is not None]
    lists.sort(key=_shortest_first)
    worth: dict[Open, float] = {}
    left = limits.postings_max
    for length, key, postings in lists:
        value = _value(key, rarity)
        if value <= 0.0:
            continue
        take = min(length, limits.key_postings_max, left)
        for incident in postings[length - take :]:
            if incident.alive:
                worth[incident] = worth.get(incident, 0.0) + value
        left -= take
        if left <= 0:
            break
    if len(worth) <= limits.candidates_max:
        return list(worth)
    for incident in worth:
        worth[incident] -= abs(told.reported_s - incident.latest_s) / DAY_S
    return nlargest(limits.candidates_max, worth, key=worth.__getitem__)


def _shortest_first(found: tuple[int, str, list[Open]]) -> tuple[int, str]:
    return found[0], found[1]


def _value(key: str, rarity: Callable[[str], float]) -> float:
    """What sharing a key is worth: of words only the rare ones, for reports share their form."""
    kind, colon, _ = key.partition(":")
    return _WORTH.get(kind, _TOKEN_WORTH) if colon else max(0.0, rarity(key) - COMMON_BITS) * _WORD_WORTH
