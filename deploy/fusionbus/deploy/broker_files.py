"""The local broker's folder: what lies where, Kafka's own settings, and whether an older folder may be used."""

import contextlib
import errno
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fusionbus.contract.errors import Misconfigured
from fusionbus.deploy.broker_jars import KAFKA_VERSION
from fusionbus.deploy.secret_files import write_private

HOST = "127.0.0.1"  # an open broker has no passwords, and a secured one is a rehearsal: never another machine
CLUSTER_ID = "fusionbus-local-broker"  # fixed: a random id may begin with "-", which StorageTool refuses
FREE_BYTES_MIN = 256 * 2**20  # indexes are laid out 10 MB at a time; below this Kafka soon halts by itself
RECORD_BYTES_MAX = 2**20  # one report, alert or state value
RECORD_OVERHEAD_BYTES = 64 * 2**10  # batch frame and headers (signature, trace)
LOG_FILE_BYTES_MAX = 10 * 2**20
LOG_FILES_KEPT = 3


@dataclass(frozen=True)
class Member:
    """One node's number and its two ports."""

    node_id: int
    port: int
    controller_port: int


@dataclass(frozen=True)
class Folder:
    """What lies where in one node's folder."""

    root: Path

    @property
    def data(self) -> Path:
        """Kafka's log directory: the records."""
        return self.root / "data"

    @property
    def log(self) -> Path:
        """What the broker tells, in files of limited size and number."""
        return self.root / "logs" / "broker.log"

    @property
    def output(self) -> Path:
        """What the Java process printed since its last start."""
        return self.root / "logs" / "broker.out"

    @property
    def settings(self) -> Path:
        """Kafka's settings, written anew at each start."""
        return self.root / "server.properties"

    @property
    def log_settings(self) -> Path:
        """The settings of the log, written anew at each start."""
        return self.root / "log4j.properties"

    @property
    def stamp(self) -> Path:
        """Which Kafka laid out the data."""
        return self.root / "made-by.json"

    @property
    def lock(self) -> Path:
        """Held while one command starts or stops the broker."""
        return self.root / "starting.lock"

    @property
    def running(self) -> Path:
        """Which process runs on this folder, and on which ports."""
        return self.root / "running.json"


def prepare(folder: Folder, free_bytes_min: int = FREE_BYTES_MIN) -> None:
    """Makes the folder.

    Raises:
        Misconfigured: it cannot be written, or its disk is full.
    """
    try:
        folder.data.mkdir(parents=True, exist_ok=True)
        folder.log.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder.data) as probe:
            probe.write(b"\0" * 4096)
        free_bytes = shutil.disk_usage(folder.data).free
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise _full(folder, 0, free_bytes_min) from error
        raise Misconfigured(
            f"The broker's folder {folder.root} cannot be written ({error.strerror}): "
            "make it writable or set FUSION_HOME to a folder that is."
        ) from error
    if free_bytes < free_bytes_min:
        raise _full(folder, free_bytes, free_bytes_min)


def is_in_use(folder: Folder) -> bool:
    """Whether a running Kafka holds the data folder's lock."""
    try:
        import fcntl  # noqa: PLC0415 - Windows has none
    except ImportError:
        return False
    with contextlib.suppress(OSError), (folder.data / ".lock").open("r+b") as file:  # no file, no lock
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return error.errno in (errno.EACCES, errno.EAGAIN)
    return False


def _full(folder: Folder, free_bytes: int, free_bytes_min: int) -> Misconfigured:
    return Misconfigured(
        f"Only {free_bytes // 2**20} MB are free at {folder.root} and the broker needs {free_bytes_min // 2**20} MB: "
        "free some space or set FUSION_HOME to another disk."
    )


def needs_format(folder: Folder, node_id: int) -> bool:
    """Whether the data folder is still empty and has to be laid out.

    Raises:
        Misconfigured: something lies there that this broker must not use.
    """
    meta = folder.data / "meta.properties"
    if not meta.exists():
        strangers = [path.name for path in folder.data.iterdir() if path.name != ".lock"]
        if strangers:
            raise Misconfigured(
                f"{folder.data} holds files ({strangers[0]}) and is no broker's data: "
                "move them away or set FUSION_HOME to another folder."
            )
        return True
    found = read_properties(meta.read_text(encoding="utf-8"))
    if found.get("version") != "1" or found.get("cluster.id") != CLUSTER_ID or found.get("node.id") != str(node_id):
        raise Misconfigured(
            f"The data in {folder.data} belongs to another cluster ({found.get('cluster.id', 'unnamed')}, "
            f"node {found.get('node.id', 'unnumbered')}): move the folder away or set FUSION_HOME to another one."
        )
    made_by = _made_by(folder)
    if _parts(made_by) > _parts(KAFKA_VERSION):
        raise Misconfigured(
            f"The data in {folder.data} was written by Kafka {made_by}, newer than this one ({KAFKA_VERSION}): "
            "install the newer fusionbus or set FUSION_HOME to another folder."
        )
    return False


