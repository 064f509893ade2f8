"""The jars of Apache Kafka: fetched once, checked against a committed lock, kept in a cache.

`python -m fusionbus.deploy.broker_jars` resolves them anew and writes the lock.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.deploy.broker_settings import LocalBrokerSettings

# 4.4.0 does not resolve: a part of it is missing (measured 2026-11-21).
KAFKA_VERSION = "4.3.1"
# Without a binding the broker logs nothing. 1.7.36 is the slf4j-api that Kafka 4.3.1 asks for.
SLF4J_BINDING_VERSION = "1.7.36"
ROOTS = (
    ("org.apache.kafka", "kafka_2.13", KAFKA_VERSION),
    ("org.slf4j", "slf4j-reload4j", SLF4J_BINDING_VERSION),
)
LOCK_FILE = Path(__file__).with_name("kafka.lock.toml")
FETCH_TIMEOUT_S = 60  # one answer of the server, not the whole jar
FETCH_TRIES = 3  # a cut connection or a broken copy is fetched again

Tick = Callable[[int], None]  # told how many bytes came


class Download(Protocol):
    """Fetches one jar into a scratch folder."""

    def __call__(self, jar: "Jar", scratch: Path, mirror: str | None, tick: Tick) -> Path:
        """The path of the jar as it came, unchecked."""


@dataclass(frozen=True)
class Jar:
    """One locked jar."""

    group: str
    name: str
    version: str
    sha256: str
    size_bytes: int

    @property
    def file_name(self) -> str:
        """The name under which the jar lies in the cache."""
        return f"{self.name}-{self.version}.jar"


@dataclass(frozen=True)
class Lock:
    """The jars of one Kafka version, in class-path order."""

    kafka_version: str
    jars: tuple[Jar, ...]


def read_lock(path: Path = LOCK_FILE) -> Lock:
    """The committed lock.

    Raises:
        Misconfigured: the file is missing, is not TOML or lacks a field.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        jars = tuple(
            Jar(
                group=str(entry["group"]),
                name=str(entry["name"]),
                version=str(entry["version"]),
                sha256=str(entry["sha256"]),
                size_bytes=int(entry["size_bytes"]),
            )
            for entry in content["jar"]
        )
        return Lock(kafka_version=str(content["kafka_version"]), jars=jars)
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise Misconfigured(f"The lock file {path} cannot be used ({error}): install fusionbus again.") from error


def write_lock(lock: Lock, path: Path) -> None:
    """Writes the lock as TOML, without any address in it."""
    lines = [
        "# Written by `python -m fusionbus.deploy.broker_jars`. Do not edit.",
        f'kafka_version = "{lock.kafka_version}"',
    ]
    for jar in lock.jars:
        lines += [
            "",
            "[[jar]]",
            f'group = "{jar.group}"',
            f'name = "{jar.name}"',
            f'version = "{jar.version}"',
            f'sha256 = "{jar.sha256}"',
            f"size_bytes = {jar.size_bytes}",
        ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_genuine(path: Path, jar: Jar) -> bool:
    """Whether the file is there and is, byte for byte, the locked jar."""
    try:
        return path.stat().st_size == jar.size_bytes and sha256_of(path) == jar.sha256
    except FileNotFoundError:
        return False


def download(jar: Jar, scratch: Path, mirror: str | None, tick: Tick) -> Path:
    """The path of a jar as the repository sent it, unchecked."""
    from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415 - slow to import and needed once only

    @contextlib.contextmanager
    def ticking(_name: str, _size: int) -> Iterator[Tick]:
        yield tick

    callback: Callable[[str, int], AbstractContextManager[Tick]] = ticking
    context = MavenContext(
        resolver=PythonResolver(progress_callback=callback),
        repo_cache=scratch,
        remote_repos={"mirror": mirror.rstrip("/")} if mirror else None,
        timeout=FETCH_TIMEOUT_S,
    )
    return Path(context.project(jar.group, jar.name).at_version(jar.version).artifact().resolve())


def class_path(
    settings: LocalBrokerSettings, *, lock: Lock | None = None, fetch_one: Download = download
) -> tuple[Path, ...]:
    """The jars of Kafka, all checked; what is missing or broken in the cache is fetched with a progress bar.

    Nothing is asked of the network when the cache is whole, or when the settings name an unpacked Kafka.

    Raises:
        RetryLater: a jar could not be fetched.
        Misconfigured: the cache cannot be written, or what came is not what the lock says.
    """
    if settings.kafka_home is not None:
        return _unpacked(settings.kafka_home)
    lock = lock or read_lock()
    folder = settings.cache.expanduser() / f"kafka-{lock.kafka_version}"
    try:
        wanted = [jar for jar in lock.jars if not is_genuine(folder / jar.file_name, jar)]
        if wanted:
            _fetch_all(wanted, folder, settings.maven_mirror, fetch_one)
    except OSError as error:
        raise Misconfigured(
            f"The cache folder {folder} cannot be used ({error.strerror}): set FUSION_CACHE to a folder that can."
        ) from error
    return tuple((folder / jar.file_name).absolute() for jar in lock.jars)


def _unpacked(home: Path) -> tuple[Path, ...]:
    jars = tuple(sorted(home.absolute().glob("libs/*.jar")))
    if not any(jar.name.startswith("kafka-server-") for jar in jars):
        raise Misconfigured(f"FUSION_KAFKA_HOME ({home}) holds no Kafka in libs/: name the folder of an unpacked one.")
    return jars


def _fetch_all(wanted: list[Jar], folder: Path, mirror: str | None, fetch_one: Download) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # Each run fetches into its own folder and moves whole jars into place, so two runs at once do no harm.
    with tempfile.TemporaryDirectory(prefix="fetching-", dir=folder) as scratch:
        needed_bytes = sum(jar.size_bytes for jar in wanted)
        _refuse_full_disk(folder, needed_bytes)
        with _progress(Console(stderr=True)) as progress:
            task = progress.add_task(f"Fetching Kafka {KAFKA_VERSION}", total=needed_bytes)
            for jar in wanted:
                path = _fetch(jar, Path(scratch), mirror, lambda count: progress.advance(task, count), fetch_one)
                path.replace(folder / jar.file_name)


def _refuse_full_disk(folder: Path, needed_bytes: int) -> None:
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < 2 * needed_bytes:
        raise Misconfigured(
            f"Only {free_bytes // 2**20} MB are free at {folder} and Kafka needs {2 * needed_bytes // 2**20} MB: "
            "free some space or set FUSION_CACHE to another disk."
        )


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), console=console
    )


