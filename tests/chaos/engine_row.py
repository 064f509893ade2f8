"""The rows of the engine alone (`engine_chaos.py`): two tables compared key by key, without hub and sinks."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from chaos.oracle import Verdict
from chaos.row import Result

ROWS: Final = {
    "engine-random": (("2", "random"), "the engine alone: two workers killed, stopped, frozen; tables compared"),
    "engine-storm": (("3", "storm"), "the engine alone: three workers come and go; tables compared"),
}


def play(name: str, seed: int) -> Result:
    """The result of one engine row. What its workers sent twice is for sinks to drop, so it is a note."""
    begun = time.monotonic()
    (workers, mode), _ = ROWS[name]
    program = Path(__file__).with_name("engine_chaos.py")
    done = subprocess.run(
        [sys.executable, str(program), workers, str(seed), mode], check=False, capture_output=True, text=True
    )
    took_s = time.monotonic() - begun
    try:
        told = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        return Result(
            name, Verdict(0, 0, 0, 0, 0, (f"it ended with {done.returncode}: {done.stderr[-300:]}",)), 0, 0, ()
        )
    faults = () if done.returncode == 0 else (f"it ended with {done.returncode}: {told}",)
    verdict = Verdict(told["written"], told["written"] - told["missing"], told["missing"], 0, 0, faults)
    notes = (
        f"{told['state_rows']} rows of state are right; {told['twice']} outputs were sent twice",
        f"ends {told['exits']}",
    )
    return Result(name, verdict, told["drain_s"], took_s, notes)
