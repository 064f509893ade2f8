"""Names as keyed Bloom filters (cryptographic long-term keys): how alike two are can be told, what they are cannot.

Scheme x1. The parts of the name are folded as they sound, and cut into pairs of letters; each pair sets bits of a
filter of 1,024 at places taken from HMAC-SHA-512 under a key of its own, derived from the federation's; the filter is
folded in half by XOR. `docs/fusion.md` says which attacks that meets and which it does not.

Source: Schnell, Bachteler and Reiher 2009 (Bloom filters of q-grams); Niedermeyer et al. 2014 (why not double hashing);
Schnell and Borgs 2016 (XOR folding).
"""

import hmac
from base64 import b64decode, b64encode
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from typing import Final

from fusionbus.contract.names import fold_name

SCHEME: Final = "x1"
FILTER_BITS: Final = 1_024
BITS_A_PAIR: Final = 10
"""Places each pair of letters sets. A name of three parts has some 14 pairs: 130 of 1,024 bits, a quarter of the folded
512, where Dice still tells names apart and single bits belong to several pairs."""
_FOLDED: Final = FILTER_BITS // 2
_PLACE_BYTES: Final = 2
_PAIRS_REMEMBERED: Final = 16_384
_PURPOSE: Final = b"fusionbus name-clk x1"


def encode_name(name: str, secret: bytes, key_id: str) -> str | None:
    """The filter of a name as `scheme:base64`; None for a name without letters.

    The scheme holds six digits of the key's id, so that filters under different keys are never compared.
    """
    parts = fold_name(name)
    if not parts:
        return None
    key = hmac.digest(secret, _PURPOSE, "sha256")
    bits = 0
    for pair in {pair for part in parts for pair in _pairs(part)}:
        bits |= _places(key, pair)
    folded = (bits >> _FOLDED) ^ (bits & ((1 << _FOLDED) - 1))
    of_key = sha256(key_id.encode()).hexdigest()[:6]
    return f"{SCHEME}{of_key}:{b64encode(folded.to_bytes(_FOLDED // 8, 'big')).decode()}"


def read_clk(clk: str) -> tuple[str, int] | None:
    """Scheme and bits of a filter; None where it cannot be read."""
    scheme, _, text = clk.partition(":")
    try:
        return scheme, int.from_bytes(b64decode(text, validate=True), "big")
    except ValueError:
        return None


def dice(one: int, other: int) -> float:
    """How alike two filters are: twice the bits in common over the bits of both, 0 to 1."""
    together = one.bit_count() + other.bit_count()
    return 2 * (one & other).bit_count() / together if together else 0.0


def _pairs(part: str) -> list[str]:
    """The pairs of letters of one part, with the ends marked."""
    return [left + right for left, right in pairwise(f"_{part}_")]


@lru_cache(maxsize=_PAIRS_REMEMBERED)
def _places(key: bytes, pair: str) -> int:
    """The bits one pair of letters sets, each place from its own bytes of the digest."""
    digest = hmac.digest(key, pair.encode(), "sha512")
    bits = 0
    for start in range(0, BITS_A_PAIR * _PLACE_BYTES, _PLACE_BYTES):
        bits |= 1 << int.from_bytes(digest[start : start + _PLACE_BYTES], "big") % FILTER_BITS
    return bits
