"""The hub's workers in the background: one supervisor process keeps them running until it is told to stop."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Final

from fusionbus.contract.errors import FusionError, RetryLater
from fusionbus.deploy.broker_process import is_alive, wait_for_end
from fusionbus.deploy.demo_crew import END_S_MAX, Crew, tail

METRICS_PORTS: Final = (9101, 9102)
"""One worker for each; `deploy/prometheus` reads these."""
LOOK_S: Final = 0.5
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
            [sys.executable, "-m", "fusionbus.deploy.demo_child", "hub-service", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(os.environ) | dict(settings),
            start_new_session=True,
        )
    _note(folder).write_text(f"{process.pid}\n", encoding="utf-8")
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(SETTLED_S)
        raise RetryLater(f"The hub ended at once: {tail(_log(folder))}")
    process.returncode = 0  # it goes on by itself, or Popen warns that it was never waited for
    return process.pid


def stop(folder: Path) -> int | None:
    """The supervisor that ran and has ended with its workers; None if none ran. Raises: RetryLater."""
    held = running(folder)
    if held is not None:
        os.kill(held, signal.SIGTERM)
        if not wait_for_end(held, 2 * END_S_MAX):
            raise RetryLater(
                f"The hub (process {held}) is still busy: wait, then try again; its log is {_log(folder)}."
            )
    _note(folder).unlink(missing_ok=True)
    return held


def running(folder: Path) -> int | None:
    """The supervisor of this folder, or None; a stranger with a dead one's number counts for nothing."""
    try:
        pid = int(_note(folder).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not is_alive(pid):
        return None
    command = Path(f"/proc/{pid}/cmdline")
    if command.exists() and os.fsencode(folder) not in command.read_bytes():
        return None
    return pid


def supervise(folder: Path) -> None:
    """Keeps the workers running until SIGTERM. Raises: FusionError where one has ended for good."""
    over = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        over.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    crew = Crew(folder, {})
    try:
        for number, port in enumerate(METRICS_PORTS, start=1):
            crew.start(f"worker-{number}", "worker", "--id", f"up-{number}", "--metrics-port", str(port))
        while not over.is_set():
            crew.look_after()
            time.sleep(LOOK_S)
    except FusionError as exc:
        print(exc, file=sys.stderr, flush=True)  # noqa: T201 - into its log, which `up` reads
        raise
    finally:
        crew.end()


def _note(folder: Path) -> Path:
    return folder / "hub.pid"


def _log(folder: Path) -> Path:
    return folder / "hub.log"
