"""Persons named on both sides, by keyed hashes of their names and filters of their spelling, age and sex."""

from collections.abc import Callable

from fusionbus.contract.clk import dice
from fusionbus.streams.correlate.told import PersonTold

_ALIKE_MIN = 0.8
"""Dice from which two names are spellings of one. Measured: of random pairs of Pakistani names 99 % lie below 0.66, and
what differs by one letter or one way of writing the parts together lies above 0.8."""

_YEARS = (0, 1, 3, 8)


def persons(
    ones: tuple[PersonTold, ...], others: tuple[PersonTold, ...], rarity: Callable[[str], float]
) -> list[tuple[str, float]]:
    """The findings on the two persons most alike."""
    best: list[tuple[str, float]] = []
    best_rank = -1.0
    for one in ones[:4]:
        for other in others[:4]:
            rank, found = _pair(one, other, rarity)
            if rank > best_rank:
                best, best_rank = found, rank
    return best


def _pair(one: PersonTold, other: PersonTold, rarity: Callable[[str], float]) -> tuple[float, list[tuple[str, float]]]:
    found: list[tuple[str, float]] = []
    rank = 0.0
    if one.names and other.names:
        shared = set(one.names).intersection(other.names)
        rank = len(shared) / min(len(one.names), len(other.names))
        if rank == 1.0:
            level = "person.same_name"
        elif _alike(one, other):
            level, rank = "person.alike_name", max(rank, _ALIKE_MIN)
        elif not shared:
            level = "person.other_name"
        else:
            level = "person.part_of_name"
        found.append((level, 1.0))
        if shared:
            found.append(("person.rarity", min(30.0, sum(map(rarity, shared)))))
    if one.sex is not None and other.sex is not None:
        found.append(("person.same_sex" if one.sex is other.sex else "person.other_sex", 1.0))
    if one.age_low is not None and other.age_low is not None:
        found.append((_age(one, other), 1.0))
    return rank, found


def _alike(one: PersonTold, other: PersonTold) -> bool:
    """Whether both names are filters of one scheme, and much alike."""
    if one.clk is None or other.clk is None or one.clk[0] != other.clk[0]:
        return False
    return dice(one.clk[1], other.clk[1]) >= _ALIKE_MIN


def _age(one: PersonTold, other: PersonTold) -> str:
    high, its_high = one.age_high or one.age_low or 0, other.age_high or other.age_low or 0
    apart = max(0, (one.age_low or 0) - its_high, (other.age_low or 0) - high)
    for index, years in enumerate(_YEARS):
        if apart <= years:
            return f"person.age{index}"
    return "person.age_far"
