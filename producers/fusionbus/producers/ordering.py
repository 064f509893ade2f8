"""Gives the hub an order about a report, and waits for what it says to it."""

import time
from collections.abc import Iterator
from typing import Any, Final, Self

from kafka import KafkaConsumer, TopicPartition
from kafka import errors as kafka_errors

from fusionbus.contract import codec, ids
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.errors import RetryLater
from fusionbus.contract.keeping import AnyOrder
from fusionbus.contract.records import Receipt, ReceiptOutcome
from fusionbus.contract.topics import receipts_topic, reports_topic
from fusionbus.producers.seal import load_seal
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.wire import check_connection, open_wire, said
from fusionbus.shell.kafka import client_options, explain, explained

POLL_MS: Final = 200
FETCH_WAIT_MS: Final = 50
"""A person waits for the answer."""
CLOSE_S_MAX: Final = 1.0


def ordered(order: AnyOrder, settings: ProducerSettings) -> Receipt:
    """The hub's receipt for this order, whether it took it or not.

    Raises: RetryLater where the hub says nothing in time; NotAllowed, Misconfigured where it cannot be asked.
    """
    with explained(settings), _Receipts(order, settings) as receipts:
        lies = _send(order, settings)
        letter = ids.dead_letter_id(lies.topic, lies.partition, lies.offset)
        wanted = {
            order.receipt_id(ReceiptOutcome.PURGED),
            order.receipt_id(ReceiptOutcome.CONTROL_DONE),
            ids.receipt_id(letter, ReceiptOutcome.REJECTED),
        }
        for receipt in receipts.coming(settings.receipt_wait_s):
            if receipt.receipt_id in wanted or _refuses(receipt, order):
                return receipt
    raise RetryLater(
        f"The order is with the broker, but the hub sent no receipt in {settings.receipt_wait_s:g} s: "
        "it takes effect when the hub runs again; `fusionbus receipts` shows it then."
    )


def _refuses(receipt: Receipt, order: AnyOrder) -> bool:
    """Whether it refuses an order about this report: the refusal of a revision names the revision."""
    about_it = receipt.report_id == order.report_id and receipt.revision is None
    return receipt.outcome is ReceiptOutcome.REJECTED and about_it


def _send(order: AnyOrder, settings: ProducerSettings) -> Any:
    seal, body = load_seal(settings.signing_key_file), codec.encode(order)
    wire: Any = open_wire(settings, f"order-{order.agency}")
    try:
        check_connection(wire, order.agency, settings)
        signed = body if seal is None else seal(body)
        sent = wire.send(reports_topic(order.agency), value=signed, key=order.report_id.encode())
        return sent.get(timeout=settings.close_timeout_s)
    except kafka_errors.KafkaError as exc:
        raise said(exc, settings) from exc
    finally:
        wire.close(timeout=CLOSE_S_MAX)


class _Receipts:
    """The agency's receipts from now on."""

    def __init__(self, order: AnyOrder, settings: ProducerSettings) -> None:
        self._consumer = KafkaConsumer(
            **client_options(settings, f"{order.agency}.order"),
            group_id=None,
            enable_auto_commit=False,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            allow_auto_create_topics=False,
        )
        topic = receipts_topic(order.agency)
        if topic not in self._consumer.topics():
            self.__exit__()
            raise explain(kafka_errors.UnknownTopicOrPartitionError(), settings)
        parts = [TopicPartition(topic, number) for number in self._consumer.partitions_for_topic(topic)]
        self._consumer.assign(parts)
        for part, end in self._consumer.end_offsets(parts).items():
            self._consumer.seek(part, end)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close(autocommit=False, timeout_ms=int(CLOSE_S_MAX * 1000))

    def coming(self, seconds_max: float) -> Iterator[Receipt]:
        """Receipts as they come, for so long."""
        until = time.monotonic() + seconds_max
        while time.monotonic() < until:
            for records in self._consumer.poll(timeout_ms=POLL_MS).values():
                for record in records:
                    receipt = codec.decode(Receipt, record.value or b"")
                    if not isinstance(receipt, Undecodable):
                        yield receipt
