"""A stop that was asked for, and waits that end with it."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SLICE_S = 0.1  # a signal does not end a sleep in Python, so waits are made of short ones


class Stop:
    """Whether the process was asked to stop."""

    def __init__(self) -> None:
        self.requested = False

    def request(self) -> None:
        """Asks for a stop; a plain flag, because a lock taken in a signal handler may never be free."""
        self.requested = True

    def wait(self, seconds: float) -> bool:
        """Waits so long or until a stop is asked for; whether it was."""
        until = time.monotonic() + seconds
        while not self.requested and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, SLICE_S))
        return self.requested


@contextmanager
def on_signals(stop: Stop) -> Iterator[None]:
    """Lets SIGTERM and SIGINT ask for a stop inside the block."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.request()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
