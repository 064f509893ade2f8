"""Names meet themselves in other spellings and in Urdu, and stay apart where they are others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusionbus.contract.names import PARTS_MAX, fold_name

SAME = [
    ("Muhammad", "Mohammed", "Mohd.", "محمد"),
    ("Hussain", "Husain", "Hussein", "حسین"),
    ("Ahmed", "Ahmad", "احمد"),
    ("Tariq", "Tarik", "طارق"),
    ("Sheikh", "Shaikh", "شیخ"),
    ("Abdul Rehman", "Abdur Rahman", "Abdurrahman", "عبدالرحمن", "عبد الرحمان"),
    ("Abdullah", "Abdulla", "عبداللہ"),
    ("Zia-ul-Haq", "Zia ul Haq", "ضیاء الحق"),
    ("Salahuddin", "Salah ud Din", "صلاح الدین"),
    ("Umar", "Omar", "Umer", "عمر"),
    ("Yousaf", "Yusuf", "یوسف"),
    ("Mustafa", "مصطفیٰ", "مصطفی"),
    ("Ayesha", "Aisha", "عائشہ"),
    ("Pervaiz", "Parvez", "پرویز"),
    ("Saifullah", "Saif Ullah", "سیف اللہ"),
    ("Chaudhry", "Choudhury", "چوہدری"),
    ("Catherine", "Kathryn"),
    ("José García", "Jose Garcia"),
    ("Steven", "Stephen"),
    ("Dr. Syed Ali Haji", "Ali"),
]
APART = [
    ("Hassan", "Hussain"),
    ("Muhammad", "Mahmood"),
    ("Umar", "Amir"),
    ("Aslam", "Islam"),
    ("Khalid", "Khalida"),
    ("Jamal", "Jamil"),
    ("حسن", "حسین"),
]


@pytest.mark.parametrize("spellings", SAME)
def test_one_name_in_several_spellings_folds_to_one(spellings: tuple[str, ...]) -> None:
    assert len({fold_name(one) for one in spellings}) == 1


@pytest.mark.parametrize(("one", "other"), APART)
def test_names_that_sound_alike_but_are_others_stay_apart(one: str, other: str) -> None:
    assert fold_name(one) != fold_name(other)


def test_a_title_alone_is_still_something() -> None:
    assert fold_name("Haji") != ()


@given(st.text(max_size=400))
def test_no_text_breaks_it_and_the_parts_are_few_and_not_empty(text: str) -> None:
    parts = fold_name(text)
    assert len(parts) <= PARTS_MAX
    assert all(parts)
    assert len(set(parts)) == len(parts)


@given(st.lists(st.sampled_from(["Tariq", "Hussain", "Gul", "Fatima", "محمود", "Jane"]), min_size=1, max_size=5))
def test_letter_case_blanks_and_commas_do_not_count(parts: list[str]) -> None:
    assert fold_name(" ".join(parts)) == fold_name("  " + ", ".join(part.upper() for part in parts) + ".")
