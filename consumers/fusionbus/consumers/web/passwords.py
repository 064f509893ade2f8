"""Passwords: made, hashed, compared, and judged."""

import hashlib
import hmac
import secrets
import threading
from base64 import b64decode, b64encode
from typing import Final

from fusionbus.contract.errors import Misconfigured

BLOCK: Final = 8
PARALLEL: Final = 3
"""With N = 2^15 and r = 8. Source: OWASP Password Storage Cheat Sheet, scrypt."""
SALT_BYTES: Final = 16
CHARS_MIN: Final = 12
"""Source: NIST SP 800-63B asks for 15 where a password stands alone and for no rules of composition; OWASP for 12 or
more. Here sign-in is slowed down, so 12."""
CHARS_MAX: Final = 200
"""Longer ones would only make the hash slow."""
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits that nobody mistakes for another, for a password that is read out or typed from paper."""

_TURNS: Final = threading.BoundedSemaphore(2)
"""Hashes at a time: each takes 32 MiB and a core."""


def one_time() -> str:
    """A random password of 20 characters in groups of five: 99 bits."""
    drawn = "".join(secrets.choice(_ALPHABET) for _ in range(20))
    return "-".join(drawn[at : at + 5] for at in range(0, 20, 5))


def hashed(password: str, log2_n: int) -> str:
    """The password's hash with all that is needed to compare: `scrypt$log2 N$r$p$salt$hash`."""
    salt = secrets.token_bytes(SALT_BYTES)
    made = _scrypt(password, salt, log2_n, BLOCK, PARALLEL)
    return f"scrypt${log2_n}${BLOCK}${PARALLEL}${b64encode(salt).decode()}${b64encode(made).decode()}"


def matches(password: str, kept: str) -> bool:
    """Whether this is the password behind the hash; it takes as long as making the hash did."""
    _, log2_n, block, parallel, salt, wanted = kept.split("$")
    made = _scrypt(password, b64decode(salt), int(log2_n), int(block), int(parallel))
    return hmac.compare_digest(made, b64decode(wanted))


def judged(password: str, agency: str, name: str) -> str:
    """The password, if it may be one. Raises: Misconfigured, with what is wrong in a sentence."""
    if not CHARS_MIN <= len(password) <= CHARS_MAX:
        raise Misconfigured(f"The new password has {len(password)} characters: {CHARS_MIN} to {CHARS_MAX} are allowed.")
    if len(set(password)) < CHARS_MIN // 2:
        raise Misconfigured("The new password repeats a few characters: take a sentence, or several words.")
    folded = password.casefold()
    if any(word.casefold() in folded for word in (agency, name, "fusionbus", "password") if len(word) > len("ab")):
        raise Misconfigured("The new password holds the agency, the name, or the word password: take other words.")
    return password


def _scrypt(password: str, salt: bytes, log2_n: int, block: int, parallel: int) -> bytes:
    n = 1 << log2_n
    memory = 128 * n * block + 128 * block * parallel + (1 << 20)
    with _TURNS:
        return hashlib.scrypt(password.encode(), salt=salt, n=n, r=block, p=parallel, maxmem=memory, dklen=32)
