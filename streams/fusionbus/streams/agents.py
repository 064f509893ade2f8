"""The hub's agents on the engine. Only here is awaited; all rules stand in the steps."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from fusionbus.contract import topics
from fusionbus.contract.codec import encode
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.records import Tick
from fusionbus.streams import engine, state_folder
from fusionbus.streams.engine import Decision, EngineApp, Event
from fusionbus.streams.fusion import Fusion
from fusionbus.streams.health import Health
from fusionbus.streams.ingress import Tally, Work, admit_batch, decide_control
from fusionbus.streams.meter import Meter
from fusionbus.streams.patterns.hop import Patterns
from fusionbus.streams.poison import Poison
from fusionbus.streams.registry import Registry
from fusionbus.streams.registry_reader import RegistryReader
from fusionbus.streams.seal import PAUSE_S, Sealer
from fusionbus.streams.seal_key import SealKey, read_or_make
from fusionbus.streams.settings import WorkerSettings
from fusionbus.streams.shelf import Shelf
from fusionbus.streams.sweep import Sweep

FAIR_SHARE = 16
"""Of one agency's records at most so many in a batch: a flood costs the others the time of 16 reports (about 15 ms) a
turn, and not its whole length."""
FUSED_AT_ONCE = 500
"""Reports fused before their alerts are sent, where so many wait: half a second. In one run beside other work 100 gave
418, 300 540 and 1,000 623 reports/s: each batch costs a request for nearly every partition of the bus."""
QUIET = "2"
"""librdkafka's log level: at 3 it tells every refused connection, twenty a second; we tell it once, in words."""


@dataclass(slots=True)
class Hub:
    """One worker: its app, its state, what it knows of the federation, and what it counts."""

    app: EngineApp
    registry: RegistryReader
    meter: Meter
    refused_run_max: int
    health: Health
    _poison: dict[str, Poison] = field(default_factory=dict)

    def work(self, step: str) -> Work:
        """An empty batch for this step."""
        tally: Tally = Counter()
        poison = self._poison.setdefault(step, Poison(self.refused_run_max))
        return Work(self.registry.snapshot, datetime.now(UTC), tally, poison)

    def deciding(self, step: str, decide: Callable[[Sequence[Event], Work], Decision]) -> engine.Decide:
        """The step as the engine calls it, counted."""

        def decided(batch: Sequence[Event]) -> Decision:
            work = self.work(step)
            decision = decide(batch, work)
            self.meter.count(step, batch, work)
            return decision

        return decided


def build(settings: WorkerSettings) -> Hub:
    """The worker, ready to serve. Raises: Misconfigured where topics are missing, RetryLater without a broker."""
    security = engine.BrokerSecurity(
        protocol=settings.security,
        mechanism=settings.sasl_mechanism,
        username=settings.username,
        password=settings.secret(),
        ca_file=settings.ca_file,
        certificate_file=settings.cert_file,
        key_file=settings.key_file,
    )
    options = {"bootstrap.servers": settings.bootstrap, "log_level": QUIET} | security.librdkafka()
    key = read_or_make(settings.seal_key_file, settings.home)
    partitions, agencies = _survey(options, settings)
    folder = settings.home / f"worker-{settings.worker_id}"
    changelogs = (topics.SEEN_CHANGELOG, topics.FUSED_CHANGELOG, topics.SEALED_CHANGELOG, topics.PATTERNS_CHANGELOG)
    state_folder.check(folder, state_folder.ids_of(AdminClient({**options}), changelogs, settings.connect_timeout_s))
    app = engine.build_app(
        topics.HUB_APP,
        brokers=settings.bootstrap,
        datadir=folder,
        partitions=partitions,
        replication=settings.replication,
        min_insync=2 if settings.replication > 2 else 1,  # noqa: PLR2004 - three copies bear the loss of one
        store=settings.store,
        security=security,
        settings=engine.EngineSettings(session_timeout_s=settings.session_s, heartbeat_s=settings.session_s / 3.5),
    )
    registry = RegistryReader(options, Registry(deadlines=settings.deadlines()))
    registry.start()
    health = Health(app, registry, settings.home)
    hub = Hub(app, registry, Meter(), settings.refused_run_max, health)
    _add_agents(hub, agencies, settings)
    _add_patterns(hub, settings)
    _add_sealer(hub, key)
    return hub


