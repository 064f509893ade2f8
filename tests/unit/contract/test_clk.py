"""Filters of names: spellings of one name are alike, other names are not, and nothing of the name is left."""

from base64 import b64decode
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusionbus.contract.clk import dice, encode_name, read_clk
from fusionbus.contract.report import Person
from fusionbus.contract.vocabulary import SubjectRole

WIRE_FORMAT = Path(__file__).parents[3] / "docs" / "wire-format.md"
SECRET = b"sixteen bytes or more"
ALIKE = 0.8
FIRST = ("Zarbaz", "Gulrez", "Tehmasp", "Qadeerullah", "Nooruddin", "Shahmir", "Bilal", "Waseem", "Sanobar", "Imran")
LAST = ("Testkhel", "Namunazai", "Farzibugti", "Khayalpuri", "Mashqani", "Afridi", "Soomro", "Butt")
NAMES = [f"{first} {last}" for first in FIRST for last in LAST]
latin = st.text("abcdefghijklmnopqrstuvwxyz ", min_size=1, max_size=40)


def bits_of(name: str, secret: bytes = SECRET) -> int:
    clk = encode_name(name, secret, "k1")
    assert clk is not None
    read = read_clk(clk)
    assert read is not None
    return read[1]


@pytest.mark.parametrize(
    "spelled", ["Mohammed Tariq", "Mohd. Tarik", "TARIQ, Muhammad", "محمد طارق", "Mr. Muhammad Tariq"]
)
def test_one_name_in_several_spellings_has_one_filter(spelled: str) -> None:
    assert bits_of(spelled) == bits_of("Muhammad Tariq")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zarbaz Khan", "Zar Baz Khan"),
        ("Asif Zardari", "Asif Zadari"),
        ("Imran Khan", "Imran Kahn"),
    ],
)
def test_a_slip_of_the_pen_stays_alike(one: str, other: str) -> None:
    assert ALIKE <= dice(bits_of(one), bits_of(other)) < 1


def test_different_names_are_not_alike() -> None:
    """Among them 640 pairs that share a part."""
    pairs = list(combinations(NAMES, 2))
    assert [(one, other) for one, other in pairs if dice(bits_of(one), bits_of(other)) >= ALIKE] == []


@given(latin, st.randoms(use_true_random=False))
def test_the_order_of_parts_does_not_show(name: str, chance: object) -> None:
    parts = name.split()
    shuffled = sorted(parts, key=lambda part: hash((part, str(chance))))
    assert encode_name(" ".join(parts), SECRET, "k1") == encode_name(" ".join(shuffled), SECRET, "k1")


@given(st.text(max_size=400))
def test_any_text_makes_a_filter_that_a_person_may_carry_or_none(name: str) -> None:
    clk = encode_name(name, SECRET, "k1")
    person = Person(role=SubjectRole.OTHER, name_clk=clk)
    assert clk is None or (person.name_clk == clk and read_clk(clk) is not None)


@given(latin, latin)
def test_likeness_is_mutual_and_between_none_and_whole(one: str, other: str) -> None:
    if encode_name(one, SECRET, "k1") and encode_name(other, SECRET, "k1"):
        ours, theirs = bits_of(one), bits_of(other)
        assert dice(ours, theirs) == dice(theirs, ours)
        assert 0 <= dice(ours, theirs) <= 1
        assert dice(ours, ours) == 1


def test_another_key_makes_another_filter_under_another_scheme() -> None:
    """Filters under two keys are no more alike than chance, and the scheme keeps them from being compared."""
    other = encode_name("Gulrez Afridi", b"another key, long too", "k2")
    mine = encode_name("Gulrez Afridi", SECRET, "k1")
    assert other is not None
    assert mine is not None
    assert mine.partition(":")[0] != other.partition(":")[0]
    assert dice(bits_of("Gulrez Afridi"), bits_of("Gulrez Afridi", b"another key, long too")) < 0.5


def test_the_wire_format_page_tells_the_filter_as_it_is() -> None:
    clk = encode_name("Muhammad Ahmed", b"a key for made-up persons only", "demo")
    assert clk is not None
    assert len(b64decode(clk.partition(":")[2])) == 64
    assert clk in WIRE_FORMAT.read_text(encoding="utf-8")


@pytest.mark.parametrize("clk", ["x1:", "nothing", "x1:€", "x1:abc"])
def test_a_filter_that_cannot_be_read_is_none_or_empty(clk: str) -> None:
    read = read_clk(clk)
    assert read is None or read[1] == 0