def _made_by(folder: Folder) -> str:
    try:
        return str(json.loads(folder.stamp.read_text(encoding="utf-8"))["kafka_version"])
    except (OSError, ValueError, KeyError, TypeError):
        return KAFKA_VERSION  # killed between format and stamp: ours, as the cluster id says


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def write_stamp(folder: Folder) -> None:
    """Notes that this Kafka has used the data."""
    replace_text(folder.stamp, json.dumps({"kafka_version": KAFKA_VERSION}) + "\n")


def replace_text(path: Path, text: str) -> None:
    """Writes the file whole or not at all."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def read_properties(text: str) -> dict[str, str]:
    """The keys and values of a Java properties text, without its escapes."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.lstrip().startswith("#"))
    return {key.strip(): value.strip() for key, value in pairs}


def write_settings(
    folder: Folder, me: Member, members: tuple[Member, ...], secured: Mapping[str, str] | None = None
) -> None:
    """Writes Kafka's settings and those of its log; the secured profile's hold a password, so they are private."""
    settings = kafka_settings(folder, me, members)
    if secured is None:
        replace_text(folder.settings, as_properties(settings))
    else:
        write_private(folder.settings, as_properties(settings | dict(secured)))
    replace_text(folder.log_settings, as_properties(log_settings(folder)))


def as_properties(settings: dict[str, str]) -> str:
    """The settings as a Java properties text."""
    return "".join(f"{key}={value}\n" for key, value in settings.items())


def kafka_settings(folder: Folder, me: Member, members: tuple[Member, ...]) -> dict[str, str]:
    """Kafka's settings for one node, broker and controller in one process, for development and tests."""
    copies = str(min(3, len(members)))
    in_sync_min = "2" if len(members) >= 3 else "1"  # noqa: PLR2004 - of three copies one may be down
    return {
        "process.roles": "broker,controller",
        "node.id": str(me.node_id),
        "controller.quorum.voters": ",".join(f"{m.node_id}@{HOST}:{m.controller_port}" for m in members),
        "listeners": f"PLAINTEXT://{HOST}:{me.port},CONTROLLER://{HOST}:{me.controller_port}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{me.port}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": folder.data.as_posix(),
        # Topics are made from contract/topics.py; a misspelt name must fail, not become a topic.
        "auto.create.topics.enable": "false",
        "default.replication.factor": copies,
        "min.insync.replicas": in_sync_min,
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": in_sync_min,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": in_sync_min,
        # 50 partitions each would be opened and recovered at every start.
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.num.partitions": "4",
        "message.max.bytes": str(RECORD_BYTES_MAX + RECORD_OVERHEAD_BYTES),
        "replica.fetch.max.bytes": str(RECORD_BYTES_MAX + RECORD_OVERHEAD_BYTES),
        # A killed broker's old session ends after 3 s, not 9: a restart takes 4.6 s, not 11.5 (measured). Not for
        # production: a long pause of the machine would look like a death.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "1000",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",  # tests want a dead consumer noticed soon
        "log.cleaner.dedupe.buffer.size": str(16 * 2**20),  # 128 MB by default, taken at the start
    }


def log_settings(folder: Folder) -> dict[str, str]:
    """Settings of the broker's log: warnings and the main events, at most 40 MB."""
    return {
        "log4j.rootLogger": "INFO, file",
        "log4j.appender.file": "org.apache.log4j.RollingFileAppender",
        "log4j.appender.file.File": folder.log.as_posix(),
        "log4j.appender.file.MaxFileSize": str(LOG_FILE_BYTES_MAX),
        "log4j.appender.file.MaxBackupIndex": str(LOG_FILES_KEPT),
        "log4j.appender.file.layout": "org.apache.log4j.PatternLayout",
        "log4j.appender.file.layout.ConversionPattern": "%d{ISO8601} %p %c{1} %m%n",
        "log4j.logger.org.apache.kafka.clients": "WARN",  # every setting of every client, at every start
        "log4j.logger.org.apache.kafka.common.config": "WARN",
        "log4j.logger.kafka.server.KafkaConfig": "WARN",
    }


def data_bytes(folder: Folder) -> int:
    """How much disk the data takes; Kafka's preallocated but empty index files count for nothing."""
    total = 0
    for path in folder.data.rglob("*"):
        try:
            total += path.stat().st_blocks * 512  # a block is 512 bytes here whatever the disk (POSIX)
        except FileNotFoundError:  # a segment was deleted meanwhile
            continue
    return total
