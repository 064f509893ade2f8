"""Signs reports as they are sent, where this machine has a key."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Final

from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.handling import Signature
from fusionbus.contract.signing import key_id_of, message_of, sealed

Seal = Callable[[bytes], bytes]
"""From an encoded report without signature to the same with one."""

KEY_FILE_BYTES_MAX: Final = 10_000
"""An Ed25519 key in PEM has 119 bytes; with the words some tools put before it, still far less."""
_MAKE: Final = "make one with `openssl genpkey -algorithm ed25519`"


def load_seal(file: Path | None) -> Seal | None:
    """What signs with the key in this file; none without a file. Raises: Misconfigured, one sentence."""
    if file is None:
        return None
    try:
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - an extra: not every agency signs
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - as above
    except ImportError as exc:
        raise Misconfigured(
            "FUSION_SIGNING_KEY_FILE is set, and signing is not installed: `pip install fusionbus-producers[sign]`."
        ) from exc
    try:
        key = serialization.load_pem_private_key(_read(file), password=None)
    except (ValueError, TypeError) as exc:  # of an encrypted one the password is asked for: nobody is here to type it
        raise Misconfigured(f"{file} is no unencrypted private key in PEM: {_MAKE}.") from exc
    if not isinstance(key, Ed25519PrivateKey):
        raise Misconfigured(f"{file} holds a key of another kind than Ed25519: {_MAKE}.")
    key_id = key_id_of(key.public_key().public_bytes_raw())

    def seal(unsigned: bytes) -> bytes:
        value = base64.b64encode(key.sign(message_of(unsigned))).decode()
        return sealed(unsigned, Signature(key_id=key_id, value=value))

    return seal


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(KEY_FILE_BYTES_MAX)
    except OSError as exc:
        raise Misconfigured(f"FUSION_SIGNING_KEY_FILE names {file}, which cannot be read ({exc.strerror}).") from exc
