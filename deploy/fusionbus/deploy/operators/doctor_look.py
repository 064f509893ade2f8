"""What the doctor looks at on the broker: topics, registry, rights, the hub's group, clocks, disks, versions."""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from kafka import errors as kafka_errors

from fusionbus.contract import topics
from fusionbus.contract.agency import Agency
from fusionbus.contract.codec import version_of
from fusionbus.contract.errors import FusionError, Misconfigured, NotAllowed
from fusionbus.contract.topics import HUB_APP
from fusionbus.deploy.agencies import Federation
from fusionbus.deploy.operators import doctor, doctor_here, doctor_parts, doctor_quotas
from fusionbus.deploy.operators.bus import Bus
from fusionbus.deploy.operators.findings import Finding, Level, fault, unseen
from fusionbus.deploy.operators.settings import OperatorSettings
from fusionbus.deploy.provision import Plan, Present, Wanted, plan
from fusionbus.deploy.provision_kafka import KafkaCluster
from fusionbus.deploy.rights import PROBE
from fusionbus.deploy.rights_kafka import KafkaRights, plan_for
from fusionbus.shell import lag
from fusionbus.shell.kafka import explained
from fusionbus.shell.moments import Place

STUCK_S: Final = 4.0
"""How long commits may stand still while records wait: the worker commits every second while it works."""
LOOK_S: Final = 0.5
VERSIONED: Final = (topics.AUDIT, topics.DEAD_LETTERS)
"""Topics of the hub whose records tell the version they were written in."""
PROBE_CONFIG: Final = {"message.timestamp.type": "LogAppendTime", "retention.ms": "3600000"}


@dataclass(frozen=True, slots=True)
class Doctor:
    """One visit: by which settings, and what should be there."""

    settings: OperatorSettings
    federation: Federation
    read_only: bool = False
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def visit(self) -> list[Finding]:
        """All findings. It never raises a FusionError: what could not be looked at is a fault."""
        home = self.settings.home.expanduser()
        return [
            *_looked("broker", self._broker),
            *_looked("disk", lambda: doctor_here.disks(home)),
            *_looked("versions", doctor_here.versions),
            *_looked("state", lambda: doctor.leftovers(doctor_here.state_folders(home), ())),
        ]

    def _broker(self) -> Iterator[Finding]:
        with Bus(self.settings) as bus:
            with explained(self.settings):
                nodes = bus.admin.describe_cluster()["brokers"]
            up = [node for node in nodes if not node.get("is_fenced")]
            yield doctor.brokers(len(up), len(nodes), self.settings.replication, self.settings.bootstrap)
            yield from _looked("topics", lambda: self._topics(bus))
            yield from _looked("rights", self._rights)
            yield from _looked("hub", lambda: [_hub(bus)])
            if self.settings.security.startswith("SASL"):
                yield from _looked("quotas", lambda: [doctor_quotas.look(self.settings, self.federation)])
            yield from _looked("clocks", lambda: [self._clock(bus)])
            yield from _looked("disk", lambda: _broker_disks(bus, self.settings))
            yield from _looked("state", lambda: _old_topics(bus))
            yield from _looked("versions", lambda: [_version(bus, up)])
            yield from _looked("versions", lambda: doctor_parts.wire(_wire(bus)))

    def _topics(self, bus: Bus) -> Iterator[Finding]:
        with KafkaCluster(self.settings) as cluster:
            present = cluster.present(Wanted(self.federation))
        spread = doctor.spread_of({name: there.partitions for name, there in present.topics.items()})
        todo = plan(Wanted(self.federation, spread, self.settings.replication), present)
        if todo.new_topics and self.settings.username:
            yield doctor.hidden(todo, len(present.topics) + len(todo.new_topics), self.settings.username)
            return
        yield from doctor.topics(todo, present.topics, *_ailing(bus, present, self.settings))
        yield from self._registry(todo, present)

    @staticmethod
    def _registry(todo: Plan, present: Present) -> Iterable[Finding]:
        agencies = sum(isinstance(entry, Agency) for entry in present.registry.values())
        return doctor.registry(todo, agencies, present.unreadable)

    def _rights(self) -> Iterator[Finding]:
        if self.settings.security == "PLAINTEXT":
            yield doctor_parts.open_broker(self.settings.bootstrap)
            return
        with KafkaRights(self.settings) as broker:
            there = broker.present()
        yield from doctor_parts.rights(plan_for(self.federation, self.settings, there))

    def _clock(self, bus: Bus) -> Finding:
        """Compares clocks over a topic of its own, which is deleted at once: it also proves that the broker writes."""
        if self.read_only:
            return unseen("clocks", "Not compared: that needs a record written, and --read-only forbids it.")
        name = PROBE + secrets.token_hex(4)
        with explained(self.settings):
            asked = {name: {"num_partitions": 1, "replication_factor": self.settings.replication}}
            asked[name]["configs"] = dict(PROBE_CONFIG)  # type: ignore[assignment]  # kafka-python takes any
            bus.admin.create_topics(asked, wait_for_metadata=True)
            try:
                bus.send(name, None, b"doctor")  # the first also connects
                before = self.clock()
                stamped = bus.send(name, None, b"doctor").at
                after = self.clock()
            finally:
                bus.admin.delete_topics([name])
        middle, half_s = before + (after - before) / 2, (after - before).total_seconds() / 2
        return doctor.clock((stamped - middle).total_seconds(), half_s)


