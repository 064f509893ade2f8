"""What is told, made clean: danger is heard in three ways of writing, codes are read however they are typed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusionbus.contract.errors import FixTheReport
from fusionbus.producers.tips.alike import alike, words_of
from fusionbus.producers.tips.danger import is_imminent
from fusionbus.producers.tips.told import Told, clean, digest_of_code, new_code, tell
from fusionbus.producers.tokens import demo_key

URGENT = [
    "There is a bomb under the bridge.",
    "They will attack the school tomorrow morning",
    "خودکش حملہ آور مسجد کی طرف جا رہا ہے",
    "آج رات تھانے پر حملے کا منصوبہ ہے",
    "kal subah school par hamla hoga",
    "SUICIDE jacket in the white van",
    "بم رکھا ہے",
    "hostages in the bank",
]
CALM = [
    "Last year somebody sold weapons in this shop.",
    "A man photographs the dam every week.",
    "پڑوس میں اجنبی لوگ رہتے ہیں",
    "Mere mohalle mein naye log aaye hain",
    "The combing machine was sold.",
]


@pytest.mark.parametrize("text", URGENT)
def test_danger_that_may_be_near_is_heard(text: str) -> None:
    assert is_imminent(text)


@pytest.mark.parametrize("text", CALM)
def test_what_is_not_near_is_not_called_so(text: str) -> None:
    assert not is_imminent(text)


def test_letters_of_an_arabic_keyboard_and_marks_do_not_hide_danger() -> None:
    assert is_imminent("خود كش")
    assert is_imminent("خُودکَش")
    assert is_imminent("ＢＯＭＢ")


@given(st.text(max_size=300))
def test_no_text_keeps_a_character_that_steers_or_hides(text: str) -> None:
    for said in (clean(text), clean(text, lines=True)):
        hidden = [char for char in said if unicodedata.category(char)[0] == "C" and char not in "\n\u200c\u200d"]
        assert hidden == []
    assert "\n" not in clean(text)


@given(st.text(max_size=100))
def test_any_text_is_told_or_refused_in_a_sentence(text: str) -> None:
    told = told_or_refused(text)
    assert told.endswith(".") if isinstance(told, str) else 10 <= len(told.text) <= 4_000


def told_or_refused(text: str) -> Told | str:
    try:
        return tell("web", text, text_max=4_000, key=demo_key(), place=text, happens=text, plate=text, callback=text)
    except FixTheReport as exc:
        return str(exc)


def test_a_number_is_known_only_where_it_was_given_and_then_as_a_keyed_token() -> None:
    silent = tell("web", "Somebody digs at night.", text_max=4_000, key=demo_key())
    assert (silent.caller_token, silent.callback) == (None, None)
    told = tell("web", "Somebody digs at night.", text_max=4_000, key=demo_key(), callback="0300-0000042")
    assert told.caller_token is not None
    assert told.caller_token.startswith("phone:demo:")
    assert told.callback == "+923000000042"


def test_a_code_is_read_in_any_case_with_or_without_dashes_and_with_letters_that_look_alike() -> None:
    digest = digest_of_code("7QK0-9XWD-41MZ")
    assert digest is not None
    assert {digest_of_code(one) for one in ("7qk0 9xwd 41mz", "7QKO9XWD4IMZ", "７QK0-9XWD-4lMZ")} == {digest}


@given(st.text(max_size=40))
def test_what_is_no_code_is_none(text: str) -> None:
    assert digest_of_code(text) is None or len([char for char in unicodedata.normalize("NFKC", text)]) >= 12  # noqa: C416


def test_codes_are_not_alike_and_their_digests_not_they_themselves() -> None:
    codes = {new_code() for _ in range(1_000)}
    assert len(codes) == 1_000
    assert all((digest_of_code(code) or "") != code for code in codes)


def test_tips_that_tell_the_same_in_much_the_same_words_meet_and_others_do_not() -> None:
    one = words_of("White van with boxes stands at the old mill near Charsadda every night")
    other = words_of("every night a white van with boxes stands near the old mill, Charsadda")
    third = words_of("Somebody photographs the dam")
    assert [near.tip_id for near in alike(one, [(2, other), (3, third)])] == [2]
