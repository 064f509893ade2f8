"""Which open incidents are worth scoring: those sharing the rarest things a report says."""

from collections.abc import Iterable, Mapping
from heapq import nlargest

from fusionbus.streams.correlate.compare import COMMON_BITS, Reading
from fusionbus.streams.correlate.open_incidents import Block, Limits, Open, OpenIncidents, keys
from fusionbus.streams.correlate.told import DAY_S

_WORTH = {"in": 4.0, "act": 3.0, "actor": 0.5, "killed": 1.0, "injured": 1.5, "name": 5.0}
_TOKEN_WORTH = 12.0
_WORD_WORTH = 0.5
"""Roughly what the full comparison gives them, in bits; only the order of candidates depends on it."""


def candidates(reading: Reading, linked: Iterable[str], held: OpenIncidents, block: Block) -> list[Open]:
    """The incidents to score, at most `Limits.candidates_max` and those that a lineage points to."""
    limits = held.limits
    if len(block.open) <= limits.all_below:
        return list(block.open.values())
    found = _by_keys(reading, block, limits)
    for report_id in linked:
        pointed = held.holding(report_id)
        if pointed is not None and pointed not in found and block.open.get(pointed.incident_id) is pointed:
            found.append(pointed)
    return found


def _by_keys(reading: Reading, block: Block, limits: Limits) -> list[Open]:
    """The incidents that share most, by a rough worth: reading a key costs a tenth of a comparison."""
    lists = []
    for key in keys(reading.told):
        postings = block.postings.get(key)
        if postings is not None and (value := _value(key, reading.terms)) > 0.0:
            lists.append((len(postings), key, value, postings))
    lists.sort(key=_shortest_first)
    worth: dict[Open, float] = {}
    left = limits.postings_max
    for length, _, value, postings in lists:
        take = min(length, limits.key_postings_max, left)
        for incident in postings[length - take :]:
            if incident.alive:
                worth[incident] = worth.get(incident, 0.0) + value
        left -= take
        if left <= 0:
            break
    if len(worth) <= limits.candidates_max:
        return list(worth)
    reported_s = reading.told.reported_s
    for incident in worth:
        worth[incident] -= abs(reported_s - incident.latest_s) / DAY_S
    return nlargest(limits.candidates_max, worth, key=worth.__getitem__)


def _shortest_first(found: tuple[int, str, float, list[Open]]) -> tuple[int, str]:
    return found[0], found[1]


def _value(key: str, terms: Mapping[str, float]) -> float:
    """What sharing a key is worth: of words only the rare ones, for reports share their form."""
    bits = terms.get(key)
    if bits is not None:
        return (bits - COMMON_BITS) * _WORD_WORTH
    return _WORTH.get(key.partition(":")[0], _TOKEN_WORTH)
