"""The processes of the demo: started, restarted where they ask for it, and ended by their ids."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fusionbus.contract.errors import RetryLater

RESTART_CODE: Final = 70
"""With this code a worker asks to be started again (EX_SOFTWARE of sysexits)."""
RESTARTS_MAX: Final = 5
BACK_OFF_S: Final = 0.5
"""Pause before the first restart; it doubles each time."""
END_S_MAX: Final = 15.0
TAIL_CHARS: Final = 600

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
    process: subprocess.Popen[bytes]
    restarts: int = 0
    again_at: float | None = None


@dataclass(slots=True)
class Crew:
    """The processes of one run.

    Args:
        folder: where each process's log lies.
        settings: environment variables that all get besides the present ones.
        dies_with_parent: whether the processes end when this one is killed.
    """

    folder: Path
    settings: Mapping[str, str]
    dies_with_parent: bool = True
    mates: dict[str, Mate] = field(default_factory=dict)

    def start(self, name: str, *arguments: str, lasting: bool = True) -> Mate:
        """A `fusionbus` command in the background; a lasting one may not end by itself."""
        log = self.folder / f"{name}.log"
        mate = Mate(name, arguments, log, lasting, self._spawn(arguments, log))
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
        """Restarts who asks for it. Raises: RetryLater when a lasting process ended for good."""
        for mate in self.mates.values():
            code = mate.process.poll()
            if code is None or not mate.lasting:
                continue
            if code != RESTART_CODE or mate.restarts >= RESTARTS_MAX:
                raise RetryLater(f"{mate.name} ended with code {code}: {tail(mate.log)}")
            if mate.again_at is None:
                mate.again_at = time.monotonic() + BACK_OFF_S * 2**mate.restarts
            elif time.monotonic() >= mate.again_at:
                mate.restarts, mate.again_at = mate.restarts + 1, None
                mate.process = self._spawn(mate.arguments, mate.log)

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

    def _spawn(self, arguments: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
        line = [sys.executable, "-m", "fusionbus.deploy.demo_child", *arguments]
        if self.dies_with_parent:
            line = [sys.executable, "-c", _DIE_WITH_PARENT, *line]
        with log.open("ab") as out:
            return subprocess.Popen(  # noqa: S603 - our own command, no shell
                line,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=dict(os.environ) | dict(self.settings),
                start_new_session=True,
            )


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)


def tail(log: Path) -> str:
    """The end of a log, on one line."""
    text = log.read_text(encoding="utf-8", errors="replace")[-TAIL_CHARS:]
    return " | ".join(line for line in text.splitlines()[-4:] if line.strip()) or "its log is empty"
