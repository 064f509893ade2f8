"""Attacks of the project's own simulator, plain and with attacks that excite further ones: for docs and tests."""

import math
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Final

from fusionbus.contract.vocabulary import Kind
from fusionbus.producers.simulate import world
from fusionbus.producers.simulate.events import ATTACK_SHARE, invent
from fusionbus.streams.patterns.forecast.weeks import start_of
from quality.forecast.origins import Told, told

YEARLY: Final = 1_099
"""Attacks of 2024. Source: DESIGN (GTI)."""
FIRST_WEEK: Final = 2_817
"""From 1 January 2024 on."""
HERE, BESIDE = 0.30, 0.10
"""How many further attacks each excites in its own district, and in one beside it. An assumption."""
AGE_DAYS: Final = 14.0
"""After how long, in the mean. An assumption, near to near-repeat studies (Townsley, Johnson and Ratcliffe 2008)."""


def attacks(seed: int, weeks: int, *, exciting: bool) -> Told:
    """So many weeks of attacks at the rate of 2024; exciting, some of them follow from others."""
    rng = Random(seed)  # noqa: S311 - a simulation wants chance that can be repeated
    span = timedelta(weeks=weeks)
    wanted = YEARLY * weeks / 52.18 * (1 - HERE - BESIDE if exciting else 1)
    places = _beside()
    rows: list[tuple[int, str, str]] = []
    for number, event in enumerate(invent(rng, start_of(FIRST_WEEK), span / 0.93)):
        if number * ATTACK_SHARE >= wanted:
            break
        if event.kind is Kind.INCIDENT:
            day = (event.at - start_of(FIRST_WEEK)) / timedelta(days=1)
            for at, name in _wave(rng, day, event.district.name, places) if exciting else [(day, event.district.name)]:
                week = int(at // 7)
                if week < weeks:
                    rows.append((FIRST_WEEK + week, places[name][0], name))
    return told(rows)


def true_probabilities() -> dict[str, float]:
    """Of at least one attack in a week, by district, where attacks excite none."""
    whole = {each.province: 0.0 for each in world.districts()}
    for each in world.districts():
        whole[each.province] += each.weight
    rates = {each.name: world.ATTACK_SHARE[each.province] * each.weight for each in world.districts()}
    weekly = YEARLY / 52.18
    return {each.name: -math.expm1(-weekly * rates[each.name] / whole[each.province]) for each in world.districts()}


def _beside() -> dict[str, tuple[str, list[str]]]:
    """Each district's province, and its three nearest districts there."""
    found = {}
    for own in world.districts():
        others = [other for other in world.districts() if other.province is own.province and other is not own]
        others.sort(key=lambda other: (other.lat - own.lat) ** 2 + (other.lon - own.lon) ** 2)
        found[own.name] = (own.province.value, [other.name for other in others[:3]])
    return found


def _wave(rng: Random, day: float, name: str, places: dict[str, tuple[str, list[str]]]) -> Iterator[tuple[float, str]]:
    """An attack and all that follow from it."""
    yield day, name
    chance = rng.random()
    if chance < HERE + BESIDE:
        beside = places[name][1]
        where = rng.choice(beside) if chance >= HERE and beside else name
        yield from _wave(rng, day + rng.expovariate(1 / AGE_DAYS), where, places)
