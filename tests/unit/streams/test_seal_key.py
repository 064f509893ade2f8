"""The key that signs the audit's seals."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fusionbus.contract.errors import Misconfigured
from fusionbus.streams.seal_key import read_or_make, seal_key


def test_the_key_is_made_once_for_its_owner_alone_with_its_public_half_beside_it(tmp_path: Path) -> None:
    made = read_or_make(None, tmp_path)
    assert read_or_make(None, tmp_path).key_id == made.key_id
    files = sorted((tmp_path / "secrets").iterdir())
    assert [(path.name, path.stat().st_mode & 0o777) for path in files] == [
        ("audit-seal.key", 0o600),
        ("audit-seal.pub", 0o600),
    ]
    assert read_or_make(files[0], tmp_path / "elsewhere").key_id == made.key_id
    assert seal_key(Ed25519PrivateKey.generate()).key_id != made.key_id


@pytest.mark.parametrize("content", [None, b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\n"])
def test_a_key_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "seal.key"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Misconfigured, match=r"seal\.key"):
        read_or_make(path, tmp_path)
