"""Where a worker's time goes, as py-spy sees it: samples of the whole process under a backlog, told step by step."""

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from bench.bus import Bus, Load
from fusionbus.contract import topics

RATE_HZ = 200
SECONDS = 15
WARM_REPORTS = 2_000

STEPS = (
    ("first hop: read, check, deduplicate", ("decide_reports (",)),
    ("second hop: read the text, fill the fields", ("enrich (streams/enrich",)),
    ("second hop: correlate", ("correlate (streams/correlate/decide",)),
    ("second hop: who gets it", ("opened (streams/change", "fused (streams/change", "updated (streams/change")),
    ("second hop: alerts, receipt, audit record", ("tell (streams/tell",)),
    ("second hop: write the incident, mend the index", ("Fusion._store (",)),
    ("second hop: the rest (decoding, lists)", ("Fusion.decide (",)),
    ("engine: batches out to librdkafka, marks, offsets", ("_one_batch (streams/engine/loop",)),
    ("Faust's consumer: fetches and their decoding", ("WorkerThread.run (mode", "Fetcher", "Conductor")),
    ("the event loop, metrics and everything else", ("",)),
)
"""From the inside outwards: a sample counts for the first step that has one of its marks in the stack."""

_WAITING = ("select (selectors.py", "Condition.wait (threading", "_follow (streams/registry_reader")


def profile(bus: Bus, loads: list[Load], raw: Path) -> Counter[str]:
    """Samples by step of one worker busy with these reports; `raw` gets the stacks as py-spy writes them.

    Raises: FileNotFoundError if py-spy is not installed.
    """
    spy = shutil.which("py-spy", path=str(Path(sys.executable).parent))
    if spy is None:
        raise FileNotFoundError("py-spy is missing: run `make install`")
    bus.send(loads)
    worker = bus.start_worker()
    bus.written_at_ms(topics.RECEIPTS, WARM_REPORTS)
    subprocess.run(
        [spy, "record", "-p", str(worker.pid), "-d", str(SECONDS), "-r", str(RATE_HZ), "-f", "raw", "-o", str(raw)],
        check=True,
        capture_output=True,
    )
    bus.end(worker)
    return by_step(raw.read_text(encoding="utf-8").splitlines())


def by_step(stacks: Iterable[str]) -> Counter[str]:
    """Samples by step; waiting threads are left out."""
    found: Counter[str] = Counter()
    for line in stacks:
        stack, _, count = line.rpartition(" ")
        if any(mark in stack.rpartition(";")[2] for mark in _WAITING):
            continue
        step = next(name for name, marks in STEPS if any(mark in stack for mark in marks))
        found[step] += int(count)
    return found
