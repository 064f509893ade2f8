"""The outbox of alert services lives through kills, and through others who look at it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from fusionbus.consumers.services.outbox import Outbox
from fusionbus.consumers.services.taking import ServicesHandler
from service_desk import CONFIG, DIGEST_AT, Clock, Mailbox, courier, minor

TESTS = Path(__file__).resolve().parents[2]
TAKES_UNTIL_KILLED = """
import itertools, sys
from pathlib import Path
sys.path[:0] = [sys.argv[2]]
from service_desk import CONFIG, NOON, minor
from fusionbus.consumers.services.outbox import Outbox
from fusionbus.consumers.services.taking import ServicesHandler
handler = ServicesHandler(CONFIG, Outbox(Path(sys.argv[1])), lambda: NOON)
for number in itertools.count():
    handler.take(minor(number))
    print(number, flush=True)
"""

LOOKS = """
import sys
from pathlib import Path
from fusionbus.consumers.services.outbox import Outbox
outbox = Outbox(Path(sys.argv[1]))
print(outbox.waiting())
outbox.close()
"""


def test_a_kill_loses_no_alert_of_a_digest_and_doubles_none(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    command = [sys.executable, "-c", TAKES_UNTIL_KILLED, str(path), str(TESTS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        said = [int(child.stdout.readline()) for _ in range(10)]
        os.kill(child.pid, signal.SIGKILL)
        said += [int(line) for line in child.stdout.read().split()]
    outbox, desk, clock = Outbox(path), Mailbox(), Clock()
    taking = ServicesHandler(CONFIG, outbox, clock)
    for number in range(said[-1] + 3):
        taking.take(minor(number))
    clock.now = DIGEST_AT
    courier(outbox, desk, clock).round()
    outbox.close()
    told = [name for letter, _, _ in desk.letters for name in letter]
    assert sorted(told) == sorted(minor(number).alert_id for number in range(said[-1] + 3))


def test_who_looks_at_an_outbox_that_is_in_use_takes_nothing_away(tmp_path: Path) -> None:
    """A process that closed a file of its own would lose its locks on it, and the next to leave delete its log."""

    def seen() -> str:
        command = [sys.executable, "-c", LOOKS, str(outbox.book.path)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    outbox = Outbox(tmp_path / "outbox.db")
    taking = ServicesHandler(CONFIG, outbox, Clock())
    another_thread = Outbox(tmp_path / "outbox.db")
    taking.take(minor())
    assert seen() == "{'desk': 1}\n"
    taking.take(minor(2))
    assert seen() == "{'desk': 2}\n"
    another_thread.close()
    outbox.close()
