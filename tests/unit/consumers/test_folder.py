"""A folder of files: each alert once and whole, and nothing of what may not be kept."""

import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from fusionbus.consumers.handlers import Taken, open_handler
from fusionbus.consumers.testing import SAMPLE_AT, sample_alert
from fusionbus.contract.alert import Alert
from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.contract.incident import Claim
from fusionbus.contract.keeping import Erasure
from fusionbus.contract.vocabulary import AlertKind, AlertMsgType

TAKES_UNTIL_KILLED = """
import itertools, sys
from fusionbus.consumers.handlers import open_handler
from fusionbus.consumers.testing import sample_alert
handler = open_handler(sys.argv[1])
for number in itertools.count():
    handler.take(sample_alert(number=number))
    print(number, flush=True)
"""

KINDS = ("cap", "stix", "drop")
MARK = "zarghunmarker"


def later(minutes: int = 9, **changes: object) -> Alert:
    at = SAMPLE_AT + timedelta(minutes=minutes)
    return sample_alert(revision=minutes, published_at=at, **changes)  # type: ignore[arg-type]


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def everything(folder: Path) -> bytes:
    """All bytes in the folder, the hidden ones too."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


@pytest.mark.parametrize("kind", KINDS)
def test_each_alert_is_one_file_that_a_group_may_read_and_nobody_else(tmp_path: Path, kind: str) -> None:
    alerts = [sample_alert(number=number) for number in range(3)]
    with closing(open_handler(f"{kind}:{tmp_path}")) as handler:
        assert [handler.take(alert) for alert in (*alerts, alerts[0])] == [Taken.NEW] * 3 + [Taken.REPEAT]
    found = files(tmp_path)
    ending = "xml" if kind == "cap" else "json"
    assert {path.name for path in found} == {f"20260115T093000Z_{alert.alert_id}.{ending}" for alert in alerts}
    for path in found:
        etree.fromstring(path.read_bytes()) if kind == "cap" else json.loads(path.read_bytes())
        assert path.stat().st_mode & 0o027 == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_was_taken_away_does_not_come_again(tmp_path: Path, kind: str) -> None:
    with closing(open_handler(f"{kind}:{tmp_path}")) as handler:
        handler.take(sample_alert())
    files(tmp_path)[0].unlink()
    with closing(open_handler(f"{kind}:{tmp_path}")) as handler:
        assert handler.take(sample_alert()) is Taken.REPEAT
    assert files(tmp_path) == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_may_not_be_kept_is_out_of_every_file_and_does_not_come_back(tmp_path: Path, kind: str) -> None:
    marked = sample_alert(body={"headline": MARK, "narrative": MARK * 40})
    view = marked.incident.model_copy(update={"claim": Claim(headline=MARK, actor=MARK)})
    marked = marked.model_copy(update={"incident": view})
    erasure = Erasure(alerts=(marked.alert_id,), incidents=(marked.incident_id,))
    order = later(kind=AlertKind.RECALL, msg_type=AlertMsgType.CANCEL, erase=erasure, body={"headline": "Withdrawn"})
    with closing(open_handler(f"{kind}:{tmp_path}")) as handler:
        handler.take(marked)
        assert MARK.encode() in everything(tmp_path)
        files(tmp_path)[0].unlink()
        assert handler.take(order) is Taken.NEW
        assert handler.take(marked) is Taken.REPEAT
    assert MARK.encode() not in everything(tmp_path)
    assert len(files(tmp_path)) == 2, "whoever took the file away finds what is left of it"


def test_an_update_in_the_folder_names_what_it_supersedes_also_of_an_incident_that_became_this_one(
    tmp_path: Path,
) -> None:
    first, other = sample_alert(), sample_alert(number=2)
    update = later(merged_from=(other.incident_id,))
    with closing(open_handler(f"cap:{tmp_path}")) as handler:
        for alert in (first, other, sample_alert(number=3), update):
            handler.take(alert)
    (document,) = [path.read_bytes() for path in files(tmp_path) if update.alert_id in path.name]
    (references,) = etree.fromstring(document).xpath("//*[local-name()='references']/text()")
    assert {one.split(",")[1] for one in references.split()} == {first.alert_id, other.alert_id}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_leaves_no_half_file_and_loses_nothing_that_was_taken(tmp_path: Path, kind: str) -> None:
    spec = f"{kind}:{tmp_path}"
    with subprocess.Popen([sys.executable, "-c", TAKES_UNTIL_KILLED, spec], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        said = [int(child.stdout.readline()) for _ in range(8)]
        os.kill(child.pid, signal.SIGKILL)
        said += [int(line) for line in child.stdout.read().split()]
    for path in files(tmp_path):
        etree.fromstring(path.read_bytes()) if kind == "cap" else json.loads(path.read_bytes())
    with closing(open_handler(spec)) as handler:
        taken = [handler.take(sample_alert(number=number)) for number in range(said[-1] + 3)]
    assert set(taken[: said[-1] + 1]) == {Taken.REPEAT}
    assert len(files(tmp_path)) == said[-1] + 3


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"cannot be written \(No such file or directory\): name a place"):
        open_handler(f"cap:{tmp_path}/missing")
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match=r"cannot be written \(Not a directory\)"):
        open_handler(f"cap:{tmp_path}/file")


def test_a_file_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    alert = sample_alert()
    with closing(open_handler(f"drop:{tmp_path}")) as handler:
        blocked = tmp_path / f"20260115T093000Z_{alert.alert_id}.json"
        blocked.mkdir()
        with pytest.raises(RetryLater, match=r"cannot be written \(Is a directory\)"):
            handler.take(alert)
        blocked.rmdir()
        assert handler.take(alert) is Taken.NEW
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(f".{blocked.name}")] == []
