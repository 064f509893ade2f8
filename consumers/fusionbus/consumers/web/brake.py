"""Slows down who guesses passwords, and locks nobody out."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

KEYS_MAX: Final = 20_000
"""Names and addresses that are remembered; the oldest are forgotten. About 4 MB."""
FORGET_S: Final = 3_600.0
"""After an hour without a failure it is forgotten."""


@dataclass(frozen=True)
class Limit:
    """So many failures are free, then the wait doubles from one second."""

    free: int
    wait_s_max: float

    def wait_s(self, failures: int) -> float:
        """How long to wait after so many failures in a row."""
        over = failures - self.free
        return 0.0 if over < 0 else min(self.wait_s_max, 2.0 ** min(over, 20))


PAIR: Final = Limit(free=5, wait_s_max=300)
"""One name from one address: five slips, then up to five minutes; 300 guesses a day at most."""
ADDRESS: Final = Limit(free=20, wait_s_max=300)
"""One address, whatever the name: a whole desk may sit behind it."""
NAME: Final = Limit(free=50, wait_s_max=10)
"""One name from anywhere: never so long that a stranger could keep its owner out."""


@dataclass
class _Failures:
    count: int
    last_s: float


class Brake:
    """Remembers failed sign-ins of this process; a restart forgets them, the access log keeps them."""

    def __init__(self, keys_max: int = KEYS_MAX) -> None:
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()
        self._keys_max = keys_max

    def wait_s(self, name: str, address: str, now_s: float) -> float:
        """How long until the next try is looked at; 0: now."""
        waits = []
        for key, limit in _keys(name, address):
            failed = self._failures.get(key)
            if failed is not None and now_s - failed.last_s < FORGET_S:
                waits.append(failed.last_s + limit.wait_s(failed.count) - now_s)
        return max(0.0, *waits) if waits else 0.0

    def tried(self, name: str, address: str, now_s: float) -> None:
        """Counts a try as a failure, before it is looked at: of many at once none is free."""
        for key, _ in _keys(name, address):
            before = self._failures.pop(key, None)
            count = before.count if before is not None and now_s - before.last_s < FORGET_S else 0
            self._failures[key] = _Failures(count + 1, now_s)
        while len(self._failures) > self._keys_max:
            self._failures.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """Takes the try back, and forgets all failures of this name at this address."""
        pair, *others = (key for key, _ in _keys(name, address))
        self._failures.pop(pair, None)
        for key in others:
            if key in self._failures:
                self._failures[key].count -= 1


def _keys(name: str, address: str) -> tuple[tuple[tuple[str, str], Limit], ...]:
    return (
        (("pair", f"{name}\n{address}"), PAIR),
        (("address", address), ADDRESS),
        (("name", name), NAME),
    )
