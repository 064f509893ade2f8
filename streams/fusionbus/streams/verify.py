"""Part of the first step: whether a report is signed as its agency's entry in the registry asks. Pure."""

import base64
from datetime import datetime
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fusionbus.contract.agency import Agency, SigningKey
from fusionbus.contract.handling import Signature
from fusionbus.contract.signing import message_of, unsealed


class Signed(Protocol):
    """A report, or an order about one."""

    @property
    def signature(self) -> Signature | None:
        """Its signature, if it has one."""


def signature_fault(message: Signed, raw: bytes, written_at: datetime, agency: Agency) -> str | None:
    """Why its signature, or the lack of one, keeps a message out, in one sentence; None where it does not.

    `written_at` is the broker's time stamp: the writer's own dates prove nothing about when a key was used. A report
    without signature costs one look; a signed one 0.12 ms (measured).
    """
    signature = message.signature
    if signature is None:
        if not agency.must_sign:
            return None
        return f"This is not signed, and {agency.agency} signs all that it sends here: set FUSION_SIGNING_KEY_FILE."
    key = next((one for one in agency.keys if one.key_id == signature.key_id), None)
    if key is None:
        return (
            f"{agency.agency} has no key {signature.key_id} in the registry: give its public key to the hub's operator."
        )
    stale = _stale(key, written_at)
    if stale is not None:
        return stale
    signed = unsealed(raw, signature)
    if signed is None:
        return "The signature is not the last member of the message, written without blanks: see docs/wire-format.md."
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.public_key))
        public.verify(_exactly(signature.value), message_of(signed))
    except (InvalidSignature, ValueError):
        return f"The signature does not fit: the message was changed, or key {key.key_id} did not sign it."
    return None


def _exactly(value: str) -> bytes:
    """The bytes, if this is the one way to write them: otherwise one report would have sixteen signatures."""
    found = base64.b64decode(value)
    if base64.b64encode(found).decode() != value:
        raise ValueError("bits that count for nothing are set")
    return found


def _stale(key: SigningKey, at: datetime) -> str | None:
    if key.revoked_at is not None and at >= key.revoked_at:
        return f"Key {key.key_id} was revoked at {key.revoked_at:%Y-%m-%d %H:%M} UTC: sign with the agency's new key."
    if key.valid_until is not None and at >= key.valid_until:
        return f"Key {key.key_id} ended at {key.valid_until:%Y-%m-%d %H:%M} UTC: sign with the agency's new key."
    if at < key.valid_from:
        return (
            f"Key {key.key_id} counts from {key.valid_from:%Y-%m-%d %H:%M} UTC on: sign with the older one until then."
        )
    return None
