"""Tokens: one form for each value, a key that cannot be guessed, and nothing of the value left."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from fusionbus.contract.errors import FixTheReport, Misconfigured
from fusionbus.contract.vocabulary import EntityType, SubjectRole
from fusionbus.producers.normalise import normalise
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.tokens import (
    FederationKey,
    demo_key,
    federation_key,
    source_token,
    tokenise_entity,
    tokenise_person,
)

KEY = demo_key()
SAME = [
    (EntityType.PHONE, ("0300-1234567", "+92 300 1234567", "00923001234567", "(0300) 1234567", "3001234567")),
    (EntityType.PHONE, ("۰۳۰۰۱۲۳۴۵۶۷", "03001234567")),
    (EntityType.CNIC, ("35202-0000001-1", "3520200000011", "35202 0000001 1")),
    (EntityType.PLATE, ("LEA-0123", "lea 123", "LEA.123", "LEA0123")),
    (EntityType.ACCOUNT, ("PK36SCBL0000001123456702", "pk36 SCBL 0000 0011 2345 6702")),
    (EntityType.DEVICE, ("490154203237518", "49-015420-323751-8", "4901542032375100")),
    (EntityType.EMAIL, ("Somebody@Example.PK", " somebody@example.pk ")),
    (EntityType.PASSPORT, ("AB 1234567", "ab1234567")),
]
WRONG = [
    (EntityType.PHONE, "12"),
    (EntityType.PHONE, "0399-1"),
    (EntityType.PHONE, "no phone"),
    (EntityType.CNIC, "35202-000001-1"),
    (EntityType.CNIC, "35202-00000A1-1"),
    (EntityType.PLATE, "!!"),
    (EntityType.ACCOUNT, "PK36SCBL0000001123456703"),
    (EntityType.ACCOUNT, "PK1"),
    (EntityType.DEVICE, "490154203237519"),
    (EntityType.EMAIL, "somebody"),
    (EntityType.PASSPORT, "1"),
    (EntityType.WEAPON_SERIAL, ""),
]


@pytest.mark.parametrize(("type_", "writings"), SAME)
def test_one_value_in_several_writings_has_one_token(type_: EntityType, writings: tuple[str, ...]) -> None:
    assert len({tokenise_entity(type_, one, key=KEY).token for one in writings}) == 1


@pytest.mark.parametrize(("type_", "value"), WRONG)
def test_a_value_that_cannot_be_one_is_told_without_repeating_it(type_: EntityType, value: str) -> None:
    with pytest.raises(FixTheReport) as told:
        tokenise_entity(type_, value, key=KEY)
    assert str(told.value).endswith(".")
    assert len(value) < 5 or value not in str(told.value)


@pytest.mark.parametrize("type_", list(EntityType))
@given(value=st.text(max_size=60))
def test_any_text_is_a_normal_form_or_a_sentence_and_a_normal_form_stays(type_: EntityType, value: str) -> None:
    try:
        form = normalise(type_, value)
    except FixTheReport:
        return
    assert form
    if type_ is not EntityType.DEVICE:  # of an IMEI only the device's part is kept
        assert normalise(type_, form) == form


@given(st.from_regex(r"[1-7]\d{4}-\d{7}-\d", fullmatch=True))
def test_a_token_holds_nothing_of_the_value(cnic: str) -> None:
    person = tokenise_person(key=KEY, name="Bilal Farzi", cnic=cnic)
    assert cnic.replace("-", "") not in person.model_dump_json()
    assert "Bilal" not in person.model_dump_json()


def test_another_key_or_another_type_gives_another_token() -> None:
    other = FederationKey("k2", b"another secret of the federation")
    assert KEY.token("cnic", "1") != other.token("cnic", "1")
    assert KEY.token("cnic", "1").split(":")[2] != KEY.token("phone", "1").split(":")[2]


def test_a_persons_name_is_released_only_on_request() -> None:
    assert tokenise_person(key=KEY, name="Bilal Farzi").released_name is None
    released = tokenise_person(key=KEY, name="Bilal Farzi", release_name=True, role=SubjectRole.WITNESS)
    assert released.released_name == "Bilal Farzi"


def test_a_name_in_two_scripts_shares_its_tokens() -> None:
    latin, urdu = (tokenise_person(key=KEY, name=name) for name in ("Tariq Hussain", "طارق حسین"))
    assert latin.name_tokens == urdu.name_tokens
    assert all(token.startswith("name:demo:") for token in latin.name_tokens)
    assert latin.name_clk == urdu.name_clk is not None


def test_a_source_has_one_token() -> None:
    assert source_token("Source  Seven", key=KEY) == source_token("source seven", key=KEY)


def test_a_short_key_is_refused_in_a_sentence_that_does_not_show_it() -> None:
    with pytest.raises(Misconfigured, match="needs 16 or more") as told:
        FederationKey("k1", b"too short")
    assert "too short" not in str(told.value)
    assert "secret" not in repr(KEY)


def test_the_key_comes_from_the_setting_or_its_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"sixteen bytes or more\n")
    by_file = ProducerSettings(federation_key_file=file)
    by_value = ProducerSettings(federation_key=SecretStr("sixteen bytes or more"))
    assert federation_key(by_file) == federation_key(by_value)
    assert federation_key(by_value).key_id == "k1"


def test_without_a_key_a_broker_elsewhere_is_refused_and_a_local_one_gets_the_demo_key() -> None:
    assert federation_key(ProducerSettings(bootstrap="127.0.0.1:1")) == demo_key()
    with pytest.raises(Misconfigured, match="FUSION_FEDERATION_KEY"):
        federation_key(ProducerSettings(bootstrap="127.0.0.1:1,broker.example:9092"))


def test_a_key_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="FUSION_FEDERATION_KEY_FILE"):
        federation_key(ProducerSettings(federation_key_file=tmp_path / "none"))
