"""Processes of this machine that belong together: one supervisor keeps them running until it is told to stop."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Final

from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.deploy.broker_process import wait_for_end
from fusionbus.deploy.demo_crew import END_S_MAX, FUSIONBUS, Crew, tail

LOOK_S: Final = 0.25
SETTLED_S: Final = 5.0
"""A process that cannot start at all (a wrong setting) has ended by then; `up` then says so itself."""


@dataclass(frozen=True)
class Wanted:
    """One process: its name, its `fusionbus` command, and its own environment variables besides the shared ones."""

    name: str
    arguments: tuple[str, ...]
    settings: Mapping[str, str] = field(default_factory=dict)


def start(folder: Path, settings: Mapping[str, str], *command: str) -> int:
    """The process id of the supervisor that this command is; one that already runs is left alone.

    `settings` are environment variables besides the present ones. Raises: RetryLater where it ends at once.
    """
    held = running(folder)
    if held is not None:
        return held
    folder.mkdir(parents=True, exist_ok=True)
    with _log(folder).open("ab") as out:
        process = subprocess.Popen(  # noqa: S603 - our own command, no shell
            [*FUSIONBUS, *command, "--logs", str(folder), "--strict-s", str(SETTLED_S - 1)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(os.environ) | dict(settings),
            start_new_session=True,
        )
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(SETTLED_S)
        raise RetryLater(f"`fusionbus {command[0]}` ended at once: {tail(_log(folder))}")
    process.returncode = 0  # it goes on by itself, or Popen warns that it was never waited for
    return process.pid


def stop(folder: Path) -> int | None:
    """The supervisor that ran and has ended with its workers; None if none ran. Raises: RetryLater."""
    held = running(folder)
    if held is not None:
        os.kill(held, signal.SIGTERM)
        if not wait_for_end(held, 2 * END_S_MAX):
            raise RetryLater(
                f"The supervisor (process {held}) is still busy: wait, then try again; its log is {_log(folder)}."
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


def supervise(folder: Path, wanted: Sequence[Wanted], *, strict_s: float = 0.0) -> None:
    """Keeps processes running until SIGTERM or SIGINT, with pauses that grow; their logs lie in the folder.

    For `strict_s` seconds one that cannot go on ends all, so that whoever starts us hears of it. Raises:
    Misconfigured where another supervisor has the folder, RetryLater in strict time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    crew, strict_until = Crew(folder, {}, patient=not strict_s, say=_say), time.monotonic() + strict_s
    with _alone(folder), _until_told() as over:
        try:
            for one in wanted:
                crew.start(one.name, *one.arguments, settings=one.settings)
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
                f"This already runs here (process {running(folder)}): end it with `fusionbus down`."
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
    return folder / f"{folder.name}.pid"


def _log(folder: Path) -> Path:
    return folder / f"{folder.name}.log"
