"""One alert's way from the broker's bytes to every handler: decode, hand over, retry, set aside."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from fusionbus.consumers.dead_letters import DeadLetters, RawAlert, given_up
from fusionbus.consumers.handlers import Handler, Taken
from fusionbus.consumers.settings import ConsumerSettings
from fusionbus.consumers.stopping import Stop
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.errors import FixTheReport, Misconfigured, NotAllowed, RetryLater
from fusionbus.contract.records import RejectReason
from fusionbus.shell import metrics

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Delivered:
    """Every handler has the alert."""

    alert: Alert
    new: bool
    """Whether it was new to at least one handler."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """It is a dead letter, at least for one handler."""

    reason: RejectReason


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A stop was asked for while it was being retried: it stays on the broker."""


@dataclass(slots=True)
class Tally:
    """What a receiver did since it started."""

    received: int = 0
    new: int = 0
    repeated: int = 0
    set_aside: int = 0
    retries: int = 0
    acknowledged: int = 0
    commits: int = 0
    in_a_row: int = field(default=0, repr=False)
    """Alerts that handlers gave up one after the other."""


class Delivery:
    """Hands alerts of one agency to handlers."""

    def __init__(
        self,
        agency: str,
        handlers: Sequence[Handler],
        *,
        dead_letters: DeadLetters,
        settings: ConsumerSettings,
        stop: Stop,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._agency = agency
        self._handlers = handlers
        self._dead_letters = dead_letters
        self._settings = settings
        self._stop = stop
        self._jitter = jitter
        self.tally = Tally()

    def deliver(self, raw: RawAlert) -> Delivered | SetAside | Interrupted:
        """What became of one alert. Raises: Misconfigured, NotAllowed where going on would lose it."""
        alert = self._read(raw)
        if isinstance(alert, Undecodable):
            self._set_aside(raw, alert)
            return SetAside(alert.reason)
        arrived_at = time.time()
        outcomes = []
        for handler in self._handlers:
            outcome = self._hand(handler, alert, raw)
            if isinstance(outcome, Interrupted):
                return outcome
            outcomes.append(outcome)
        if alert.erase is not None:
            self._dead_letters.erase(alert.erase, alert.alert_id)
        return self._count(alert, outcomes, arrived_at)

    def _read(self, raw: RawAlert) -> Alert | Undecodable:
        self.tally.received += 1
        metrics.ALERTS_RECEIVED.labels(self._agency).inc()
        alert = codec.decode(Alert, raw.body)
        if isinstance(alert, Undecodable):
            return alert
        if alert.recipient != self._agency:
            return Undecodable(
                RejectReason.WRONG_AGENCY, f"The alert is for {alert.recipient}, not for {self._agency}.", "recipient"
            )
        return alert

    def _hand(self, handler: Handler, alert: Alert, raw: RawAlert) -> Taken | SetAside | Interrupted:
        """Tries one handler until it has the alert, or as often as is sensible."""
        for tries in range(1, self._settings.handler_tries_max + 1):
            try:
                return handler.take(alert)
            except (Misconfigured, NotAllowed):
                raise
            except Exception as exc:  # noqa: BLE001 - the one broad catch: a handler is anybody's code
                if isinstance(exc, FixTheReport) or tries == self._settings.handler_tries_max:
                    self._give_up(handler, alert, raw, exc)
                    return SetAside(RejectReason.UNPROCESSABLE)
                self._log_failure(handler, alert, tries, exc)
            if self._stop.wait(self._pause_s(tries)):
                return Interrupted()
            self.tally.retries += 1
        raise AssertionError("a handler is tried at least once")

    def _pause_s(self, tries: int) -> float:
        """Doubles from try to try up to the limit; the jitter keeps receivers from knocking all at once."""
        settings = self._settings
        pause: float = settings.handler_retry_delay_s * 2.0 ** (tries - 1)
        return min(pause, settings.handler_retry_delay_s_max) * (0.5 + self._jitter() / 2)

    def _log_failure(self, handler: Handler, alert: Alert, tries: int, exc: Exception) -> None:
        said = str(exc) if isinstance(exc, RetryLater) else None
        log.warning(
            "handler_failed",
            handler=handler.name,
            alert=alert.alert_id,
            tries=tries,
            error=type(exc).__name__,
            said=said,
        )

    def _give_up(self, handler: Handler, alert: Alert, raw: RawAlert, exc: Exception) -> None:
        metrics.HANDLER_FAILED.labels(self._agency, handler.name).inc()
        self.tally.in_a_row += 1
        if self.tally.in_a_row > self._settings.handler_failures_in_a_row_max:
            raise Misconfigured(
                f"Handler {handler.name} failed at {self.tally.in_a_row} alerts in a row ({type(exc).__name__}): "
                "mend it and start again; this alert and what follows stay on the broker."
            ) from exc
        log.error("handler_gave_up", handler=handler.name, alert=alert.alert_id, error=type(exc).__name__)
        self._set_aside(raw, given_up(handler.name, exc), handler.name)

    def _set_aside(self, raw: RawAlert, why: Undecodable, by: str = "") -> None:
        self._dead_letters.write(raw, why, by)
        self.tally.set_aside += 1
        metrics.DEAD_LETTERS.labels(why.reason.value).inc()
        log.error(
            "alert_set_aside",
            reason=why.reason.value,
            said=why.sentence,
            topic=raw.topic,
            partition=raw.partition,
            offset=raw.offset,
            file=str(self._dead_letters.path),
        )

    def _count(self, alert: Alert, outcomes: list[Taken | SetAside], arrived_at: float) -> Delivered | SetAside:
        new = Taken.NEW in outcomes
        if new:
            self.tally.new += 1
            latency_s = max(0.0, arrived_at - alert.published_at.timestamp())
            metrics.ALERT_LATENCY.labels(self._agency).observe(latency_s)
        elif outcomes and all(outcome is Taken.REPEAT for outcome in outcomes):
            self.tally.repeated += 1
            metrics.ALERTS_REPEATED.labels(self._agency).inc()
        for outcome in outcomes:
            if isinstance(outcome, SetAside):
                return outcome
        self.tally.in_a_row = 0
        return Delivered(alert, new)
