"""Faust's producer with the engine's sender in it: outputs, changelogs and whatever else Faust sends."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, Any, cast

from aiokafka.errors import KafkaError
from confluent_kafka import Message
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, FutureMessage
from faust.types.core import HeadersArg
from faust.types.tuples import RecordMetadata

from fusionbus.contract.errors import Misconfigured
from fusionbus.streams.engine.decision import Headers
from fusionbus.streams.engine.die import die
from fusionbus.streams.engine.sender import Sender, librdkafka_settings

if TYPE_CHECKING:
    from fusionbus.streams.engine.app import EngineApp


def _headers(headers: HeadersArg | None) -> Headers | None:
    if not headers:
        return None
    return list(headers.items()) if isinstance(headers, Mapping) else list(headers)


def _metadata(message: Message) -> RecordMetadata:
    topic, partition = cast("str", message.topic()), cast("int", message.partition())
    kind, timestamp_ms = message.timestamp()
    offset = cast("int", message.offset())
    return RecordMetadata(topic, partition, TP(topic, partition), offset, timestamp_ms, kind)


def may_create(app_id: str, topic: str) -> bool:
    """Whether the topic is the app's own (its changelogs); all others are made by deploy, with their own settings."""
    return topic.startswith(f"{app_id}-")


class EngineProducer(driver.Producer):
    """Sends through librdkafka; aiokafka's producer stays for metadata and for creating the app's own changelogs.

    May go when Faust's confluent driver works: it has no changelogs and no rebalance hooks.
    """

    sender: Sender

    async def on_start(self) -> None:
        """Connects both."""
        engine = cast("EngineApp", self.app).engine
        settings = engine.settings
        self.sender = Sender(
            librdkafka_settings(
                ",".join(self._settings_default()["bootstrap_servers"]),
                engine.security.librdkafka(),
                linger_ms=settings.linger_ms,
                send_timeout_s=settings.send_timeout_s,
                message_bytes_max=settings.message_bytes_max,
            )
        )
        try:
            await super().on_start()
        except KafkaError as error:
            die(f"no way into the cluster ({type(error).__name__})", "check its address, the user and the password")

    async def send(  # noqa: PLR0917 - Faust's signature
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        timestamp: float | None,
        headers: HeadersArg | None,
        *,
        transactional_id: str | None = None,
    ) -> Awaitable[RecordMetadata]:
        """A future of what the broker acknowledged."""
        if transactional_id:
            raise Misconfigured("The engine sends no transactions: set processing_guarantee to at_least_once.")
        written: asyncio.Future[RecordMetadata] = asyncio.get_running_loop().create_future()

        def on_written(message: Message) -> None:
            if not written.done():
                written.set_result(_metadata(message))

        self.sender.produce(topic, key, value, partition, on_written, _headers(headers), int((timestamp or 0) * 1000))
        return written

    def send_soon(self, fut: FutureMessage) -> None:
        """Sends at once: Faust's buffer adds a task for each record."""
        pending = fut.message

        def on_written(message: Message) -> None:
            if not fut.done():
                fut.set_result(_metadata(message))
            if pending.callback:
                pending.callback(fut)

        key, value = cast("bytes | None", pending.key), cast("bytes | None", pending.value)
        self.sender.produce(
            pending.channel.get_topic_name(),
            key,
            value,
            pending.partition,
            on_written,
            _headers(cast("HeadersArg | None", pending.headers)),
            int((pending.timestamp or 0) * 1000),
        )

    async def flush(self) -> None:
        """Returns when nothing is in flight; every commit waits for this."""
        await super().flush()
        if self._producer is not None:
            await self.sender.idle()

    async def on_stop(self) -> None:
        """Sends what is left, then closes."""
        if self._producer is not None:
            await self.sender.idle()
        await super().on_stop()

    async def create_topic(self, topic: str, partitions: int, replication: int, **options: Any) -> None:
        """Creates the app's own changelogs and nothing else; doing nothing is right where deploy made it."""
        if may_create(self.app.conf.id, topic):
            await super().create_topic(topic, partitions, replication, **options)
