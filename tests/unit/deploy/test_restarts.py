"""When an ended process is started again, and why it ended."""

import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.deploy import demo_crew, restarts, service
from fusionbus.deploy.demo_crew import Crew
from fusionbus.deploy.restarts import FIRST_S, HEALTHY_S, MOST_S, Restarts


def test_pauses_double_up_to_the_most_and_begin_anew_after_a_healthy_run() -> None:
    one = Restarts()
    assert [one.pause_s(1.0) for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert one.pause_s(HEALTHY_S) == FIRST_S
    assert one.pause_s(1.0) == 2 * FIRST_S


@given(st.lists(st.floats(0, 1e6), max_size=3_000))
def test_a_pause_is_never_shorter_than_the_first_nor_longer_than_the_most(runs: list[float]) -> None:
    one = Restarts()
    assert all(FIRST_S <= one.pause_s(ran_s) <= MOST_S for ran_s in runs)


@pytest.mark.parametrize(
    ("code", "log", "sentence"),
    [
        (-9, "all well\n", "it was killed (SIGKILL, by hand or by the kernel for want of memory)"),
        (-11, "", "it was killed (SIGSEGV)"),
        (
            70,
            "x\nengine: exit 70: a send failed (Timeout); nothing was committed. (2026-03-05T23:00:09Z)\n%6|rdkafka|\n",
            "it ended itself rather than lose a record: a send failed (Timeout)",
        ),
        (70, "", "it ended with code 70: its log is empty"),
        (2, "info\nNo broker answers at h:1: start one.\n", "it could not go on: No broker answers at h:1: start one"),
        (1, "Traceback\nValueError: x\n", "it ended with code 1: ValueError: x"),
        (0, "done\n\n", "it ended with code 0: done"),
    ],
)
def test_why_is_one_sentence(code: int, log: str, sentence: str) -> None:
    assert restarts.why(code, log) == sentence


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """What each process of a crew runs in the place of `fusionbus`, told by its first argument."""
    path = tmp_path / "program.py"
    path.write_text("import sys; print('No broker.'); sys.exit(int(sys.argv[-1]))", encoding="utf-8")
    monkeypatch.setattr(demo_crew, "FUSIONBUS", (sys.executable, str(path)))
    return path


def look_until(crew: Crew, count: int, said: list[str]) -> None:
    end = time.monotonic() + 30
    while len(said) < count:
        assert time.monotonic() < end, said
        crew.look_after()
        time.sleep(0.01)


@pytest.mark.usefixtures("program")
def test_a_patient_crew_starts_whoever_ends_again_with_growing_pauses_and_says_why(tmp_path: Path) -> None:
    said: list[str] = []
    crew = Crew(tmp_path, {}, patient=True, say=said.append)
    crew.start("worker-1", "2")
    look_until(crew, 3, said)
    crew.end()
    assert [line.rsplit(" ", 2)[1] for line in said] == ["0.5", "1", "2"]
    assert said[0] == "worker-1 ended after 0 s: it could not go on: No broker. It is started again in 0.5 s."


@pytest.mark.usefixtures("program")
def test_an_impatient_crew_gives_up_at_a_fault_that_a_restart_does_not_mend(tmp_path: Path) -> None:
    crew = Crew(tmp_path, {}, say=lambda _: None)
    crew.start("worker-1", "2").process.wait(30)
    with pytest.raises(RetryLater, match="could not go on: No broker"):
        crew.look_after()
    crew.end()


def test_a_long_log_is_put_aside_at_the_next_start(program: Path, tmp_path: Path) -> None:
    assert program
    log = tmp_path / "worker-1.log"
    with log.open("wb") as file:
        file.truncate(demo_crew.LOG_BYTES_MAX + 1)
    crew = Crew(tmp_path, {})
    crew.start("worker-1", "0", lasting=False).process.wait(30)
    assert log.read_text(encoding="utf-8") == "No broker.\n"
    assert (tmp_path / "worker-1.log.1").stat().st_size > demo_crew.LOG_BYTES_MAX


def test_two_supervisors_of_one_folder_are_refused(tmp_path: Path) -> None:
    assert service.running(tmp_path) is None
    with service._alone(tmp_path):  # noqa: SLF001 - the whole of supervise would start workers
        assert service.running(tmp_path) is not None
        with pytest.raises(Misconfigured, match="already runs here"):
            service.supervise(tmp_path, ())
    assert service.running(tmp_path) is None
