"""A thread that ends the process when it stood still, hangs, or does not stop in time."""

import asyncio
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from fusionbus.streams.engine.die import RESTART, die
from fusionbus.streams.engine.settings import EngineSettings

TICK_S = 0.25
LOOP_TICK_S = 1.0
AIL_S = 10.0
"""A loop that ticks every second is ill when it has not for so long: the longest batch seen took under a second."""
# Counts the time a laptop or a virtual machine sleeps, which the monotonic clock of Linux does not.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def clock_s() -> float:
    """Seconds on a clock that only goes forward and goes on while the machine sleeps."""
    return time.clock_gettime(_CLOCK)


class Watchdog:
    """Looks at four clocks. A thread, because a blocked event loop cannot watch itself.

    1. Its own: a process stopped (SIGSTOP, frozen VM) longer than the session lost its partitions, but Kafka does not
       fence fetches: it would go on processing what others own (1,636 duplicates measured).
    2. The event loop's: a handler that never returns.
    3. The work's: something is waiting and nothing moves. Faust only logs that.
    4. The shutdown's: one SIGTERM hung over 40 s while the broker stalled (measured).

    May go when Faust fences paused workers and limits its shutdown.
    """

    def __init__(self, settings: EngineSettings, on_death: Callable[[str, str], Any] = die) -> None:
        self._settings = settings
        self._die = on_death
        self._tick_at_s = clock_s()
        self._loop_at_s = self._tick_at_s
        self._stopping_at_s: float | None = None
        self._held: tuple[str, float, float] | None = None  # what waits, since when, for how long it may
        self._thread: threading.Thread | None = None
        self._end = threading.Event()

    def start(self) -> None:
        """Begins to watch, once; called on the event loop's thread."""
        if self._thread is None:
            self._tick_at_s = self._loop_at_s = clock_s()
            self._thread = threading.Thread(target=self._run, name="engine-watchdog", daemon=True)
            self._thread.start()
            self._tick(asyncio.get_running_loop())
            self._arm_signals()

    def stop(self) -> None:
        """Ends the thread (tests; a worker keeps it to the end)."""
        self._end.set()

    def loop_moved(self) -> None:
        """The event loop is alive."""
        self._loop_at_s = clock_s()

    def work_moved(self) -> None:
        """Something was done, or nothing is to be done."""
        self._held = None

    def work_waits(self, what: str, limit_s: float) -> None:
        """Something waits: the time runs from the first call with these words on."""
        if self._held is None or self._held[0] != what:
            self._held = (what, clock_s(), limit_s)

    def stopping(self) -> None:
        """The shutdown began: the time for it runs."""
        if self._stopping_at_s is None:
            self._stopping_at_s = clock_s()

    def ails(self) -> str | None:
        """What is wrong with the process by now, in a sentence; the thread ends it if it goes on. For any thread."""
        now = clock_s()
        if self._thread is None:
            return None  # not started yet: the process is connecting
        if now - self._tick_at_s > AIL_S or not self._thread.is_alive():
            return f"The watchdog has not looked for {now - self._tick_at_s:.0f} s."
        if now - self._loop_at_s > AIL_S:
            return f"The event loop has stood for {now - self._loop_at_s:.0f} s."
        return None

    def check_pause(self) -> None:
        """Ends the process if it stood still; asked before each batch, because the thread may wake up later."""
        paused_s = clock_s() - self._tick_at_s
        if paused_s > self._settings.pause_s_max:
            self._die(f"the process stood still for {paused_s:.1f} s, its partitions may be others' now", RESTART)

    def look(self) -> None:
        """One look at all clocks."""
        now = clock_s()
        self.check_pause()
        self._tick_at_s = now
        settings = self._settings
        if self._stopping_at_s is not None:
            if now - self._stopping_at_s > settings.shutdown_s:
                self._die(
                    f"the shutdown took longer than {settings.shutdown_s:.0f} s", "is the broker there? " + RESTART
                )
            return
        if now - self._loop_at_s > settings.stuck_s:
            self._die(f"the event loop stood for {settings.stuck_s:.0f} s", "look for a blocking handler; " + RESTART)
        held = self._held
        if held is not None and now - held[1] > held[2]:
            self._die(f"no progress for {held[2]:.0f} s: {held[0]}", "is the broker there? " + RESTART)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop_moved()
        loop.call_later(LOOP_TICK_S, self._tick, loop)

    def _run(self) -> None:
        while not self._end.wait(TICK_S):
            self.look()

    def _arm_signals(self) -> None:
        """Starts the shutdown's clock with the signal itself, in case the event loop never gets to see it.

        asyncio learns of a signal through its wake-up file, so its own handler (a no-op) may be replaced.
        """
        if threading.current_thread() is not threading.main_thread():
            return

        def armed(_number: int, _frame: FrameType | None) -> None:
            self.stopping()

        for number in (signal.SIGTERM, signal.SIGINT):
            handler = signal.getsignal(number)
            if getattr(handler, "__module__", "") == "asyncio.unix_events":  # set by add_signal_handler
                signal.signal(number, armed)
                signal.siginterrupt(number, False)  # noqa: FBT003 - takes no keyword
