"""Persons named on both sides, by keyed hashes of the parts of their names, age and sex."""

from collections.abc import Callable

from fusionbus.streams.correlate.told import PersonTold

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
        if not shared:
            level = "person.other_name"
        elif rank == 1.0:
            level = "person.same_name"
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


def _age(one: PersonTold, other: PersonTold) -> str:
    high, its_high = one.age_high or one.age_low or 0, other.age_high or other.age_low or 0
    apart = max(0, (one.age_low or 0) - its_high, (other.age_low or 0) - high)
    for index, years in enumerate(_YEARS):
        if apart <= years:
            return f"person.age{index}"
    return "person.age_far"
