"""How much may be told: bounds for one address and for all, that remember nobody."""

from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW
from fusionbus.producers.tips.brake import Brake, Rate, prefix_of

EACH, ALL = Rate(3, 600), Rate(1_000, 3_600)


def test_one_address_is_turned_away_after_its_share_and_another_is_not() -> None:
    brake = Brake(EACH, ALL)
    assert [brake.turns_away("198.51.100.7", NOW) for _ in range(4)] == [None, None, None, "address"]
    assert brake.turns_away("198.51.100.8", NOW) is None


def test_what_was_used_comes_back_with_time() -> None:
    brake = Brake(EACH, ALL)
    for _ in range(3):
        brake.turns_away("198.51.100.7", NOW)
    assert brake.turns_away("198.51.100.7", NOW + timedelta(seconds=199)) == "address"
    assert brake.turns_away("198.51.100.7", NOW + timedelta(seconds=400)) is None


def test_a_household_s_ipv6_network_is_one_address_and_a_mapped_one_is_its_ipv4() -> None:
    assert prefix_of("2001:db8:1:2::1") == prefix_of("2001:db8:1:2:ffff::9") != prefix_of("2001:db8:1:3::1")
    assert prefix_of("::ffff:198.51.100.7") == "198.51.100.7"
    assert prefix_of("sms +92 300 0000042") == "sms +92 300 0000042"


def test_a_flood_from_many_addresses_meets_the_bound_of_all() -> None:
    brake = Brake(EACH, Rate(50, 3_600))
    told = [brake.turns_away(f"2001:db8:{number:x}::1", NOW) for number in range(80)]
    assert told.count(None) == 50
    assert set(told) == {None, "everybody"}


def test_what_it_remembers_names_nobody_and_is_another_thing_the_next_day() -> None:
    keys = count(1)
    brake = Brake(EACH, ALL, lambda: bytes([next(keys)]) * 32)
    brake.turns_away("198.51.100.7", NOW)
    today = brake.remembered()
    brake.turns_away("198.51.100.7", NOW + timedelta(days=1))
    assert len(today) == len(brake.remembered()) == 1
    assert today != brake.remembered()
    assert b"198.51.100.7" not in b"".join(today)


@given(st.lists(st.integers(-7_200, 7_200), max_size=40))
def test_whatever_the_clock_does_nobody_gets_more_than_his_share_and_what_came_back(steps: list[int]) -> None:
    brake = Brake(EACH, ALL)
    at, forward_s, days = NOW, 0, {NOW.date()}
    taken = 0
    for step in steps:
        at += timedelta(seconds=step)
        forward_s += max(step, 0)
        days.add(at.date())
        taken += brake.turns_away("198.51.100.7", at) is None
    turns = 1 + len(steps) if len(days) > 1 else 1  # each new day begins anew
    assert taken <= EACH.most * turns + forward_s * EACH.most / EACH.within_s


@pytest.mark.parametrize("address", ["", "x" * 10_000, "\u202e", "999.1.1.1"])
def test_an_address_that_is_none_is_counted_all_the_same(address: str) -> None:
    brake = Brake(Rate(1, 600), ALL)
    assert [brake.turns_away(address, NOW) for _ in range(2)] == [None, "address"]
