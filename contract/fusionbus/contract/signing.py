"""Which bytes of a report are signed, and where the signature stands. The arithmetic is the rooms' own (Ed25519)."""

import hashlib
from typing import Final

from fusionbus.contract.handling import Signature

CONTEXT: Final = b"fusionbus report 1\n"
"""Goes before what is signed, so that a signature made for something else never fits a report."""
KEY_ID_HEX: Final = 16


def key_id_of(public_key: bytes) -> str:
    """The id of a key: the first 16 hexadecimal digits of the SHA-256 of its 32 bytes."""
    return hashlib.sha256(public_key).hexdigest()[:KEY_ID_HEX]


def message_of(unsigned: bytes) -> bytes:
    """What the key signs: the context, then the report exactly as it is written without its signature."""
    return CONTEXT + unsigned


def sealed(unsigned: bytes, signature: Signature) -> bytes:
    """The report with its signature as the last member; not a byte before it changes."""
    return unsigned[:-1] + _tail(signature)


def unsealed(raw: bytes, signature: Signature) -> bytes | None:
    """The report as it was signed, or None where the signature is not written as `sealed` writes it.

    Nothing is encoded anew: fields that this version does not know, and numbers as their writer wrote them, are
    covered too.
    """
    tail = _tail(signature)
    return raw[: -len(tail)] + b"}" if raw.endswith(tail) else None


def _tail(signature: Signature) -> bytes:
    return f',"signature":{{"key_id":"{signature.key_id}","value":"{signature.value}"}}}}'.encode()
