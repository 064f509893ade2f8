"""Keys that sign reports: what changes when one is made, replaced or revoked; and the folder of public keys."""

import base64
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import TypeAdapter, ValidationError

from fusionbus.contract.agency import SIGNING_KEYS_MAX, SigningKey
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.signing import key_id_of
from fusionbus.deploy.agencies import Federation
from fusionbus.deploy.secret_files import PRINCIPAL, write_private

Keys = tuple[SigningKey, ...]
CLOCK_SKEW: Final = timedelta(minutes=5)
"""A new key counts from so long ago: the broker's clock, which judges, may be behind. As for reports (Kerberos)."""
_KEYS: Final = TypeAdapter(Keys)


def added(keys: Keys, public: bytes, now: datetime) -> Keys:
    """With one more key, which counts at once beside the others. Raises: Misconfigured for one that is there."""
    fresh = SigningKey(
        key_id=key_id_of(public), public_key=base64.b64encode(public).decode(), valid_from=now - CLOCK_SKEW
    )
    if any(key.key_id == fresh.key_id for key in keys):
        raise Misconfigured(f"Key {fresh.key_id} is listed already: a key that was replaced or revoked stays so.")
    if len(keys) >= SIGNING_KEYS_MAX:
        raise Misconfigured(f"{len(keys)} keys are listed, which is the limit: take old ones out of the file by hand.")
    return (*keys, fresh)


def rotated(keys: Keys, public: bytes, now: datetime, overlap: timedelta) -> Keys:
    """With a new key; those that still count end after the overlap, in which both are taken."""
    end = now + overlap
    ending = tuple(
        key.model_copy(update={"valid_until": end}) if _counts(key, now) and not _ends_by(key, end) else key
        for key in keys
    )
    return added(ending, public, now)


def revoked(keys: Keys, key_id: str, at: datetime) -> Keys:
    """With this key revoked from `at` on; an earlier revocation stands. Raises: Misconfigured for an unknown one."""
    if all(key.key_id != key_id for key in keys):
        known = ", ".join(key.key_id for key in keys) or "none"
        raise Misconfigured(f"There is no key {key_id}; listed here: {known}.")
    return tuple(
        key.model_copy(update={"revoked_at": min(key.revoked_at or at, at)}) if key.key_id == key_id else key
        for key in keys
    )


def _counts(key: SigningKey, now: datetime) -> bool:
    return key.revoked_at is None and (key.valid_until is None or key.valid_until > now)


def _ends_by(key: SigningKey, end: datetime) -> bool:
    return key.valid_until is not None and key.valid_until <= end


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """The folder `keys` under `FUSION_HOME`: of each agency a list of public keys. No secret, and nobody else's to
    write: whoever can write here decides whose signatures count.
    """

    root: Path

    @classmethod
    def under(cls, home: Path) -> "PublicKeys":
        """Where provisioning looks for them."""
        return cls((home.expanduser() / "keys").absolute())

    def of(self, agency: str) -> Keys:
        """This agency's keys, the oldest first. Raises: Misconfigured for a file that is no such list."""
        path = self._file(agency)
        try:
            return _KEYS.validate_json(path.read_bytes())
        except FileNotFoundError:
            return ()
        except (OSError, ValidationError) as exc:
            why = exc.strerror if isinstance(exc, OSError) else "it is no list of keys"
            raise Misconfigured(f"The keys of {agency} cannot be read from {path} ({why}).") from exc

    def keep(self, agency: str, keys: Keys) -> Path:
        """Writes the list; where it lies."""
        path = self._file(agency)
        write_private(path, json.dumps(_KEYS.dump_python(keys, mode="json", exclude_none=True), indent=1) + "\n")
        return path

    def agencies(self) -> list[str]:
        """Who has keys here, sorted."""
        return sorted(path.stem for path in self.root.glob("*.json"))

    def joined_to(self, federation: Federation) -> Federation:
        """The federation with these keys beside those that its file lists itself."""
        agencies = []
        for agency in federation.agencies:
            held = self.of(agency.agency)
            here = {key.key_id for key in held}
            listed = tuple(key for key in agency.keys if key.key_id not in here)
            agencies.append(agency.model_copy(update={"keys": (*listed, *held)}) if held else agency)
        return replace(federation, agencies=tuple(agencies))

    def _file(self, agency: str) -> Path:
        if not PRINCIPAL.fullmatch(agency):
            raise Misconfigured(f"{agency!r} is no name of an agency: use letters, digits and hyphens.")
        return self.root / f"{agency}.json"


def public_of(private_file: Path) -> bytes:
    """The 32 public bytes of the key in this file, or of a pair made now. Raises: Misconfigured."""
    try:
        key = serialization.load_pem_private_key(private_file.read_bytes(), password=None)
    except FileNotFoundError:
        return make_pair(private_file)
    except (OSError, ValueError, TypeError) as exc:
        raise Misconfigured(f"{private_file} cannot be read as a private key: move it away for a new one.") from exc
    if not isinstance(key, Ed25519PrivateKey):
        raise Misconfigured(f"{private_file} holds a key of another kind than Ed25519: move it away for a new one.")
    return key.public_key().public_bytes_raw()


def make_pair(private_file: Path) -> bytes:
    """The 32 public bytes of a new key, whose private half is written for its owner alone (PEM, PKCS 8)."""
    key = Ed25519PrivateKey.generate()
    kept = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(private_file, kept.decode())
    return key.public_key().public_bytes_raw()


def read_public(file: Path) -> bytes:
    """The 32 public bytes in a PEM file. Raises: Misconfigured, also for a private key, which nobody should send."""
    try:
        text = file.read_bytes()[:10_000]
    except OSError as exc:
        raise Misconfigured(f"{file} cannot be read ({exc.strerror}).") from exc
    if b"PRIVATE" in text:
        raise Misconfigured(
            f"{file} is a private key: it stays with the agency; make a new one, this one has travelled."
        )
    try:
        key = serialization.load_pem_public_key(text)
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise Misconfigured(f"{file} is no public key in PEM: `openssl pkey -in key.pem -pubout` makes it.") from exc
    if not isinstance(key, Ed25519PublicKey):
        raise Misconfigured(f"{file} holds a key of another kind than Ed25519.")
    return key.public_bytes_raw()
