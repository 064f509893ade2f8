"""Bounds how much is told, from one address and in all, without remembering who told it."""

import hmac
import ipaddress
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from threading import Lock
from typing import Final, Literal

KEYS_MAX: Final = 50_000
"""Addresses remembered at once, the oldest forgotten first: about 10 MB, eighty times what an hour may bring."""
PREFIX_6: Final = 64
"""One household or phone gets a whole /64. Source: RFC 6177."""

TurnedAway = Literal["address", "everybody"]


@dataclass(frozen=True, slots=True)
class Rate:
    """So many within so many seconds; what is unused comes back evenly (a token bucket)."""

    most: int
    within_s: float


@dataclass(slots=True)
class _Bucket:
    left: float
    at_s: float

    def take(self, rate: Rate, now_s: float) -> bool:
        """Whether there was one left."""
        # A clock that is set back gives nothing back and takes nothing away.
        self.left = min(rate.most, self.left + max(0.0, now_s - self.at_s) * rate.most / rate.within_s)
        self.at_s = now_s
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True


class Brake:
    """Counts tries by a keyed hash of the address; the key is random, in memory only, and another every day.

    So no file or memory dump of tomorrow tells who wrote today, and nobody can test an address against it.
    """

    def __init__(
        self, each: Rate, everybody: Rate, new_key: Callable[[], bytes] = lambda: secrets.token_bytes(32)
    ) -> None:
        self._each, self._everybody, self._new_key = each, everybody, new_key
        self._day: date | None = None
        self._key = b""
        self._all: _Bucket | None = None
        self._buckets: OrderedDict[bytes, _Bucket] = OrderedDict()
        self._lock = Lock()

    def turns_away(self, address: str, now: datetime) -> TurnedAway | None:
        """Which bound this try is beyond; None lets it in, and counts it."""
        now_s = now.timestamp()
        with self._lock:
            self._turn_the_day(now.date())
            name = hmac.new(self._key, prefix_of(address).encode(), sha256).digest()
            bucket = self._buckets.pop(name, None) or _Bucket(self._each.most, now_s)
            self._buckets[name] = bucket
            if len(self._buckets) > KEYS_MAX:
                self._buckets.popitem(last=False)
            if not bucket.take(self._each, now_s):
                return "address"
            if self._all is None:
                self._all = _Bucket(self._everybody.most, now_s)
            return None if self._all.take(self._everybody, now_s) else "everybody"

    def remembered(self) -> tuple[bytes, ...]:
        """What it holds of addresses: keyed hashes."""
        with self._lock:
            return tuple(self._buckets)

    def _turn_the_day(self, today: date) -> None:
        if today != self._day:
            self._day, self._key = today, self._new_key()
            self._buckets.clear()


def prefix_of(address: str) -> str:
    """What of an address is counted as one teller: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, PREFIX_6), strict=False))
    return str(parsed)
