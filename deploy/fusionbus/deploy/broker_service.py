"""The machine's one local broker, which goes on running after the command that started it."""

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from fusionbus.contract.errors import FusionError, Misconfigured, RetryLater
from fusionbus.deploy import broker_process, broker_ready
from fusionbus.deploy.broker import START_S_MAX, STOP_S_MAX, LocalBroker
from fusionbus.deploy.broker_files import HOST, Folder, data_bytes, prepare, replace_text
from fusionbus.deploy.broker_jars import KAFKA_VERSION
from fusionbus.deploy.broker_secured import check_profile, is_secured, probe_options
from fusionbus.deploy.broker_settings import LocalBrokerSettings
from fusionbus.deploy.secret_files import Secrets

LOCK_S_MAX = START_S_MAX + STOP_S_MAX  # what another command of this kind may take


@dataclass(frozen=True)
class Running:
    """Which process runs, as the folder remembers it."""

    pid: int
    port: int
    controller_port: int


class State(StrEnum):
    """What a user wants to know first."""

    DOWN = "down"
    NOT_READY = "running, not ready"
    READY = "ready"


@dataclass(frozen=True)
class Status:
    """The broker as it is now; what is not known is None."""

    state: State
    bootstrap: str | None
    pid: int | None
    port: int | None
    topics: int | None
    data_bytes: int
    data_folder: str
    kafka_version: str


@dataclass(frozen=True)
class Started:
    """What `up` did."""

    running: Running
    was_running: bool
    after_crash: bool  # the broker before this one ended without saying so


def folder_of(settings: LocalBrokerSettings) -> Folder:
    """The folder of the machine's broker."""
    return Folder((settings.home.expanduser() / "broker").absolute())


def find_running(folder: Folder) -> Running | None:
    """The broker that runs on this folder, or None; a stale note of a dead one counts for nothing."""
    noted = _noted(folder)
    return noted if noted is not None and broker_process.is_broker_of(noted.pid, folder) else None


def _noted(folder: Folder) -> Running | None:
    try:
        fields = json.loads(folder.running.read_text(encoding="utf-8"))
        return Running(**{name: int(fields[name]) for name in ("pid", "port", "controller_port")})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def secrets_of(settings: LocalBrokerSettings, *, secure: bool = False) -> Secrets | None:
    """The secrets of a secured broker; None for an open one. What was secured once is secured at every start."""
    return settings.secrets if secure or is_secured(folder_of(settings)) else None


def up(settings: LocalBrokerSettings, port: int | None = None, *, secure: bool = False) -> Started:
    """The broker, running in the background and ready; one that already runs is left alone.

    Raises:
        Misconfigured, RetryLater: it cannot start, or runs on another port than the one asked for.
    """
    folder = folder_of(settings)
    prepare(folder)
    with _alone(folder):
        running, secrets = find_running(folder), secrets_of(settings, secure=secure)
        if running is not None:
            _refuse_other_port(running, port)
            check_profile(folder, secured=secrets is not None)
            _wait(running, folder, probe_options(_address(running), secrets))
            return Started(running, was_running=True, after_crash=False)
        crashed = folder.running.exists()
        broker = LocalBroker(
            folder.root,
            port=port or settings.broker_port,
            settings=settings,
            dies_with_parent=False,
            quick_start=False,
            secrets=secrets,
        )
        try:
            broker.launch()
            running = _note(folder, broker, broker.pid or 0)
            broker.wait_until_ready()
        except FusionError:
            broker.kill()
            folder.running.unlink(missing_ok=True)
            raise
        broker.let_go()
        return Started(running, was_running=False, after_crash=crashed)


def become(settings: LocalBrokerSettings, port: int | None = None, *, secure: bool = False) -> None:
    """Turns this process into the broker, for a supervisor. Does not return.

    Raises:
        Misconfigured, RetryLater: it cannot start, or already runs.
    """
    folder = folder_of(settings)
    prepare(folder)
    with _alone(folder):
        running = find_running(folder)
        if running is not None:
            raise Misconfigured(
                f"The broker already runs (process {running.pid}) on {folder.root}: "
                "run `fusionbus broker down` first, then start it here."
            )
        secrets = secrets_of(settings, secure=secure)
        broker = LocalBroker(folder.root, port=port or settings.broker_port, settings=settings, secrets=secrets)
        jars = broker.make_ready_to_run()
        _note(folder, broker, os.getpid())
        broker_process.become(folder, jars)


