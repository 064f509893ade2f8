"""Hears what this agency has answered, by whatever way: its control topic has it all."""

import structlog
from kafka import errors as kafka_errors

from fusionbus.consumers.reading import TopicReader
from fusionbus.consumers.services.outbox import Outbox
from fusionbus.consumers.stopping import Stop
from fusionbus.contract import codec
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.errors import FusionError
from fusionbus.contract.topics import control_topic
from fusionbus.shell.kafka import explained
from fusionbus.shell.settings import BrokerSettings

log = structlog.get_logger()

AGAIN_S = 5.0  # between tries while the broker is out of reach


def hear(agency: str, broker: BrokerSettings, outbox: Outbox, stop: Stop) -> None:
    """Notes answers until a stop is asked for; while it cannot hear, it says so, and escalations go their way.

    It reads from the topic's beginning: a week of one agency's answers takes seconds, and each changes what it changes
    once.
    """
    while not stop.requested:
        try:
            with explained(broker), TopicReader(broker, control_topic(agency), f"{agency}.answers") as reader:
                for record in reader.coming(stop):
                    _note(record.value or b"", outbox)
        except (FusionError, kafka_errors.KafkaError) as exc:
            log.warning("answers_not_heard", agency=agency, error=type(exc).__name__, said=str(exc))
            stop.wait(AGAIN_S)


def _note(body: bytes, outbox: Outbox) -> None:
    message = codec.decode_control(body)
    if isinstance(message, Acknowledgement):
        outbox.answered(message)
