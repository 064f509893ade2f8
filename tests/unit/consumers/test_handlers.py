"""The contract of every handler: it takes an alert, once, survives a crash, and says what is wrong with its disk."""

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from fusionbus.consumers.handlers import Handler, Taken, open_handler
from fusionbus.consumers.handlers.database import DatabaseHandler
from fusionbus.consumers.handlers.jsonl import JsonlHandler
from fusionbus.consumers.handlers.terminal import TerminalHandler
from fusionbus.consumers.testing import RecordingHandler, sample_alert
from fusionbus.contract.alert import Alert
from fusionbus.contract.errors import Misconfigured, RetryLater

TAKES_UNTIL_KILLED = """
import itertools, sys
from fusionbus.consumers.handlers import open_handler
from fusionbus.consumers.testing import sample_alert
handler = open_handler(sys.argv[1])
for number in itertools.count():
    handler.take(sample_alert(number=number))
    print(number, flush=True)
"""


@dataclass
class Case:
    """A handler, and how to see which alerts it holds."""

    spec: str
    open: Callable[[], Handler]
    held: Callable[[], list[str]]

    @property
    def path(self) -> Path:
        return Path(self.spec.partition(":")[2])


def _terminal(_folder: Path) -> Case:
    out = StringIO()

    def held() -> list[str]:
        lines = out.getvalue().splitlines()
        return [line.split()[-1] for line in lines if line.startswith("▌ alert ")]

    return Case("terminal", lambda: TerminalHandler(out, 100), held)


def _jsonl(folder: Path) -> Case:
    path = folder / "alerts.jsonl"

    def held() -> list[str]:
        return [json.loads(line)["alert_id"] for line in path.read_text(encoding="utf-8").splitlines()]

    return Case(f"jsonl:{path}", lambda: JsonlHandler(path), held)


def _sqlite(folder: Path) -> Case:
    path = folder / "threats.db"

    def held() -> list[str]:
        with closing(sqlite3.connect(path)) as database:
            return [row[0] for row in database.execute("SELECT alert_id FROM alerts ORDER BY rowid")]

    return Case(f"sqlite:{path}", lambda: DatabaseHandler(f"sqlite:{path}"), held)


def _recording(_folder: Path) -> Case:
    handler = RecordingHandler()
    return Case("recording", lambda: handler, lambda: [alert.alert_id for alert in handler.alerts])


EVERY = {"terminal": _terminal, "jsonl": _jsonl, "sqlite": _sqlite, "recording": _recording}
LASTING = ("jsonl", "sqlite")


@pytest.fixture(params=EVERY)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    return EVERY[request.param](tmp_path)


@pytest.fixture(params=LASTING)
def lasting(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    return EVERY[request.param](tmp_path)


def _take_all(handler: Handler, alerts: Iterable[Alert]) -> None:
    for alert in alerts:
        handler.take(alert)


@contextmanager
def _full_disk(bytes_max: int) -> Iterator[None]:
    """No file of this process may grow past the limit: a write then fails as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_an_alert_is_taken_and_the_same_alert_twice_is_there_once(case: Case) -> None:
    first, second = sample_alert(number=1), sample_alert(number=2)
    with closing(case.open()) as handler:
        assert [handler.take(alert) for alert in (first, first, second, first)] == [
            Taken.NEW,
            Taken.REPEAT,
            Taken.NEW,
            Taken.REPEAT,
        ]
    assert case.held() == [first.alert_id, second.alert_id]


def test_two_revisions_of_an_incident_are_two_alerts(case: Case) -> None:
    with closing(case.open()) as handler:
        assert handler.take(sample_alert(revision=1)) is Taken.NEW
        assert handler.take(sample_alert(revision=2)) is Taken.NEW


def test_a_handler_has_a_short_name_without_a_path(case: Case) -> None:
    with closing(case.open()) as handler:
        assert handler.name.isalpha()


def test_what_was_taken_is_known_after_a_restart(lasting: Case) -> None:
    alert = sample_alert()
    for expected in (Taken.NEW, Taken.REPEAT):
        with closing(open_handler(lasting.spec)) as handler:
            assert handler.take(alert) is expected
    assert lasting.held() == [alert.alert_id]


def test_a_kill_in_the_middle_loses_nothing_that_was_taken_and_doubles_nothing(lasting: Case) -> None:
    with subprocess.Popen([sys.executable, "-c", TAKES_UNTIL_KILLED, lasting.spec], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        said = [int(child.stdout.readline()) for _ in range(30)]
        os.kill(child.pid, signal.SIGKILL)
        said += [int(line) for line in child.stdout.read().split()]
    with closing(lasting.open()) as handler:
        taken = [handler.take(sample_alert(number=number)) for number in range(said[-1] + 10)]
    assert set(taken[: said[-1] + 1]) == {Taken.REPEAT}
    assert sorted(lasting.held()) == sorted(sample_alert(number=number).alert_id for number in range(said[-1] + 10))


def test_a_full_disk_is_one_sentence_and_the_alert_can_be_taken_later(lasting: Case) -> None:
    with closing(lasting.open()) as handler:
        handler.take(sample_alert(number=0))
        limit = max(file.stat().st_size for file in lasting.path.parent.iterdir()) + 700
        alerts = [sample_alert(number=number, body={"narrative": "made up " * 100}) for number in range(1, 200)]
        with _full_disk(limit), pytest.raises(RetryLater, match=r"cannot be written.*free space"):
            _take_all(handler, alerts)
        kept = lasting.held()
        for number in range(5):
            handler.take(sample_alert(number=number))
    held = lasting.held()
    assert held[: len(kept)] == kept
    assert len(held) == len(set(held)) >= 5


def test_a_path_that_cannot_be_written_is_one_sentence(lasting: Case, tmp_path: Path) -> None:
    kind = lasting.spec.partition(":")[0]
    with pytest.raises(Misconfigured, match=r"cannot be written \(No such file or directory\): name a file"):
        open_handler(f"{kind}:{tmp_path}/missing/here")
    with pytest.raises(Misconfigured, match=r"cannot be written \(Is a directory\): name a file"):
        open_handler(f"{kind}:{tmp_path}")


def test_what_is_kept_is_for_the_owner_only(lasting: Case) -> None:
    with closing(lasting.open()) as handler:
        handler.take(sample_alert())
        assert lasting.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("spec", ["terminal:x", "jsonl", "jsonl:", "sqlite:", "cap", "pigeon:x", ""])
def test_an_unknown_handler_is_one_sentence_with_the_known_ones(spec: str) -> None:
    with pytest.raises(Misconfigured, match=r"use terminal, jsonl:PATH, sqlite:PATH, database:URL, cap:DIR"):
        open_handler(spec)
