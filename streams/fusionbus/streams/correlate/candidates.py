"""Which open incidents are worth scoring: those sharing the rarest things a report says."""

from collections.abc import Callable, Iterable
from heapq import nlargest

from fusionbus.streams.correlate.open_incidents import Block, Limits, Open, OpenIncidents, keys
from fusionbus.streams.correlate.told import Told


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
    lists = sorted(
        ((len(postings), key, postings) for key in keys(told) if (postings := block.postings.get(key)) is not None),
        key=lambda found: found[:2],
    )
    worth: dict[Open, float] = {}
    left = limits.postings_max
    for length, key, postings in lists:
        bits = rarity(key)
        take = min(length, limits.key_postings_max, left)
        for incident in postings[length - take :]:
            if incident.alive:
                worth[incident] = worth.get(incident, 0.0) + bits
        left -= take
        if left <= 0:
            break
    if len(worth) <= limits.candidates_max:
        return list(worth)
    # Of equals the newest: ids would make the choice depend on chance.
    return nlargest(limits.candidates_max, worth, key=lambda incident: (worth[incident], incident.latest_s))
