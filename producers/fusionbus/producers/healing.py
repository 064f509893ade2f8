"""A producer that is opened anew when kafka-python stands still: a report's fate is told in time, whatever it does."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

import structlog
from kafka import errors as kafka_errors

from fusionbus.contract.errors import FusionError

if TYPE_CHECKING:
    from fusionbus.producers.wire import Sending, Wire

_LOG: Final = structlog.get_logger()
LOOK_EVERY_S: Final = 0.5
FORCED_CLOSE_S: Final = 5.0
"""How long kafka-python's thread may take to let go of its sockets; it did within 0.2 s."""


class HealingWire:
    """Keeps a producer of `make` and looks at its oldest record under way; past `limit_s` it takes another producer.

    Works around: kafka-python 3.0.12 waits for ever for the answer to its question for a producer id when the broker
    went away meanwhile (sender.py `run_once`: nothing is sent and nothing expires while one is under way). After a
    broker's restart a producer stood still so for four minutes, with 425 of 3,750 reports sent and no error told
    (measured, `make chaos ROWS="broker-bounce broker-kill"`). What was under way fails then, and is sent again by
    whoever sent it. May go when such a question ends with its connection.
    """

    def __init__(self, make: "Callable[[], Wire]", limit_s: float) -> None:
        self._make, self._limit_s = make, limit_s
        self._wire: Wire | None = make()
        self._lock = threading.Lock()
        self._under_way: dict[Sending, float] = {}
        self._end = threading.Event()
        threading.Thread(target=self._watch, name="wire-watch", daemon=True).start()

    def send(self, topic: str, value: bytes, key: bytes) -> "Sending":
        """Takes a record to be sent. Raises: KafkaError."""
        wire = self._open()
        sending = wire.send(topic, value=value, key=key)
        with self._lock:
            self._under_way[sending] = time.monotonic()
        sending.add_callback(lambda _record: self._done(sending))
        sending.add_errback(lambda _error: self._done(sending))
        if wire is not self._wire:  # let go of meanwhile: its thread may have ended before it was given this
            _give_up(sending)
        return sending

    def partitions_for(self, topic: str) -> set[int]:
        """The partitions of a topic; fails where there is none."""
        return self._open().partitions_for(topic)

    def flush(self, timeout: float | None = None) -> None:
        """Waits for what was taken."""
        self._open().flush(timeout)

    def close(self, timeout: float | None = None) -> None:
        """Sends the rest and disconnects; what could not be sent in time fails."""
        self._end.set()
        if self._wire is not None:
            _close(self._wire, timeout)

    def _open(self) -> "Wire":
        wire = self._wire
        if wire is None:
            raise kafka_errors.KafkaConnectionError("it is being opened anew")
        return wire

    def _done(self, sending: "Sending") -> None:
        with self._lock:
            self._under_way.pop(sending, None)

    def _watch(self) -> None:
        while not self._end.wait(LOOK_EVERY_S):
            with self._lock:
                oldest = next(iter(self._under_way.values()), None)
            if self._wire is None or (oldest is not None and time.monotonic() - oldest > self._limit_s):
                self._renew()

    def _renew(self) -> None:
        """Lets go of the producer, so that what it holds fails, and takes another as soon as one can be had."""
        held, self._wire = self._wire, None
        if held is not None:
            _LOG.warning("producer_stood_still", limit_s=self._limit_s, under_way=len(self._under_way))
            force_close(held)
            with self._lock:
                left = list(self._under_way)
            for sending in left:
                _give_up(sending)
        try:
            self._wire = self._make()
        except FusionError as exc:
            _LOG.debug("no_producer_yet", why=str(exc))
        if self._wire is not None and self._end.is_set():
            _close(self._wire, 0)


def _give_up(sending: "Sending") -> None:
    with suppress(Exception):  # its fate became known in this moment
        cast("Any", sending).failure(kafka_errors.KafkaConnectionError("the producer stood still"))


def force_close(wire: "Wire") -> None:
    """Ends a producer's thread at once; whatever it holds fails."""
    sender = getattr(wire, "_sender", None)
    if sender is not None:
        sender.force_close()
        sender.join(FORCED_CLOSE_S)


def _close(wire: "Wire", timeout: float | None) -> None:
    try:
        wire.close(timeout=timeout)
    except kafka_errors.KafkaError:
        # kafka-python 3.0.12 leaves its sender thread running when it cannot flush on close; end it, so that nothing
        # is sent behind the back of whoever was told it is unsent. Goes when close() does so itself.
        force_close(wire)
