"""Quotas on a real broker. kafka-python 3.0.12 has the two requests (KIP-546) and no method for them yet."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from kafka import errors as kafka_errors
from kafka.protocol.admin import AlterClientQuotasRequest, DescribeClientQuotasRequest

from fusionbus.deploy.kafka_admin import KafkaAdmin
from fusionbus.deploy.quotas import QuotaChange
from fusionbus.shell.kafka import explained
from fusionbus.shell.settings import BrokerSettings

CLIENT_ID: Final = "fusion-quotas"
USER: Final = "user"
WRITING: Final = "producer_byte_rate"
ANY_NAME: Final = 2
"""Kafka's number for "of any name" in a filter."""


class KafkaQuotas(KafkaAdmin):
    """The writing quotas of a broker's users; to set them its user needs ALTER_CONFIGS on the cluster.

    Raises: FusionError, one sentence.
    """

    def __init__(self, settings: BrokerSettings) -> None:
        super().__init__(settings, CLIENT_ID)

    def present(self) -> Mapping[str, float]:
        """Bytes a second by principal."""
        ask = DescribeClientQuotasRequest(components=[(USER, ANY_NAME, None)], strict=True)
        answer = self._ask(ask)
        with explained(self._settings):
            _check(answer.error_code)
        return {
            entry.entity[0].entity_name: value.value
            for entry in answer.entries or ()
            for value in entry.values
            if value.key == WRITING and entry.entity[0].entity_name is not None
        }

    def carry_out(self, changes: Sequence[QuotaChange]) -> None:
        """Sets them; they hold at once, also for who is connected."""
        if not changes:
            return
        entries = [
            ([(USER, change.principal)], [(WRITING, float(change.new or 0), change.new is None)]) for change in changes
        ]
        answer = self._ask(AlterClientQuotasRequest(entries=entries, validate_only=False))
        with explained(self._settings):
            for entry in answer.entries:
                _check(entry.error_code)

    def _ask(self, request: Any) -> Any:
        manager = self._admin._manager  # noqa: SLF001 - the way its own methods send; goes when it has one for quotas
        with explained(self._settings):
            return manager.run(manager.send, request)


def _check(code: int) -> None:
    error = kafka_errors.for_code(code)
    if error is not kafka_errors.NoError:
        raise error
