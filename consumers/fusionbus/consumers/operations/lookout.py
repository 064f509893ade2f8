"""Looks at the bus again and again on two threads, and holds what was seen last. The pages only read it."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import Final

import httpx
import structlog

from fusionbus.consumers.operations.figures import lag_s
from fusionbus.consumers.operations.scrape import Sample, fetch
from fusionbus.consumers.operations.seen import Behind, Seen, Source
from fusionbus.consumers.operations.settings import OperationsSettings
from fusionbus.consumers.operations.window import LENGTH_S, Window
from fusionbus.contract.errors import FusionError
from fusionbus.shell.kafka import explained
from fusionbus.shell.offsets import Offsets, measure
from fusionbus.shell.settings import BrokerSettings

MINUTE_S: Final = 60.0
CLIENT_ID: Final = "fusion-dashboard"
HEARD_EVERY_S: Final = 30.0
STOP_S_MAX: Final = 5.0

log = structlog.get_logger()


class Lookout:
    """Two threads: one asks the processes for their metrics, one the broker for its offsets.

    Args:
        settings: whom to ask and how often.
        broker: where the broker is.
        heard: the agencies, and when each was last heard before the workers started; asked every half minute.
    """

    def __init__(
        self, settings: OperationsSettings, broker: BrokerSettings, heard: Callable[[], Mapping[str, float | None]]
    ) -> None:
        self._settings, self._broker_settings, self._heard_of = settings, broker, heard
        self._sources = {url: Source(url) for url in settings.urls()}
        self._processes: dict[str, tuple[Sample, ...]] = {}
        self._window = Window()
        self._broker = Source(broker.bootstrap)
        self._behind: Behind | None = None
        self._trend: deque[tuple[float, float]] = deque()
        self._heard: Mapping[str, float | None] = {}
        self._heard_at = -HEARD_EVERY_S
        self._offsets: Offsets | None = None
        self._began = time.time()
        self._lock, self._over = Lock(), Event()
        self._threads: list[Thread] = []

    @property
    def silent_s(self) -> float:
        """After so long without a message an agency is silent."""
        return self._settings.silent_s

    def start(self) -> None:
        """Begins to look."""
        pairs = ((self._processes_once, self._settings.look_every_s), (self._broker_once, self._settings.lag_every_s))
        for look, every_s in pairs:
            thread = Thread(target=self._again, args=(look, every_s), name=look.__name__, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Looks no more."""
        self._over.set()
        for thread in self._threads:
            thread.join(STOP_S_MAX)

    def seen(self) -> Seen:
        """What was seen last."""
        now = time.time()
        with self._lock:
            return Seen(
                now,
                dict(self._processes),
                tuple(self._sources.values()),
                self._broker,
                self._behind,
                tuple(self._trend),
                min(MINUTE_S, max(1.0, now - self._began)),
                self._window.within(now - MINUTE_S),
                self._window.within(now - 5 * MINUTE_S),
                self._heard,
            )

    def _again(self, look: Callable[[], None], every_s: float) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            try:
                look()
            except Exception:  # a look that breaks is told in the log, and the next one is made
                log.exception("look_failed", look=look.__name__)
            self._over.wait(max(0.05, every_s - (time.monotonic() - began)))
        if look == self._broker_once:
            self._hang_up()

    def _processes_once(self) -> None:
        self._look_for_agencies()
        with httpx.Client(timeout=self._settings.look_wait_s, trust_env=False) as client:
            for url in self._settings.urls():
                began = time.time()
                try:
                    told = fetch(client, url)
                except FusionError as fault:
                    with self._lock:
                        self._sources[url] = self._sources[url].failed(str(fault), began)
                    continue
                with self._lock:
                    self._sources[url] = self._sources[url].answered(began, time.time() - began)
                    self._processes[url] = told
                    self._window.take(url, told, began)

    def _look_for_agencies(self) -> None:
        if time.monotonic() - self._heard_at < HEARD_EVERY_S:
            return
        self._heard_at = time.monotonic()
        with suppress(FusionError):  # the database's own pages tell that it is out of reach
            self._heard = self._heard_of()

    def _broker_once(self) -> None:
        began = time.time()
        try:
            with explained(self._broker_settings):
                if self._offsets is None:
                    self._offsets = Offsets(self._broker_settings, CLIENT_ID)
                rows, unread = measure(self._offsets)
        except FusionError as fault:
            self._hang_up()
            with self._lock:
                self._broker = self._broker.failed(str(fault), began)
            return
        with self._lock:
            self._broker = self._broker.answered(began, time.time() - began)
            self._behind = Behind(tuple(rows), unread)
            self._trend.append((began, lag_s(rows)))
            while self._trend[0][0] < began - LENGTH_S:
                self._trend.popleft()

    def _hang_up(self) -> None:
        """Closes the connection, so that the next look makes a new one."""
        held, self._offsets = self._offsets, None
        if held is not None:
            with suppress(Exception):  # a connection that cannot even be closed is left to its sockets' end
                held.close()
