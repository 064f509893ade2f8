"""What this agency says back to the hub, on its control topic."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from kafka import KafkaProducer
from kafka import errors as kafka_errors

from fusionbus.consumers.settings import ConsumerSettings
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import AnyControl
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.errors import RetryLater
from fusionbus.contract.topics import control_topic
from fusionbus.contract.vocabulary import AckAction
from fusionbus.shell.kafka import client_options, explain
from fusionbus.shell.settings import BrokerSettings

log = structlog.get_logger()

RECONNECT_S_MAX = 2.0  # kafka-python's 30 s would keep agencies waiting so long after the broker is back
SEND_S_MAX = 5.0  # a send waits for the topic's metadata; the receiver checked before that the topic is there


class ControlWriter:
    """Writes control messages of one agency. Raises: kafka-python's errors."""

    def __init__(self, agency: str, broker: BrokerSettings) -> None:
        self._agency = agency
        self._producer = KafkaProducer(
            **client_options(broker, f"{agency}.control"),
            max_block_ms=int(SEND_S_MAX * 1000),
            allow_auto_create_topics=False,
            reconnect_backoff_max_ms=int(RECONNECT_S_MAX * 1000),
        )

    def send(self, message: AnyControl) -> Any:
        """The future of the record on its way."""
        return self._producer.send(control_topic(self._agency), value=codec.encode(message), key=self._agency.encode())

    def close(self) -> None:
        """Closes the connection; what was not waited for may be lost."""
        self._producer.close(timeout=1)


class Acknowledger:
    """Says `received` for alerts, and knows which of them the broker has taken.

    Source of the order in the receiver: handler, acknowledgement, commit. A crash between any two repeats the alert,
    and a repeated acknowledgement changes nothing at the hub.
    """

    def __init__(
        self, agency: str, by: str, broker: BrokerSettings, settings: ConsumerSettings, writer: ControlWriter
    ) -> None:
        self._agency, self._by = agency, by
        self._broker, self._settings = broker, settings
        self._writer = writer
        self._waiting: list[tuple[Acknowledgement, Any]] = []
        self._failing_since: float | None = None

    def received(self, alert: Alert) -> None:
        """Sends the acknowledgement of one alert, without waiting."""
        acknowledgement = Acknowledgement(
            agency=self._agency,
            by=self._by,
            at=datetime.now(UTC),
            alert_id=alert.alert_id,
            incident_id=alert.incident_id,
            incident_revision=alert.incident_revision,
            zone=alert.zone,
            action=AckAction.RECEIVED,
        )
        self._waiting.append((acknowledgement, self._send(acknowledgement)))

    def settle(self, done: Callable[[Acknowledgement], None]) -> bool:
        """Whether the broker has taken all of them; those it refused are sent again at the next call.

        Raises: NotAllowed, Misconfigured, or RetryLater when it has refused for too long.
        """
        until = time.monotonic() + self._settings.acknowledge_wait_s
        left: list[tuple[Acknowledgement, Any]] = []
        for acknowledgement, future in self._waiting:
            sent = future or self._send(acknowledgement)
            if self._taken(sent, until):
                done(acknowledgement)
            else:
                left.append((acknowledgement, sent if sent is not None and not sent.is_done else None))
        self._waiting = left
        if not left:
            self._failing_since = None
            return True
        self._give_up_after_all(len(left))
        return False

    def close(self) -> None:
        """Closes the connection."""
        self._writer.close()

    def _send(self, acknowledgement: Acknowledgement) -> Any:
        """The future of the record on its way, or None where the broker is out of reach."""
        try:
            return self._writer.send(acknowledgement)
        except kafka_errors.KafkaTimeoutError:
            return None

    def _taken(self, future: Any, until: float) -> bool:
        if future is None:
            return False
        try:
            future.get(timeout=max(0.001, until - time.monotonic()))
        except kafka_errors.KafkaError as exc:
            if isinstance(exc, kafka_errors.RetriableError):
                return False
            raise explain(exc, self._broker) from exc
        return True

    def _give_up_after_all(self, count: int) -> None:
        now = time.monotonic()
        self._failing_since = self._failing_since or now
        log.warning("acknowledgements_waiting", count=count, failing_s=round(now - self._failing_since))
        if now - self._failing_since > self._settings.acknowledge_s_max:
            raise RetryLater(
                f"The broker at {self._broker.bootstrap} takes no acknowledgements: the receiver stops, "
                "and the alerts come again when it is started."
            )
