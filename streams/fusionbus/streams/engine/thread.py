"""The consumer's thread: aiokafka lives here, apart from the handlers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from aiokafka.errors import CommitFailedError
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from fusionbus.streams.engine.die import die

if TYPE_CHECKING:
    from fusionbus.streams.engine.app import EngineApp


class EngineThread(driver.AIOKafkaConsumerThread):
    """aiokafka with our fetch wait, and with commits that tell the truth."""

    def _create_worker_consumer(self, transport: driver.Transport) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # Works around: Faust hard-codes 1,500 ms, which a seek must wait out. aiokafka reads it when it starts. May go
        # when Faust has a setting for it.
        consumer._fetch_max_wait_ms = cast("EngineApp", self.app).engine.settings.fetch_wait_ms  # noqa: SLF001
        return consumer

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Whether the group took the offsets; any other failure ends the process.

        Works around: Faust crashes the app on the consumer's thread and then goes on stopping for as long as it likes.
        May go when a failed commit ends the worker.
        """
        consumer = self._ensure_consumer()
        assigned = self.assignment()
        wanted = {
            driver.ensure_aiokafka_TP(tp): OffsetAndMetadata(offset, "")
            for tp, offset in offsets.items()
            if tp in assigned
        }
        if not wanted:
            return False
        try:
            await consumer.commit(wanted)
        except CommitFailedError:
            return False  # the group has moved on: a rebalance follows and Kafka replays
        except Exception as error:  # noqa: BLE001 - whatever it is, the offsets are not committed
            die(f"a commit failed ({type(error).__name__})", "is the broker there and may the worker read the group?")
        return True

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Does nothing.

        Works around: Faust logs an error for each partition because its monitor saw no message (the loop bypasses it).
        The watchdog looks instead. May go with Faust's monitor.
        """
