"""The processes of a chaos run, supervised as in production: who ends with another code than 0 is started again."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
COMMAND = str(Path(sys.executable).parent / "fusionbus")
BACK_OFF_S = 0.5
DIES_WITH_PARENT = """
import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9)
os.execv(sys.argv[1], sys.argv[1:])
"""
STOP_S_MAX = 30.0
"""What issue and engine promise: SIGTERM ends a worker within 30 s, with code 0."""


@dataclass
class Mate:
    """One process, and how to start it again."""

    name: str
    line: Sequence[str]
    env: dict[str, str]
    log: Path
    process: "subprocess.Popen[bytes]"
    supervised: bool = True
    again_at: float | None = None
    codes: list[int] = field(default_factory=list)
    """Of each end that nobody asked for."""

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to a process that may be gone."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    def told(self) -> str:
        """Its log."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""


@dataclass
class Crew:
    """All processes of one run; each has its log in the folder."""

    folder: Path
    env: dict[str, str]
    mates: dict[str, Mate] = field(default_factory=dict)

    def start(
        self,
        name: str,
        line: Sequence[str],
        env: Mapping[str, str] | None = None,
        *,
        supervised: bool = True,
        log: Path | None = None,
    ) -> Mate:
        """Starts a process under a name that is free or whose bearer is gone."""
        where = log or self.folder / f"{name}.log"
        before = self.mates.get(name)
        given = self.env | dict(env or {})
        mate = Mate(name, line, given, where, spawn(line, given, where), supervised)
        mate.codes = before.codes if before is not None else []
        self.mates[name] = mate
        return mate

    def look_after(self) -> None:
        """Starts again who ended by itself, after a short pause."""
        for mate in self.mates.values():
            code = mate.process.poll()
            if not mate.supervised or code is None or code == 0:
                continue
            if mate.again_at is None:
                mate.codes.append(code)
                mate.again_at = time.monotonic() + BACK_OFF_S
            elif time.monotonic() >= mate.again_at:
                mate.again_at = None
                mate.process = spawn(mate.line, mate.env, mate.log)

    def kill(self, name: str) -> None:
        """SIGKILL; nobody starts it again."""
        mate = self.mates[name]
        mate.supervised = False
        mate.signal(signal.SIGKILL)
        mate.process.wait()

    def stop(self, name: str, time_s_max: float = STOP_S_MAX) -> tuple[int | None, float]:
        """SIGTERM: the exit code, None for one that had to be killed; and how long it took."""
        mate, begun = self.mates[name], time.monotonic()
        mate.supervised = False
        mate.signal(signal.SIGCONT)
        mate.signal(signal.SIGTERM)
        try:
            return mate.process.wait(time_s_max), time.monotonic() - begun
        except subprocess.TimeoutExpired:
            mate.signal(signal.SIGKILL)
            mate.process.wait()
            return None, time.monotonic() - begun

    def close(self) -> None:
        """Ends everything at once."""
        for mate in self.mates.values():
            mate.signal(signal.SIGKILL)
        for mate in self.mates.values():
            mate.process.wait()


def spawn(line: Sequence[str], env: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    """A process whose output goes to its log; it does not outlive this one (Linux)."""
    whole = [sys.executable, "-c", DIES_WITH_PARENT, *line]
    with log.open("ab") as out:
        return subprocess.Popen(
            whole, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )


def clean_environment(bootstrap: str, home: Path) -> dict[str, str]:
    """This process's environment with our settings and nobody else's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FUSION_")}
    tests = str(HERE.parent)
    path = f"{tests}{os.pathsep}{kept['PYTHONPATH']}" if kept.get("PYTHONPATH") else tests
    ours = {"FUSION_BOOTSTRAP": bootstrap, "FUSION_HOME": str(home), "FUSION_SESSION_S": "6", "PYTHONPATH": path}
    # Most agencies have no receiver here: after half an hour their silence would escalate, which is no fault.
    patience = {f"FUSION_ACKNOWLEDGE_{grave}_MIN": "600" for grave in ("EXTREME", "SEVERE", "OTHER", "RECALL")}
    return kept | ours | patience | {"FUSION_LOG_LEVEL": "WARNING"}
