"""Which open incidents are worth scoring: those sharing the rarest things a report says."""

from fusionbus.streams.correlate.compare import COMMON_BITS, Reading
from fusionbus.streams.correlate.open_incidents import Block, Limits, OpenIncidents
from fusionbus.streams.correlate.told import DAY_S, Open, Told, cites

_WORTH = {"in": 4.0, "act": 3.0, "actor": 0.5, "killed": 1.0, "injured": 1.5, "name": 5.0}
_TOKEN_WORTH = 12.0
_WORD_WORTH = 0.5
"""Roughly what the full comparison gives them, in bits; only the order of candidates depends on it."""


def candidates(reading: Reading, held: OpenIncidents, block: Block) -> list[Open]:
    """The incidents to score, at most `Limits.candidates_max` and those that a lineage points to."""
    limits = held.limits
    if len(block.open) <= limits.all_below:
        return list(block.open.values())
    found = _by_keys(reading, block, limits)
    for report_id in reading.told.derived:
        pointed = held.holding(report_id)
        if pointed is not None and pointed not in found and block.open.get(pointed.incident_id) is pointed:
            found.append(pointed)
    citing = cites(reading.told.report_id)
    if block.frequencies.of(citing):
        found += [incident for incident in block.newest(citing, limits.candidates_max) if incident not in found]
    return found


def _by_keys(reading: Reading, block: Block, limits: Limits) -> list[Open]:
    """The incidents that share most, by a rough worth: reading a key costs a tenth of a comparison."""
    left, key_max = limits.postings_max, limits.key_postings_max
    worth: dict[Open, float] = {}
    for count, key, value in sorted(_shared(reading, block)):
        take = min(count, key_max, left)
        for incident in dict.fromkeys(block.newest(key, take)):
            if incident in worth:
                worth[incident] += value
            else:
                worth[incident] = value
        left -= take
        if left <= 0:
            break
    if len(worth) <= limits.candidates_max:
        return list(worth)
    return _best(worth, reading.told.reported_s, limits.candidates_max)


def _best(worth: dict[Open, float], reported_s: float, count: int) -> list[Open]:
    """The incidents worth most, a day apart costing one bit; of most it need not be known how far apart they are."""
    enough = sorted(worth.values(), reverse=True)[count - 1]
    least = min([value - abs(reported_s - one.latest_s) / DAY_S for one, value in worth.items() if value >= enough])
    left = {one: value - abs(reported_s - one.latest_s) / DAY_S for one, value in worth.items() if value >= least}
    return sorted(left, key=left.__getitem__, reverse=True)[:count]


def _shared(reading: Reading, block: Block) -> list[tuple[int, str, float]]:
    """How many open reports hold each key that tells something, and what sharing it is worth.

    Of words only the rare ones, for reports share their form.
    """
    told, of = reading.told, block.frequencies.of
    found = [
        (count, term, (bits - COMMON_BITS) * _WORD_WORTH)
        for term, bits in reading.terms.items()
        if bits > COMMON_BITS and (count := of(term))
    ]
    found += [(count, key, _worth(key, told)) for key in told.keys[told.terms_count :] if (count := of(key))]
    return found


def _worth(key: str, told: Told) -> float:
    return _WORTH.get(key.partition(":")[0], _TOKEN_WORTH) if key != told.source else _TOKEN_WORTH
