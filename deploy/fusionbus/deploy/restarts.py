"""When a process that ended is started again, and why it ended, in a sentence. Pure."""

import signal
from dataclasses import dataclass
from typing import Final

ASKS_FOR_RESTART: Final = 70
"""With this code a worker ends itself rather than lose a record (EX_SOFTWARE of sysexits)."""
FAULT: Final = 2
"""With this code a command says in one sentence what to mend; often a restart does not help (`shell.cli`)."""
FIRST_S: Final = 0.5
MOST_S: Final = 30.0
"""A worker takes 5 s to start: a broken one costs a sixth of a processor at most. Systemd's units have it too."""
HEALTHY_S: Final = 60.0
"""Who ran for so long has started, recovered and worked: its next end is a new matter."""
LAST_WORDS: Final = f"engine: exit {ASKS_FOR_RESTART}: "


@dataclass(slots=True)
class Restarts:
    """The ends of one process that followed each other closely."""

    failures: int = 0

    def pause_s(self, ran_s: float) -> float:
        """How long to wait before the next start, after a run of so many seconds: doubling up to `MOST_S`."""
        self.failures = 1 if ran_s >= HEALTHY_S else self.failures + 1
        return float(min(MOST_S, FIRST_S * 2.0 ** min(self.failures - 1, 30)))


def why(code: int, log_end: str) -> str:
    """Why a process ended, from its exit code (negative: the signal) and the end of its log; no full stop."""
    lines = [line.strip() for line in log_end.splitlines() if line.strip()]
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        hint = ", by hand or by the kernel for want of memory" if name == "SIGKILL" else ""
        return f"it was killed ({name}{hint})"
    said = next((line.removeprefix(LAST_WORDS) for line in reversed(lines) if line.startswith(LAST_WORDS)), None)
    if code == ASKS_FOR_RESTART and said is not None:
        return f"it ended itself rather than lose a record: {said.split(';')[0].rstrip('.')}"
    last = lines[-1].rstrip(".") if lines else "its log is empty"
    return f"it could not go on: {last}" if code == FAULT else f"it ended with code {code}: {last}"
