"""What ends a worker, and what it says."""

import json
import re
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from fusionbus.streams.engine import EngineSettings
from fusionbus.streams.engine.die import fault_of, last_words
from fusionbus.streams.engine.watchdog import Watchdog, clock_s

QUICK = EngineSettings(session_timeout_s=0.1, heartbeat_s=0.01, stuck_s=0.05, shutdown_s=0.05)


class Told(Exception):  # noqa: N818 - no error, what the watchdog said
    """Stands in for the end of the process."""


def watchdog(settings: EngineSettings) -> Watchdog:
    def die(reason: str, _what_to_do: str) -> None:
        raise Told(reason)

    return Watchdog(settings, on_death=die)


def pass_time(seconds: float) -> None:
    end = clock_s() + seconds
    while clock_s() < end:
        time.sleep(0.005)


def test_a_pause_of_nearly_a_session_ends_the_process() -> None:
    dog = watchdog(QUICK)
    dog.look()
    dog.check_pause()
    pass_time(0.1)
    with pytest.raises(Told, match="stood still"):
        dog.check_pause()


def test_a_blocked_loop_ends_the_process() -> None:
    dog = watchdog(QUICK)
    pass_time(0.06)
    with pytest.raises(Told, match="event loop stood"):
        dog.look()


def test_work_that_waits_too_long_ends_the_process_and_names_it() -> None:
    dog = watchdog(QUICK)
    dog.work_waits("in[0] at 5", 0.03)
    pass_time(0.035)
    dog.loop_moved()
    dog.work_waits("in[0] at 5", 0.03)
    with pytest.raises(Told, match=r"no progress .* in\[0\] at 5"):
        dog.look()


def test_work_that_moves_is_left_alone() -> None:
    dog = watchdog(QUICK)
    for offset in range(3):
        dog.work_waits(f"in[0] at {offset}", 0.03)
        pass_time(0.02)
        dog.loop_moved()
        dog.look()
    dog.work_moved()
    pass_time(0.035)
    dog.loop_moved()
    dog.look()


def test_a_shutdown_has_its_own_limit() -> None:
    dog = watchdog(QUICK)
    dog.stopping()
    dog.look()
    pass_time(0.06)
    with pytest.raises(Told, match="shutdown took longer"):
        dog.look()


def test_the_last_words_are_one_line() -> None:
    words = last_words("a\nreason", "do  this", datetime(2026, 3, 5, 23, 0, 9, tzinfo=UTC))
    assert words == "engine: exit 70: a reason; do this. (2026-03-05T23:00:09Z)\n"


def test_a_fault_is_told_by_type_and_place_and_never_by_its_text() -> None:
    try:
        json.loads("secret body")
    except ValueError as error:
        told = fault_of(error)
    assert told.startswith("JSONDecodeError at ")
    assert "secret" not in told


def test_dying_exits_with_70_past_every_finally() -> None:
    program = (
        "from fusionbus.streams.engine.die import die\n"
        "try: die('because', 'do this')\n"
        "finally: print('a finally ran')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (70, "")
    assert re.fullmatch(r"engine: exit 70: because; do this\. \(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\)\n", done.stderr)