def _looked(check: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    found: list[Finding] = []
    try:
        found.extend(look())
    except NotAllowed as exc:
        found.append(unseen(check, f"Not looked at: {exc}"))
    except FusionError as exc:
        found.append(fault(check, str(exc)))
    return found


def _hub(bus: Bus) -> Finding:
    """Looks until something was committed, or long enough."""
    spans = bus.spans([name for name in bus.topics() if lag.is_read_by_hub(name)])
    before = _hub_offsets(bus)
    waiting = sum(one.records for one in lag.standings(spans, {HUB_APP: before}))
    members, after, until = bus.members(HUB_APP), before, time.monotonic() + STUCK_S
    while waiting and members.count and after == before and time.monotonic() < until:
        time.sleep(LOOK_S)
        after = _hub_offsets(bus)
    return doctor.hub(members, before, after, waiting)


def _hub_offsets(bus: Bus) -> dict[Place, int]:
    committed = bus.committed().get(HUB_APP, {})
    return {place: offset for place, offset in committed.items() if lag.is_read_by_hub(place[0])}


def _ailing(bus: Bus, present: Present, settings: OperatorSettings) -> tuple[list[str], list[str]]:
    """Partitions that no broker leads, and those with fewer copies in step than they should have."""
    if not present.topics:
        return [], []
    with explained(settings):
        described = bus.admin.describe_topics(sorted(present.topics))
    parts = [
        (f"{topic['name']}/{part['partition_index']}", part) for topic in described for part in topic["partitions"]
    ]
    headless = [name for name, part in parts if part["leader_id"] < 0]
    thin = [name for name, part in parts if len(part["isr_nodes"]) < len(part["replica_nodes"])]
    return headless, thin


def _version(bus: Bus, up: list[dict[str, Any]]) -> Finding:
    return doctor_parts.broker_version(min(bus.version(node["broker_id"]) for node in up))


def _broker_disks(bus: Bus, settings: OperatorSettings) -> Iterator[Finding]:
    with explained(settings):
        try:
            told: list[dict[str, Any]] = bus.admin.describe_log_dirs()
        except kafka_errors.UnsupportedVersionError:
            return
    for broker in told:
        for folder in broker["log_dirs"]:
            if folder.get("error_code"):
                yield fault(
                    "disk", f"Broker {broker['broker']} cannot use its folder {folder['log_dir']}: read its log."
                )
            elif folder.get("total_bytes", -1) > 0:
                what = f"Broker {broker['broker']}, {folder['log_dir']}"
                yield doctor_parts.disk(what, folder["usable_bytes"], folder["total_bytes"])


def _old_topics(bus: Bus) -> Iterable[Finding]:
    return (one for one in doctor.leftovers((), bus.topics()) if one.level is not Level.OK)


def _wire(bus: Bus) -> dict[str, tuple[int, int]]:
    """The wire version of the newest record in each partition that this user may read."""
    found = {}
    for topic in VERSIONED:
        with suppress(NotAllowed, Misconfigured):
            for record in bus.newest(topic):
                version = version_of(record.value or b"")
                if version is not None:
                    found[f"{topic}/{record.partition}"] = version
    return found
