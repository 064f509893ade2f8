"""A broker reached by kafka-python's admin client, for as long as a block lasts."""

from types import TracebackType
from typing import Any, Self

from kafka.admin import KafkaAdminClient

from fusionbus.shell.kafka import client_options, explained
from fusionbus.shell.settings import BrokerSettings


class KafkaAdmin:
    """What provisioning does on a broker stands on this. Raises: FusionError, one sentence."""

    def __init__(self, settings: BrokerSettings, client_id: str) -> None:
        self._settings = settings
        self._options = client_options(settings, client_id)
        with explained(settings):
            self._admin: Any = KafkaAdminClient(**self._options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._admin.close()
