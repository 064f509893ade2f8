"""The hub's workers on one machine: one supervisor process keeps them running until it is told to stop."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType
from typing import Final

from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.deploy.broker_process import wait_for_end
from fusionbus.deploy.demo_crew import END_S_MAX, FUSIONBUS, Crew, tail
from fusionbus.shell.serving import LOOPBACK

WORKERS: Final = 2
METRICS_PORT: Final = 9101
"""Of the first worker, the next one has the next; `deploy/prometheus` reads these."""
LOOK_S: Final = 0.25
READY_S_MAX: Final = 60.0
ANSWER_BYTES_MAX: Final = 500
SETTLED_S: Final = 5.0
"""A worker that cannot start at all (a wrong setting) has ended by then; `up` then says so itself."""


def start(folder: Path, settings: Mapping[str, str]) -> int:
    """The supervisor's process id; one that already runs is left alone. Raises: RetryLater where it ends at once.

    `settings` are environment variables of the workers, besides the present ones.
    """
    held = running(folder)
    if held is not None:
        return held
    folder.mkdir(parents=True, exist_ok=True)
    with _log(folder).open("ab") as out:
        process = subprocess.Popen(  # noqa: S603 - our own command, no shell
            [*FUSIONBUS, "hub", "--logs", str(folder), "--strict-s", str(SETTLED_S - 1)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(os.environ) | dict(settings),
            start_new_session=True,
        )
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(SETTLED_S)
        raise RetryLater(f"The hub ended at once: {tail(_log(folder))}")
    process.returncode = 0  # it goes on by itself, or Popen warns that it was never waited for
    return process.pid


def wait_until_ready(first_port: int = METRICS_PORT, workers: int = WORKERS) -> str | None:
    """None when every worker says that it is ready, or after a minute what one of them still waits for."""
    until, waits = time.monotonic() + READY_S_MAX, None
    for port in range(first_port, first_port + workers):
        while (waits := _waits_for(port)) is not None and time.monotonic() < until:
            time.sleep(LOOK_S)
        if waits is not None:
            return waits
    return None


def _waits_for(port: int) -> str | None:
    connection = HTTPConnection(os.environ.get("FUSION_METRICS_HOST", LOOPBACK), port, timeout=2)
    try:
        connection.request("GET", "/ready")
        answer = connection.getresponse()
        return (
            None if answer.status == HTTPStatus.OK else answer.read(ANSWER_BYTES_MAX).decode("utf-8", "replace").strip()
        )
    except (OSError, HTTPException):
        return f"The worker at port {port} does not answer yet."
    finally:
        connection.close()


def stop(folder: Path) -> int | None:
    """The supervisor that ran and has ended with its workers; None if none ran. Raises: RetryLater."""
    held = running(folder)
    if held is not None:
        os.kill(held, signal.SIGTERM)
        if not wait_for_end(held, 2 * END_S_MAX):
            raise RetryLater(
                f"The hub (process {held}) is still busy: wait, then try again; its log is {_log(folder)}."
            )
    return held


def running(folder: Path) -> int | None:
    """The supervisor of this folder, or None; it holds a lock on its note as long as it lives."""
    try:
        with _note(folder).open("rb") as note:
            fcntl.flock(note, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return int(_note(folder).read_text(encoding="utf-8") or 0) or None
    return None


def supervise(folder: Path, workers: int, first_port: int, *, strict_s: float = 0.0) -> None:
    """Keeps workers running until SIGTERM or SIGINT, with pauses that grow; their logs lie in the folder.

    For `strict_s` seconds a worker that cannot go on ends all, so that whoever starts us hears of it. Raises:
    Misconfigured where another supervisor has the folder, RetryLater in strict time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    crew, strict_until = Crew(folder, {}, patient=not strict_s, say=_say), time.monotonic() + strict_s
    with _alone(folder), _until_told() as over:
        try:
            for number in range(1, workers + 1):
                port = str(first_port + number - 1)
                crew.start(f"worker-{number}", "worker", "--id", f"hub-{number}", "--metrics-port", port)
            while not over.wait(LOOK_S):
                crew.patient = crew.patient or time.monotonic() > strict_until
                crew.look_after()
        finally:
            crew.end()


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Holds the lock on the folder. Raises: Misconfigured where another supervisor has it."""
    with _note(folder).open("a", encoding="utf-8") as note:
        try:
            fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Misconfigured(
                f"The hub already runs here (process {running(folder)}): end it with `fusionbus down`."
            ) from None
        note.truncate(0)
        note.write(f"{os.getpid()}\n")
        note.flush()
        yield


@contextlib.contextmanager
def _until_told() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set."""
    over = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        over.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield over
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(sentence: str) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    print(f"{now} {sentence}", file=sys.stderr, flush=True)  # noqa: T201 - the command speaks


def _note(folder: Path) -> Path:
    return folder / "hub.pid"


def _log(folder: Path) -> Path:
    return folder / "hub.log"