def _survey(options: dict[str, str], settings: WorkerSettings) -> tuple[int, list[str]]:
    """The number of partitions, and the agencies that have topics. An agency that joins later needs a restart."""
    try:
        known = AdminClient({**options}).list_topics(timeout=settings.connect_timeout_s).topics
    except KafkaException as exc:
        from fusionbus.shell.kafka import unreachable  # noqa: PLC0415 - another client's library, for this alone

        raise unreachable(settings) from exc
    if not {topics.ACCEPTED, topics.AUDIT_SEALS, topics.OBSERVATIONS} <= known.keys():
        raise Misconfigured("The hub's topics are missing: run `fusionbus provision` first.")
    agencies = sorted(name[len(topics.REPORTS) :] for name in known if name.startswith(topics.REPORTS))
    if not agencies:
        raise Misconfigured("No agency has topics yet: run `fusionbus provision` first.")
    return len(known[topics.ACCEPTED].partitions), agencies


def _add_agents(hub: Hub, agencies: Sequence[str], settings: WorkerSettings) -> None:
    app, sweep_rest = hub.app, timedelta(seconds=settings.sweep_rest_s)
    seen = engine.new_table(app, topics.SEEN_TABLE, help="reports that were here")
    fused = engine.new_table(app, topics.FUSED_TABLE, help="incidents")
    fusion = Fusion(Shelf(fused), lambda: engine.current_epoch(app), sweep_rest)
    seen_sweep = Sweep(seen, sweep_rest)

    reports = hub.deciding("admit", lambda batch, work: admit_batch(batch, seen_sweep, work))
    control = hub.deciding("control", decide_control)
    accepted = hub.deciding("fuse", fusion.decide)

    @app.agent(engine.source(app, *map(topics.reports_topic, agencies)), name="admit")
    async def admit(stream: Any) -> None:
        await engine.run(stream, reports, share_max=FAIR_SHARE)

    @app.agent(engine.source(app, *map(topics.control_topic, agencies)), name="control")
    async def listen(stream: Any) -> None:
        await engine.run(stream, control, share_max=FAIR_SHARE)

    @app.agent(engine.source(app, topics.ACCEPTED), name="fuse")
    async def fuse(stream: Any) -> None:
        await engine.run(stream, accepted, ready=fusion.ready, batch_size_max=FUSED_AT_ONCE)

    @app.task  # type: ignore[untyped-decorator]  # Faust has no types for it
    async def watch() -> None:
        while not app.should_stop:
            hub.meter.look(fusion, engine.counters(app))
            hub.health.look()
            await asyncio.sleep(1.0)

    def word(partition: int) -> bytes | None:
        now = datetime.now(UTC)
        return encode(Tick(at=now)) if fusion.is_due(partition, now) else None

    @app.task  # type: ignore[untyped-decorator]  # as above
    async def tick() -> None:
        await engine.tick(app, topics.ACCEPTED, settings.tick_s, word)


def _add_patterns(hub: Hub, settings: WorkerSettings) -> None:
    app = hub.app
    table = engine.new_table(app, topics.PATTERNS_TABLE, help="what patterns are looked for in")
    patterns = Patterns(table, lambda: engine.current_epoch(app), sweep_rest=timedelta(seconds=settings.sweep_rest_s))
    decide = hub.deciding("patterns", patterns.decide)

    @app.agent(engine.source(app, topics.OBSERVATIONS), name="patterns")
    async def observe(stream: Any) -> None:
        await engine.run(stream, decide, ready=patterns.ready)

    def word(partition: int) -> bytes | None:
        hub.meter.look_at_patterns(*patterns.count())
        now = datetime.now(UTC)
        return encode(Tick(at=now)) if patterns.is_due(partition, now) else None

    @app.task  # type: ignore[untyped-decorator]  # as above
    async def look() -> None:
        await engine.tick(app, topics.OBSERVATIONS, settings.look_s, word)


def _add_sealer(hub: Hub, key: SealKey) -> None:
    sealer = Sealer(engine.new_table(hub.app, topics.SEALED_TABLE, help="how far the audit is sealed"), key)

    def sealed(batch: Sequence[Event]) -> Decision:
        hub.meter.sealed(batch)
        return sealer.decide(batch)

    @hub.app.agent(engine.source(hub.app, topics.AUDIT), name="seal")
    async def seal(stream: Any) -> None:
        await engine.run(stream, sealed, pause_s=PAUSE_S)
