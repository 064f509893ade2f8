"""Signing: with a key every report leaves signed, without one nothing changes, and a wrong key file is a sentence."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from fake_wire import FakeWire
from fusionbus.contract.codec import Undecodable, decode_report, encode
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.handling import Signature
from fusionbus.contract.report import REPORT_BYTES_MAX, ThreatReport
from fusionbus.contract.signing import message_of, unsealed
from fusionbus.producers.outcomes import Failed
from fusionbus.producers.publisher import Publisher, checked
from fusionbus.producers.seal import load_seal
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.testing import sample_report
from signatures import a_key, a_key_file, a_seal

HERE = "127.0.0.1:1"


def read(raw: bytes) -> ThreatReport:
    report = decode_report(raw)
    assert not isinstance(report, Undecodable)
    return report


def test_what_leaves_a_machine_with_a_key_is_signed(tmp_path: Path) -> None:
    wire, key = FakeWire(), a_key()
    settings = ProducerSettings(bootstrap=HERE, signing_key_file=a_key_file(tmp_path, key))
    Publisher("CTD-KP", settings, wire=wire).publish(sample_report())
    ((_, _, raw),) = wire.sent
    signature = read(raw).signature
    assert signature is not None
    bare = unsealed(raw, signature)
    assert bare == encode(sample_report())
    key.public_key().verify(base64.b64decode(signature.value), message_of(bare))


def test_without_a_key_nothing_is_signed() -> None:
    wire = FakeWire()
    Publisher("CTD-KP", ProducerSettings(bootstrap=HERE), wire=wire).publish(sample_report())
    assert wire.sent[0][2] == encode(sample_report())


def test_a_signature_that_a_report_brings_along_is_replaced(tmp_path: Path) -> None:
    brought = sample_report().model_copy(update={"signature": Signature(key_id="old", value="A" * 86 + "==")})
    seal = a_seal(tmp_path, a_key())
    assert checked(brought, "CTD-KP", seal) == checked(sample_report(), "CTD-KP", seal)


def test_a_report_that_is_too_large_only_with_its_signature_is_told_before_it_is_sent(tmp_path: Path) -> None:
    whole = sample_report().model_copy(update={"narrative": "x"})
    room = REPORT_BYTES_MAX - len(encode(whole)) - 100
    grown = whole.model_copy(update={"references": (), "narrative": "x" * room})
    assert isinstance(checked(grown, "CTD-KP", a_seal(tmp_path, a_key())), Failed)


def test_a_key_file_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    other = generate_private_key(SECP256R1())
    pem, form = Encoding.PEM, PrivateFormat.PKCS8
    cases = {
        "cannot be read": b"",
        "no unencrypted private key": a_key().private_bytes(pem, form, BestAvailableEncryption(b"made up")),
        "another kind than Ed25519": other.private_bytes(pem, form, NoEncryption()),
        "openssl genpkey": b"not a key",
    }
    for says, content in cases.items():
        path = tmp_path / "key.pem"
        if content:
            path.write_bytes(content)
        with pytest.raises(Misconfigured, match=says):
            load_seal(path)
