"""The key that signs the audit's seals: Ed25519, in a PEM file that only the hub reads."""

import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.signing import key_id_of

KEY_FILE: Final = Path("secrets") / "audit-seal.key"
"""Below `FUSION_HOME`, where no other file is named."""
PUBLIC_SUFFIX: Final = ".pub"


@dataclass(frozen=True, slots=True)
class SealKey:
    """A private key and its short name."""

    private: Ed25519PrivateKey
    key_id: str

    def sign(self, message: bytes) -> str:
        """The signature in hex."""
        return self.private.sign(message).hex()


def seal_key(private: Ed25519PrivateKey) -> SealKey:
    """The key with its name."""
    return SealKey(private, key_id_of(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)))


def read_or_make(named: Path | None, home: Path) -> SealKey:
    """The key of the file that was named; without one the key below `home`, made if it is not there.

    The public half lies beside a key that was made here. Raises: Misconfigured, one sentence.
    """
    if named is not None:
        return _read(named)
    path = home.expanduser() / KEY_FILE
    private = Ed25519PrivateKey.generate()
    _put(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    found = _read(path)
    public = found.private.public_key()
    _put(path.with_suffix(PUBLIC_SUFFIX), public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return found


def _read(path: Path) -> SealKey:
    try:
        private = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as exc:
        raise Misconfigured(
            f"The key that seals the audit, {path}, cannot be read ({exc.strerror}): set FUSION_SEAL_KEY_FILE."
        ) from exc
    except (ValueError, TypeError) as exc:
        raise Misconfigured(f"{path} is no private key in PEM without a password: make an Ed25519 key.") from exc
    if not isinstance(private, Ed25519PrivateKey):
        raise Misconfigured(f"{path} is no Ed25519 key: make one with `openssl genpkey -algorithm ed25519`.")
    return seal_key(private)


def _put(path: Path, content: bytes) -> None:
    """Writes a file (0600) whole, where there is none; of two workers that do it at once one wins."""
    if path.exists():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
        Path(name).unlink()
    except OSError as exc:
        raise Misconfigured(
            f"The folder {path.parent} cannot be written ({exc.strerror}): make it writable or set FUSION_HOME."
        ) from exc
