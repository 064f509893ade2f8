"""Numbers of tellers who want to be called back: sealed, apart from the tips, for some days."""

import hmac
import os
import secrets
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

from fusionbus.contract.errors import Misconfigured
from fusionbus.producers.tips.settings import TipSettings
from fusionbus.producers.tips.told import code_of

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class Contacts:
    """Seals and opens numbers with AES-256-GCM; the tip's number is bound in, so that no seal fits another tip.

    Raises: Misconfigured where the key cannot be used, or sealing is not installed.
    """

    def __init__(self, settings: TipSettings) -> None:
        try:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - the extra `tips`
        except ImportError as exc:
            raise Misconfigured("The tip line is not installed: `pip install fusionbus-producers[tips]`.") from exc
        path = settings.tips_contact_key_file or settings.tips_folder / "contact.key"
        self._key = _key(path)
        self._cipher = AESGCM(self._key)

    def code_for(self, name: str) -> str:
        """The code of what a gateway calls so: always the same here, and nobody without the key can tell it."""
        return code_of(hmac.new(self._key, f"code {name}".encode(), sha256).digest())

    def seal(self, tip_id: int, number: str) -> bytes:
        """The sealed number."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, number.encode(), str(tip_id).encode())

    def open(self, tip_id: int, sealed: bytes) -> str:
        """The number. Raises: Misconfigured when it was sealed under another key."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as above

        try:
            opened = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], str(tip_id).encode())
        except InvalidTag as exc:
            raise Misconfigured(
                "The number was sealed under another key: set FUSION_TIPS_CONTACT_KEY_FILE to the one of that time."
            ) from exc
        return opened.decode()


def _key(path: Path) -> bytes:
    try:
        with suppress(FileExistsError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
        key = path.read_bytes()
    except OSError as exc:
        raise Misconfigured(
            f"The key of the numbers, {path}, cannot be used ({exc.strerror}): mend its rights."
        ) from exc
    if len(key) != KEY_BYTES:
        raise Misconfigured(f"The key of the numbers, {path}, has {len(key)} bytes and needs {KEY_BYTES}: put it back.")
    return key
