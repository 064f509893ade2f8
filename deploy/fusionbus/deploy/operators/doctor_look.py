"""What the doctor looks at: broker, topics, registry, the hub's group, clocks, disks, versions, old state."""

import platform
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path
from typing import Any, Final

from kafka import errors as kafka_errors

from fusionbus.contract.agency import Agency
from fusionbus.contract.base import SCHEMA_VERSION
from fusionbus.contract.errors import FusionError, NotAllowed
from fusionbus.contract.topics import HUB_APP
from fusionbus.deploy.agencies import Federation
from fusionbus.deploy.operators import doctor, doctor_quotas, lag
from fusionbus.deploy.operators.bus import Bus
from fusionbus.deploy.operators.doctor import Finding
from fusionbus.deploy.operators.moments import Place
from fusionbus.deploy.operators.settings import OperatorSettings
from fusionbus.deploy.provision import Plan, Present, Wanted, plan
from fusionbus.deploy.provision_kafka import KafkaCluster
from fusionbus.shell.kafka import explained

STUCK_S: Final = 4.0
"""How long commits may stand still while records wait: the worker commits every second while it works."""
LOOK_S: Final = 0.5
PROBE: Final = "fusion-doctor-"
PROBE_CONFIG: Final = {"message.timestamp.type": "LogAppendTime", "retention.ms": "3600000"}
TELLING: Final = ("kafka-python", "faust-streaming", "confluent-kafka", "pydantic")
"""Packages whose versions decide how the bus behaves; those not installed here are left out."""


@dataclass(frozen=True, slots=True)
class Doctor:
    """One visit: by which settings, and what should be there."""

    settings: OperatorSettings
    federation: Federation
    read_only: bool = False

    def visit(self) -> list[Finding]:
        """All findings. It never raises a FusionError: what could not be looked at is a fault."""
        home = self.settings.home
        return [
            *_looked("broker", self._broker),
            *_looked("disk", lambda: [_home_disk(home)]),
            *_looked("versions", lambda: doctor.versions(*_versions())),
            *_looked("state", lambda: doctor.leftovers(_state_folders(home), ())),
        ]

    def _broker(self) -> Iterator[Finding]:
        with Bus(self.settings) as bus:
            with explained(self.settings):
                nodes = bus.admin.describe_cluster()["brokers"]
            up = [node for node in nodes if not node.get("is_fenced")]
            yield doctor.brokers(len(up), len(nodes), self.settings.replication, self.settings.bootstrap)
            yield from _looked("topics", lambda: self._topics(bus))
            yield from _looked("hub", lambda: [_hub(bus)])
            if self.settings.security.startswith("SASL"):
                yield from _looked("quotas", lambda: [doctor_quotas.look(self.settings, self.federation)])
            yield from _looked("clocks", lambda: [self._clock(bus)])
            yield from _looked("disk", lambda: _broker_disks(bus, self.settings))
            yield from _looked("state", lambda: _old_topics(bus))

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

    def _clock(self, bus: Bus) -> Finding:
        """Compares clocks over a topic of its own, which is deleted at once: it also proves that the broker writes."""
        if self.read_only:
            return doctor.unseen("clocks", "Not compared: that needs a record written, and --read-only forbids it.")
        name = PROBE + secrets.token_hex(4)
        with explained(self.settings):
            asked = {name: {"num_partitions": 1, "replication_factor": self.settings.replication}}
            asked[name]["configs"] = dict(PROBE_CONFIG)  # type: ignore[assignment]  # kafka-python takes any
            bus.admin.create_topics(asked, wait_for_metadata=True)
            try:
                bus.send(name, None, b"doctor")  # the first also connects
                before = datetime.now(UTC)
                stamped = bus.send(name, None, b"doctor").at
                after = datetime.now(UTC)
            finally:
                bus.admin.delete_topics([name])
        middle, half_s = before + (after - before) / 2, (after - before).total_seconds() / 2
        return doctor.clock((stamped - middle).total_seconds(), half_s)


def _looked(check: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    found: list[Finding] = []
    try:
        found.extend(look())
    except NotAllowed as exc:
        found.append(doctor.unseen(check, f"Not looked at: {exc}"))
    except FusionError as exc:
        found.append(doctor.fault(check, str(exc)))
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


def _broker_disks(bus: Bus, settings: OperatorSettings) -> Iterator[Finding]:
    with explained(settings):
        try:
            told: list[dict[str, Any]] = bus.admin.describe_log_dirs()
        except kafka_errors.UnsupportedVersionError:
            return
    for broker in told:
        for folder in broker["log_dirs"]:
            if folder.get("error_code"):
                yield doctor.fault(
                    "disk", f"Broker {broker['broker']} cannot use its folder {folder['log_dir']}: read its log."
                )
            elif folder.get("total_bytes", -1) > 0:
                what = f"Broker {broker['broker']}, {folder['log_dir']}"
                yield doctor.disk(what, folder["usable_bytes"], folder["total_bytes"])


def _old_topics(bus: Bus) -> Iterable[Finding]:
    return (one for one in doctor.leftovers((), bus.topics()) if one.level is not doctor.Level.OK)


def _home_disk(home: Path) -> Finding:
    there = home.expanduser().absolute()
    while not there.exists():
        there = there.parent
    usage = shutil.disk_usage(there)
    return doctor.disk(f"FUSION_HOME ({home})", usage.free, usage.total)


def _versions() -> tuple[dict[str, str], dict[str, str]]:
    ours = {d.name: d.version for d in distributions() if d.name.startswith("fusionbus")}
    others = {"wire": SCHEMA_VERSION, "Python": platform.python_version()}
    for name in TELLING:
        try:
            others[name] = version(name)
        except PackageNotFoundError:
            continue
    return ours, others


def _state_folders(home: Path) -> list[str]:
    """The folders of state in workers' homes, on this machine: `worker-1/v1`."""
    here = home.expanduser()
    found = (*here.glob("worker-*/v*"), *here.glob("*/worker-*/v*"))  # a worker started alone, and one of a crew
    return [f"{path.parent.name}/{path.name}" for path in found if path.is_dir()]
