"""The processes of the hub or the demo: started, started again where they end, and ended by their ids."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fusionbus.contract.errors import RetryLater
from fusionbus.deploy import restarts
from fusionbus.deploy.restarts import Restarts

FUSIONBUS: Final = (sys.executable, "-m", "fusionbus.deploy.demo_child")
"""The command of this very interpreter."""
FAILURES_MAX: Final = 5
"""An impatient crew gives up after so many ends that followed each other closely."""
END_S_MAX: Final = 15.0
TAIL_CHARS: Final = 600
LOG_BYTES_MAX: Final = 16 * 2**20
"""A log longer than this is put aside at the next start, in the place of the one put aside before."""

# When the demo itself is killed the kernel ends its children too (Linux); the shell's Ctrl-C reaches only the demo,
# because each child leads a session of its own.
_DIE_WITH_PARENT: Final = """
import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 15)
os.execv(sys.argv[1], sys.argv[1:])
"""


@dataclass(slots=True)
class Mate:
    """One process and how to start it again."""

    name: str
    arguments: tuple[str, ...]
    log: Path
    lasting: bool
    settings: Mapping[str, str]
    process: subprocess.Popen[bytes]
    restarts: Restarts = field(default_factory=Restarts)
    started_at: float = field(default_factory=time.monotonic)
    again_at: float | None = None


@dataclass(slots=True)
class Crew:
    """The processes of one run.

    Args:
        folder: where each process's log lies.
        settings: environment variables that all get besides the present ones.
        dies_with_parent: whether the processes end when this one is killed.
        patient: whether lasting processes are started again for ever, whatever they end with.
        say: told in a sentence who ended, why, and when it is started again.
    """

    folder: Path
    settings: Mapping[str, str]
    dies_with_parent: bool = True
    patient: bool = False
    say: Callable[[str], None] = lambda _: None
    mates: dict[str, Mate] = field(default_factory=dict)

    def start(
        self, name: str, *arguments: str, lasting: bool = True, settings: Mapping[str, str] | None = None
    ) -> Mate:
        """A `fusionbus` command in the background; a lasting one may not end by itself. `settings`: its own alone."""
        log, own = self.folder / f"{name}.log", settings or {}
        mate = Mate(name, arguments, log, lasting, own, self._spawn(arguments, log, own))
        self.mates[name] = mate
        return mate

    def run(self, name: str, *arguments: str, time_s_max: float = 120) -> str:
        """What a `fusionbus` command printed. Raises: RetryLater when it fails or takes too long."""
        mate = self.start(name, *arguments, lasting=False)
        self.finish(mate, time_s_max)
        return mate.log.read_text(encoding="utf-8", errors="replace")

    def finish(self, mate: Mate, time_s_max: float = 120) -> None:
        """Returns when a command has ended well. Raises: RetryLater when it fails or takes too long."""
        told = f"`fusionbus {mate.arguments[0]}`"
        try:
            code = mate.process.wait(time_s_max)
        except subprocess.TimeoutExpired:
            raise RetryLater(f"{told} took more than {time_s_max:.0f} s: see {mate.log}.") from None
        finally:
            self.end([mate.name])
        if code != 0:
            raise RetryLater(f"{told} ended with code {code}: {tail(mate.log)}")

    def look_after(self) -> None:
        """Starts lasting processes that ended again, in their time. Raises: RetryLater where patience is at its end."""
        for mate in self.mates.values():
            code = mate.process.poll()
            if code is None or not mate.lasting:
                continue
            if mate.again_at is None:
                mate.again_at = self._ended(mate, code)
            elif time.monotonic() >= mate.again_at:
                mate.process, mate.again_at = self._spawn(mate.arguments, mate.log, mate.settings), None
                mate.started_at = time.monotonic()

    def _ended(self, mate: Mate, code: int) -> float:
        """When it is started again, on the monotonic clock."""
        now = time.monotonic()
        ran_s = now - mate.started_at
        pause_s = mate.restarts.pause_s(ran_s)
        told = f"{mate.name} ended after {ran_s:.0f} s: {restarts.why(code, _end_of(mate.log))}"
        if not self.patient and (code == restarts.FAULT or mate.restarts.failures > FAILURES_MAX):
            raise RetryLater(f"{told}. Its log is {mate.log}.")
        self.say(f"{told}. It is started again in {pause_s:g} s.")
        return now + pause_s

    def end(self, names: Sequence[str] | None = None) -> None:
        """Ends these processes in order, or all; whoever does not hear is killed."""
        wanted = [self.mates.pop(name) for name in list(self.mates if names is None else names) if name in self.mates]
        for mate in wanted:
            _signal(mate.process, signal.SIGTERM)
        until = time.monotonic() + END_S_MAX
        for mate in wanted:
            with contextlib.suppress(subprocess.TimeoutExpired):
                mate.process.wait(max(0.05, until - time.monotonic()))
            if mate.process.poll() is None:
                _signal(mate.process, signal.SIGKILL)
                mate.process.wait()

    def _spawn(self, arguments: Sequence[str], log: Path, own: Mapping[str, str]) -> subprocess.Popen[bytes]:
        line = [*FUSIONBUS, *arguments]
        if self.dies_with_parent:
            line = [sys.executable, "-c", _DIE_WITH_PARENT, *line]
        if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as out:
            return subprocess.Popen(  # noqa: S603 - our own command, no shell
                line,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=dict(os.environ) | dict(self.settings) | dict(own),
                start_new_session=True,
            )


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)


def tail(log: Path) -> str:
    """The end of a log, on one line."""
    return " | ".join(line for line in _end_of(log).splitlines()[-4:] if line.strip()) or "its log is empty"


def _end_of(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - TAIL_CHARS))
        return file.read().decode("utf-8", "replace")