def _fetch(jar: Jar, scratch: Path, mirror: str | None, tick: Tick, fetch_one: Download) -> Path:
    """The path of a jar just fetched, whose sum is the locked one."""
    last: Exception | None = None
    for _ in range(FETCH_TRIES):
        try:
            path = fetch_one(jar, scratch, mirror, tick)
        except (OSError, RuntimeError) as error:  # requests' errors are OSErrors, jgo's are RuntimeErrors
            if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
                raise  # our own disk, not the other side
            last = error
        else:
            if is_genuine(path, jar):
                return path
            last = None
        for broken in scratch.rglob(jar.file_name):  # jgo keeps a half file and takes it for whole
            broken.unlink()
    if last is None:
        raise Misconfigured(
            f"{jar.file_name} as fetched is not the file named in the lock (its SHA-256 differs): "
            "something between this machine and the repository changes files; ask the network's owner or set "
            "FUSION_MAVEN_MIRROR to a repository that you trust."
        )
    raise RetryLater(
        f"{jar.file_name} could not be fetched ({_in_short(last)}): connect this machine to the internet once, "
        "or set FUSION_MAVEN_MIRROR, FUSION_KAFKA_HOME (an unpacked Kafka) or FUSION_BOOTSTRAP (a running cluster)."
    ) from last


def _in_short(error: Exception) -> str:
    """What kind of fault it was; the library's own text is long and names addresses."""
    return "not found there" if isinstance(error, RuntimeError) else type(error).__name__


def resolve_lock(scratch: Path) -> Lock:
    """A new lock: what Kafka and the log binding need at run time, as the repository has it now."""
    from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415 - as above
    from jgo.parse import Coordinate  # noqa: PLC0415 - as above

    context = MavenContext(resolver=PythonResolver(), repo_cache=scratch, timeout=FETCH_TIMEOUT_S)
    roots = [context.create_dependency(Coordinate(*root, scope="compile")) for root in ROOTS]
    inputs, transitive = context.resolver.resolve(roots)
    found = [*inputs, *(dep for dep in transitive if dep.scope in {"compile", "runtime"})]
    jars = []
    for dependency in found:
        path = Path(dependency.artifact.resolve())
        artifact = dependency.artifact
        jars.append(
            Jar(
                group=artifact.groupId,
                name=artifact.artifactId,
                version=artifact.version,
                sha256=sha256_of(path),
                size_bytes=path.stat().st_size,
            )
        )
    return Lock(kafka_version=KAFKA_VERSION, jars=tuple(jars))


def main() -> None:
    """Resolves Kafka anew and writes the lock file beside this module."""
    with tempfile.TemporaryDirectory() as scratch:
        lock = resolve_lock(Path(scratch))
    write_lock(lock, LOCK_FILE)
    Console(stderr=True).print(f"{len(lock.jars)} jars locked in {os.path.relpath(LOCK_FILE)}")


if __name__ == "__main__":
    main()
