"""The way from the web server to the hub: one writer for each agency that somebody acts for."""

from threading import Lock

from kafka import errors as kafka_errors

from fusionbus.consumers.acknowledger import SEND_S_MAX, ControlWriter
from fusionbus.consumers.web.actions import Sent
from fusionbus.contract.codec import AnyControl
from fusionbus.shell.kafka import explained
from fusionbus.shell.settings import BrokerSettings


class ControlSender:
    """Sends control messages and waits until the broker has them; connects when first used."""

    def __init__(self, broker: BrokerSettings) -> None:
        self._broker = broker
        self._writers: dict[str, ControlWriter] = {}
        self._one_at_a_time = Lock()

    def send(self, message: AnyControl) -> Sent:
        """Where the broker has it now. Raises: RetryLater, NotAllowed, Misconfigured."""
        with self._one_at_a_time, explained(self._broker):
            try:
                lies = self._writer(message.agency).send(message).get(timeout=SEND_S_MAX)
            except kafka_errors.KafkaError:
                self._forget(message.agency)  # what is wrong may lie in the connection: the next one is new
                raise
        return Sent(lies.topic, lies.partition, lies.offset)

    def close(self) -> None:
        """Closes every connection."""
        for agency in list(self._writers):
            self._forget(agency)

    def _writer(self, agency: str) -> ControlWriter:
        if agency not in self._writers:
            self._writers[agency] = ControlWriter(agency, self._broker)
        return self._writers[agency]

    def _forget(self, agency: str) -> None:
        writer = self._writers.pop(agency, None)
        if writer is not None:
            writer.close()