def down(settings: LocalBrokerSettings, *, force: bool = False) -> Running | None:
    """The broker that ran and has ended now; None if none ran.

    Raises:
        RetryLater: it did not end in time.
    """
    folder = folder_of(settings)
    if not folder.root.exists():
        return None
    with _alone(folder):
        running = find_running(folder)
        if running is None:
            folder.running.unlink(missing_ok=True)
            return None
        try:
            os.kill(running.pid, signal.SIGKILL if force else signal.SIGTERM)
        except PermissionError as error:
            raise Misconfigured(
                f"The broker (process {running.pid}) belongs to another user: stop it as that user."
            ) from error
        if not broker_process.wait_for_end(running.pid, STOP_S_MAX):
            raise RetryLater(
                f"The broker (process {running.pid}) still runs after {STOP_S_MAX:.0f} s: wait, or end it with "
                "`fusionbus broker down --force` (nothing acknowledged is lost)."
            )
        folder.running.unlink(missing_ok=True)
        return running


def status(settings: LocalBrokerSettings, wait_s: float = 0.0) -> Status:
    """The broker as it is now, or as it is once ready if that takes no longer than `wait_s`."""
    folder = folder_of(settings)
    until = time.monotonic() + wait_s
    while True:
        running = find_running(folder)
        options = probe_options(_address(running), secrets_of(settings)) if running else {}
        ready = running is not None and broker_ready.listens(_address(running)) and _takes_records(running, options)
        if ready or time.monotonic() >= until:
            break
        time.sleep(broker_ready.PAUSE_S)
    names = broker_ready.topic_names(_address(running), options) if running is not None and ready else None
    return Status(
        state=State.READY if ready else State.DOWN if running is None else State.NOT_READY,
        bootstrap=_address(running) if running else None,
        pid=running.pid if running else None,
        port=running.port if running else None,
        topics=len(names) if names is not None else None,
        data_bytes=data_bytes(folder),
        data_folder=str(folder.data),
        kafka_version=KAFKA_VERSION,
    )


def _takes_records(running: Running, options: Mapping[str, Any]) -> bool:
    return broker_ready.takes_records(_address(running), options)


def _address(running: Running) -> str:
    return f"{HOST}:{running.port}"


def _note(folder: Folder, broker: LocalBroker, pid: int) -> Running:
    running = Running(pid=pid, port=broker.port, controller_port=broker.controller_port)
    replace_text(folder.running, json.dumps(asdict(running)) + "\n")
    return running


def _refuse_other_port(running: Running, port: int | None) -> None:
    if port is not None and port != running.port:
        raise Misconfigured(
            f"The broker already runs on port {running.port} (process {running.pid}): run `fusionbus broker down` "
            f"before you start it on port {port}."
        )


def _wait(running: Running, folder: Folder, options: Mapping[str, Any]) -> None:
    """Returns when the broker that another command started is ready."""
    ended = not broker_ready.wait_until_ready(
        _address(running), START_S_MAX, lambda: not broker_process.is_broker_of(running.pid, folder), options
    )
    if ended:
        raise RetryLater(
            f"The broker (process {running.pid}) runs on port {running.port} and takes no records: look at "
            f"{folder.log}, or run `fusionbus broker down --force` and `up` again."
        )


@contextlib.contextmanager
def _alone(folder: Folder) -> Iterator[None]:
    """Keeps a second `up` or `down` on the same folder waiting."""
    try:
        import fcntl  # noqa: PLC0415 - POSIX only
    except ImportError as error:
        raise Misconfigured(
            "The local broker runs on Linux and macOS: on Windows use WSL, or set FUSION_BOOTSTRAP to a cluster."
        ) from error
    until = time.monotonic() + LOCK_S_MAX
    with folder.lock.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise RetryLater(
                        f"Another `fusionbus broker` command is still busy with {folder.root}: wait for it to end."
                    ) from None
                time.sleep(broker_ready.PAUSE_S)
        yield  # the lock ends with the file
