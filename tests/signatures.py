"""Keys and signed reports for tests; the first key is that of docs/wire-format.md."""

import base64
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from builders import NOW, minutes
from fusionbus.contract.agency import SigningKey
from fusionbus.contract.codec import encode
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.signing import key_id_of
from fusionbus.producers.seal import Seal, load_seal

PAGE_SEED: Final = bytes(range(32))
"""Nobody's secret: it stands in docs/wire-format.md."""
SINCE: Final = NOW - minutes(600)


def a_key(number: int = 0) -> Ed25519PrivateKey:
    """A key; equal numbers make equal keys."""
    return Ed25519PrivateKey.from_private_bytes(PAGE_SEED[number:] + PAGE_SEED[:number])


def listed(key: Ed25519PrivateKey, valid_from: datetime = SINCE, **changes: Any) -> SigningKey:
    """The key as the registry lists it."""
    public = key.public_key().public_bytes_raw()
    return SigningKey(
        key_id=key_id_of(public), public_key=base64.b64encode(public).decode(), valid_from=valid_from, **changes
    )


def a_key_file(folder: Path, key: Ed25519PrivateKey) -> Path:
    """The key as an agency keeps it."""
    path = folder / "signing.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def a_seal(folder: Path, key: Ed25519PrivateKey) -> Seal:
    """What a producer with this key signs with."""
    seal = load_seal(a_key_file(folder, key))
    assert seal is not None
    return seal


def signed(report: ThreatReport, seal: Seal) -> bytes:
    """The report as it lies on the topic."""
    return seal(encode(report))
