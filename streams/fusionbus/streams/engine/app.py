"""Makes an app with every safe setting, and runs it."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import faust
from faust.sensors.base import Sensor
from faust.tables.manager import TableManager
from faust.types import TopicT

from fusionbus.streams.engine import transport
from fusionbus.streams.engine.consumer import EngineConsumer
from fusionbus.streams.engine.counters import Counters
from fusionbus.streams.engine.decision import ENVELOPE_BYTES
from fusionbus.streams.engine.die import die
from fusionbus.streams.engine.recovery import EngineTables
from fusionbus.streams.engine.settings import BrokerSecurity, EngineSettings
from fusionbus.streams.engine.store import ROCKSDB
from fusionbus.streams.engine.table import EngineTable
from fusionbus.streams.engine.watchdog import Watchdog

Store = Literal["memory://", "rocksdb://"]
STORES: dict[str, str] = {"memory://": "enginememory://", "rocksdb://": "enginerocksdb://"}
OPEN_BROKER = BrokerSecurity()
DEFAULTS = EngineSettings()
NOISY = ("faust", "mode", "aiokafka")


@dataclass(frozen=True)
class Engine:
    """The engine's parts of one app."""

    settings: EngineSettings
    security: BrokerSecurity
    counters: Counters
    watchdog: Watchdog


class FailFast(Sensor):
    """Ends the process when Faust's own way of sending fails.

    Works around: otherwise it is only a log line, and the source is committed. May go when a failed send stops the app.
    """

    def on_send_error(self, producer: Any, exc: BaseException, state: Any) -> None:  # noqa: ARG002 - Faust's signature
        """Called by Faust."""
        die(f"a send failed ({type(exc).__name__})")


class EngineApp(faust.App):
    """An app with an engine."""

    engine: Engine
    min_insync: int

    async def on_stop(self) -> None:
        """Stops within the time limit: the watchdog holds the clock."""
        self.engine.watchdog.stopping()
        await super().on_stop()


def build_app(
    app_id: str,
    *,
    brokers: str,
    datadir: Path,
    partitions: int,
    replication: int,
    min_insync: int = 1,
    store: Store = "rocksdb://",
    security: BrokerSecurity = OPEN_BROKER,
    settings: EngineSettings = DEFAULTS,
) -> EngineApp:
    """An app that loses nothing. Nothing is connected and no thread runs before `serve`.

    `brokers` is "host:port,host:port". `datadir` holds the state of one worker: two workers never share one.
    `partitions` is the number of the source topics and of every table; in production `replication` is 3 and
    `min_insync` 2. Source and output topics must exist; changelogs (`<app_id>-<table>-changelog`) are made if missing.
    """
    datadir.mkdir(parents=True, exist_ok=True)  # Faust makes the folder but not its parents
    app = EngineApp(
        app_id,
        broker=";".join(f"{transport.SCHEME}://{address.strip()}" for address in brokers.split(",")),
        broker_credentials=security.faust(),
        store=STORES[store],
        datadir=str(datadir),
        topic_partitions=partitions,
        topic_replication_factor=replication,
        Table=EngineTable,
        TableManager=EngineTables,
        **_safe_settings(),
        **_limits(settings),
    )
    app.engine = Engine(settings, security, Counters(), Watchdog(settings))
    app.min_insync = min_insync
    app.sensors.add(FailFast())
    return app


def _safe_settings() -> dict[str, Any]:
    """What Faust must be told so that it loses nothing (FAUST rule 10 and the table of what loses)."""
    return {
        # exactly_once leaves sends to topics the app does not read outside its transaction and swallows errors.
        "processing_guarantee": "at_least_once",
        "stream_wait_empty": True,  # off, one message was lost at every SIGTERM
        "topic_disable_leader": True,
        "table_standby_replicas": 0,  # a standby's seek back to offset 0 is known to be wrong
        "consumer_auto_offset_reset": "earliest",
        "producer_acks": -1,
        "web_enabled": False,  # it would serve table contents on 0.0.0.0:6066
        "key_serializer": "raw",  # json: a record that cannot be read is acknowledged before the error
        "value_serializer": "raw",
        "worker_redirect_stdouts": False,
        "logging_config": None,
        "autodiscover": False,
    }


def _limits(settings: EngineSettings) -> dict[str, Any]:
    return {
        "broker_session_timeout": settings.session_timeout_s,
        "broker_heartbeat_interval": settings.heartbeat_s,
        "broker_commit_interval": settings.commit_interval_s,
        "broker_request_timeout": settings.request_timeout_s,
        "producer_request_timeout": settings.request_timeout_s,
        "producer_max_request_size": settings.message_bytes_max,
        "consumer_max_fetch_size": settings.fetch_bytes_max,
        "stream_buffer_maxsize": settings.queue_max,
    }


def source(app: EngineApp, *topics: str) -> TopicT:
    """What `@app.agent(…)` takes: one agent may read many topics, of the same number of partitions."""
    return app.topic(
        *topics,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        allow_empty=True,  # a tombstone is for the handler to judge
    )


def new_table(app: EngineApp, name: str, *, help: str = "") -> EngineTable:  # noqa: A002 - Faust's name
    """A table of bytes to bytes, partitioned like the sources. No windows: recovered keys would never expire."""
    table = app.Table(
        name,
        default=None,
        key_type=bytes,
        value_type=bytes,
        partitions=app.conf.topic_partitions,
        extra_topic_configs={
            "min.insync.replicas": str(app.min_insync),
            "max.message.bytes": str(app.engine.settings.message_bytes_max + ENVELOPE_BYTES),
        },
        options=ROCKSDB,
        help=help,
    )
    return cast("EngineTable", table)


def counters(app: EngineApp) -> Counters:
    """What was counted; live."""
    return app.engine.counters


def current_epoch(app: EngineApp) -> int:
    """Grows with every revoke and every seek; an index built in another epoch is worthless."""
    return app.engine.counters.epochs


def is_ready(app: EngineApp) -> bool:
    """Whether partitions are assigned, their state is recovered and records flow."""
    return why_not_ready(app) is None


def why_not_ready(app: EngineApp) -> str | None:
    """What the worker still waits for before records flow, in a sentence. For any thread."""
    consumer = app._consumer  # noqa: SLF001 - the public property would make one
    if not isinstance(consumer, EngineConsumer) or not consumer.book.epoch:
        return "The worker is not in its group yet."
    if app.should_stop:
        return "The worker is stopping."
    if app.rebalancing:
        return "Partitions are being assigned."
    recovery = cast("TableManager", app.tables).recovery
    if not recovery.completed.is_set():
        read = sum(offset or 0 for offset in dict(recovery.active_offsets).values())
        return f"State is being recovered from the changelogs: {read:,} records are read."
    return None if consumer.flow_active else "Records do not flow yet."


def ails(app: EngineApp) -> str | None:
    """What is wrong with the process, in a sentence; a supervisor may end it. For any thread."""
    return app.engine.watchdog.ails()


def serve(app: EngineApp) -> None:
    """Runs the worker until SIGTERM or SIGINT, then exits the process.

    The exit code is 0, or 70 if the engine gave up, or 1 if Faust did; after both the supervisor starts it again.
    """
    worker = faust.Worker(
        app,
        quiet=True,  # no spinner, no banner
        override_logging=False,  # the command has set up the standard library's logging
        redirect_stdouts=False,
        loglevel=None,
    )
    worker.spinner = None
    for name in NOISY:  # at DEBUG they log keys and values
        if logging.getLogger(name).getEffectiveLevel() < logging.INFO:
            logging.getLogger(name).setLevel(logging.INFO)
    worker.execute_from_commandline()
