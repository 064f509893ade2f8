"""The Kafka edge of this room: kafka-python's producer, opened with a clear word when it cannot be."""

import socket
from collections.abc import Callable
from typing import Any, Final, Protocol, cast

from kafka import KafkaProducer
from kafka import errors as kafka_errors
from kafka.net.compat import KafkaNetClient

from fusionbus.contract.errors import FusionError
from fusionbus.contract.topics import ONE_MESSAGE_BYTES_MAX, reports_topic
from fusionbus.producers.healing import HealingWire
from fusionbus.producers.settings import ProducerSettings
from fusionbus.shell.kafka import client_options, explain

LINGER_MS: Final = 2
"""Lets reports of one moment share a request; far below the 20 ms from publishing to the alert."""
RETRY_BACKOFF_MS: Final = 100
HEAL_S: Final = 2.0
"""Beyond the time in which kafka-python promises an outcome: then it gives none any more."""
REQUEST_TIMEOUT_S: Final = 30.0
"""kafka-python's own; half the delivery time where that is shorter, so that each record is tried at least twice."""


class Sending(Protocol):
    """kafka-python's future of one record."""

    def add_callback(self, f: Callable[[Any], None]) -> object:
        """Calls with the record's metadata once the broker acknowledged it."""
        ...

    def add_errback(self, f: Callable[[BaseException], None]) -> object:
        """Calls with the error once it is given up."""
        ...


class Wire(Protocol):
    """What the publisher needs of kafka-python's producer."""

    def send(self, topic: str, value: bytes, key: bytes) -> Sending:
        """Takes a record to be sent."""
        ...

    def partitions_for(self, topic: str) -> set[int]:
        """The partitions of a topic; fails where there is none."""
        ...

    def flush(self, timeout: float | None = None) -> None:
        """Waits for what was taken."""
        ...

    def close(self, timeout: float | None = None) -> None:
        """Sends the rest and disconnects."""
        ...


def open_wire(settings: ProducerSettings, client_id: str) -> Wire:
    """A connected, idempotent producer; several publishers may share it. It heals when kafka-python stands still.

    Raises: RetryLater within the connect timeout when no broker answers, Misconfigured for a wrong password.
    """
    return HealingWire(lambda: _connected(settings, client_id), settings.delivery_timeout_s + HEAL_S)


def _connected(settings: ProducerSettings, client_id: str) -> Wire:
    clients: list[KafkaNetClient] = []

    def client(**options: Any) -> KafkaNetClient:
        clients.append(KafkaNetClient(**options))
        return clients[-1]

    try:
        return cast("Wire", KafkaProducer(**_producer_options(settings, client_id), kafka_client=client))
    except kafka_errors.KafkaError as exc:
        # kafka-python 3.0.12 leaves its sockets open when it cannot connect, and a following sender tries for days.
        for one in clients:
            one.close()
        raise explain(exc, settings) from exc


def _producer_options(settings: ProducerSettings, client_id: str) -> dict[str, Any]:
    return client_options(settings, client_id) | {
        "acks": "all",
        "enable_idempotence": True,
        "linger_ms": LINGER_MS,
        "retry_backoff_ms": RETRY_BACKOFF_MS,
        "max_block_ms": int(settings.connect_timeout_s * 1000),
        "delivery_timeout_ms": int(settings.delivery_timeout_s * 1000),
        "request_timeout_ms": int(min(REQUEST_TIMEOUT_S, settings.delivery_timeout_s / 2) * 1000),
        "max_request_size": ONE_MESSAGE_BYTES_MAX,
    }


def check_connection(wire: Wire, agency: str, settings: ProducerSettings) -> None:
    """Returns when the agency's topic can be written to as far as the broker tells.

    Raises: NotAllowed, Misconfigured for a topic that is not there, RetryLater for a broker that is gone.
    """
    try:
        wire.partitions_for(reports_topic(agency))
    except kafka_errors.KafkaError as exc:
        raise said(exc, settings) from exc


def said(exc: kafka_errors.KafkaError, settings: ProducerSettings) -> FusionError:
    """What to do about an error of a connected producer.

    kafka-python waits for a topic that does not exist until its time is up, and then tells a timeout. A wire is only
    opened to a broker that let us in, so if one still answers, it is the topic that is missing.
    """
    if isinstance(exc, kafka_errors.KafkaTimeoutError) and "metadata" in str(exc) and _answers(settings):
        return explain(kafka_errors.UnknownTopicOrPartitionError(), settings)
    return explain(exc, settings)


def _answers(settings: ProducerSettings) -> bool:
    for one in settings.bootstrap.split(","):
        host, _, port = one.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=2).close()
        except OSError:
            continue
        return True
    return False
