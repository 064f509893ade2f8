"""Sends one agency's reports to the broker and says of each what became of it."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, Self

import structlog
from kafka import errors as kafka_errors

from fusionbus.contract.codec import Undecodable, decode_report, encode
from fusionbus.contract.errors import FusionError, Misconfigured, NotAllowed
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.topics import reports_topic
from fusionbus.producers.outcomes import Cause, Delivered, Failed, OnOutcome, Outcome
from fusionbus.producers.seal import Seal, load_seal
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.wire import Wire, check_connection, open_wire, said
from fusionbus.shell.metrics import PUBLISH_FAILED, PUBLISHED

_LOG: Final = structlog.get_logger()
_TOO_LARGE: Final = (kafka_errors.MessageSizeTooLargeError, kafka_errors.RecordListTooLargeError)


class Publisher:
    """Publishes the reports of one agency. Connects when it is made; threads may share it.

    Args:
        agency: whose reports these are; others are refused.
        settings: where the broker is, and the limits.
        wire: an open producer to share; without one it opens its own, and closes it.

    Raises: RetryLater, Misconfigured or NotAllowed, in one sentence, when the agency cannot send from here.
    """

    def __init__(self, agency: str, settings: ProducerSettings, *, wire: Wire | None = None) -> None:
        self._agency = agency
        self._settings = settings
        self._seal = load_seal(settings.signing_key_file)
        self._owned = open_wire(settings, f"producer-{agency}") if wire is None else None
        self._wire: Wire = wire or self._owned  # type: ignore[assignment] # one of them is there
        self._room = threading.BoundedSemaphore(settings.in_flight_max)
        self._pending: dict[Future[Outcome], str] = {}
        self._lock = threading.Lock()
        self._closed = False
        try:
            check_connection(self._wire, agency, settings)
        except FusionError:
            self.close()
            raise

    @property
    def agency(self) -> str:
        """The agency whose reports it sends."""
        return self._agency

    def publish(self, report: ThreatReport, on_outcome: OnOutcome | None = None) -> Future[Outcome]:
        """The outcome, once it is known; also told to `on_outcome`, from another thread, which it must not block.

        Never raises for a report: a wrong one is `Failed` at once. Blocks while `in_flight_max` are under way.
        """
        if self._closed:
            raise RuntimeError("this publisher is closed")
        future: Future[Outcome] = Future()
        if on_outcome is not None:
            future.add_done_callback(lambda done: on_outcome(done.result()))
        body = checked(report, self._agency, self._seal)
        if isinstance(body, Failed):
            return self._settle(future, body)
        if not self._room.acquire(timeout=self._settings.delivery_timeout_s):
            return self._settle(future, Failed(report.report_id, _no_room(self._settings), "retry"))
        with self._lock:
            self._pending[future] = report.report_id
        self._hand_over(future, report.report_id, body)
        return future

    def close(self) -> tuple[str, ...]:
        """Waits `close_timeout_s` at most; the ids of reports that are not known to have arrived, in order sent."""
        self._closed = True
        wire, limit_s = self._wire, self._settings.close_timeout_s
        try:
            wire.flush(limit_s)
        except kafka_errors.KafkaError:
            _LOG.warning("flush_timed_out", agency=self._agency, limit_s=limit_s)
        with self._lock:
            unsent = list(self._pending.items())
        sentence = f"It was still under way when the publisher closed after {limit_s:g} s: send it again."
        for future, report_id in unsent:
            self._finish(future, Failed(report_id, sentence, "retry"))
        if self._owned is not None:
            self._owned.close(timeout=1)
        return tuple(report_id for future, report_id in unsent if isinstance(future.result(), Failed))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _hand_over(self, future: Future[Outcome], report_id: str, body: bytes) -> None:
        try:
            sending = self._wire.send(reports_topic(self._agency), value=body, key=report_id.encode())
        except kafka_errors.KafkaError as exc:
            self._finish(future, self._failed(report_id, exc))
            return
        sending.add_callback(self._on_sent(future, report_id))
        sending.add_errback(lambda exc: self._finish(future, self._failed(report_id, exc)))

    def _on_sent(self, future: Future[Outcome], report_id: str) -> Callable[[Any], None]:
        def sent(record: Any) -> None:
            self._finish(future, Delivered(report_id, record.topic, record.partition, record.offset))

        return sent

    def _finish(self, future: Future[Outcome], outcome: Outcome) -> None:
        with self._lock:
            known = self._pending.pop(future, None)
        if known is None:
            return  # told already, when the publisher was closed
        self._room.release()
        self._settle(future, outcome)

    def _settle(self, future: Future[Outcome], outcome: Outcome) -> Future[Outcome]:
        if isinstance(outcome, Delivered):
            PUBLISHED.labels(self._agency).inc()
        else:
            PUBLISH_FAILED.labels(self._agency, outcome.cause).inc()
            _LOG.debug("publish_failed", agency=self._agency, report_id=outcome.report_id, cause=outcome.cause)
        future.set_result(outcome)
        return future

    def _failed(self, report_id: str, exc: BaseException) -> Failed:
        if isinstance(exc, _TOO_LARGE):
            return Failed(report_id, "The broker takes no message of this size: shorten the report.", "report")
        if not isinstance(exc, kafka_errors.KafkaError):
            return Failed(report_id, f"Sending ended with {type(exc).__name__}: send it again.", "retry")
        fault = said(exc, self._settings)
        return Failed(report_id, str(fault), _cause(fault))


def checked(report: ThreatReport, agency: str, seal: Seal | None = None) -> bytes | Failed:
    """The bytes of a report that follows the contract and is this agency's own, signed where we can, or why not.

    A signature that the report brings along is replaced: it fits only the bytes that its maker wrote.
    """
    if report.agency != agency:
        sentence = f"The report is by {report.agency} and this publisher sends for {agency}: use that agency's own."
        return Failed(report.report_id, sentence, "report")
    body = encode(report) if seal is None else seal(encode(report.model_copy(update={"signature": None})))
    # A model made by `model_copy` or `model_construct` was never validated.
    again = decode_report(body)
    return Failed(report.report_id, again.sentence, "report") if isinstance(again, Undecodable) else body


def _cause(fault: FusionError) -> Cause:
    if isinstance(fault, NotAllowed):
        return "not_allowed"
    return "misconfigured" if isinstance(fault, Misconfigured) else "retry"


def _no_room(settings: ProducerSettings) -> str:
    return (
        f"{settings.in_flight_max} reports are under way and none was acknowledged for "
        f"{settings.delivery_timeout_s:g} s: the broker is out of reach; send it again later."
    )
