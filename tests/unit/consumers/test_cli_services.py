"""The commands of alert services: what the file means, what waits, and faults in one sentence."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fusionbus.consumers.services.config import read
from fusionbus.consumers.services.outbox import Outbox
from fusionbus.consumers.services.taking import ServicesHandler
from fusionbus.consumers.testing import sample_alert
from fusionbus.contract.errors import Misconfigured
from fusionbus.shell.cli import build

FILE = """
agency: CTD-KP
contacts:
  desk: {handler: "drop:FOLDER"}
  deputy: {handler: terminal}
services:
  - name: To the desk
    to: [desk]
    filter: {severity_min: Moderate, kinds: [incident]}
    quiet_hours: {from: "22:00", to: "06:00"}
    digest: {at: ["07:30"]}
    escalation: {after_min: 15, to: [deputy]}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "alert-services.yaml"
    path.write_text(FILE.replace("FOLDER", str(tmp_path)), encoding="utf-8")
    return path


def said(*words: str) -> str:
    """What a command prints. Raises: whatever it raises."""
    done = CliRunner().invoke(build(), ["alert-services", *words], catch_exceptions=True)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def test_a_check_tells_what_the_file_means(file: Path) -> None:
    told = said("check", "--config", str(file))
    assert "To the desk: to desk; kinds incident; severity min Moderate; quiet from 22:00 to 06:00" in told
    assert "up to Minor in a digest, the next at 20" in told
    assert "unanswered for 15 min: then deputy." in told
    assert "2 contacts can be served." in told


def test_a_check_names_the_contact_that_cannot_be_served(file: Path) -> None:
    file.write_text(file.read_text(encoding="utf-8").replace("terminal", "'webhook:https://x.pk/'"), encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"^Contact deputy: A webhook needs a key"):
        said("check", "--config", str(file))
    with pytest.raises(Misconfigured, match="cannot be read"):
        said("check", "--config", f"{file}.missing")


def test_what_waits_is_shown_also_for_a_contact_that_is_gone(file: Path, tmp_path: Path) -> None:
    outbox = tmp_path / "outbox.db"
    words = ("waiting", "--config", str(file), "--outbox", str(outbox))
    with pytest.raises(Misconfigured, match="the services have not run yet"):
        said(*words)
    with closing(ServicesHandler(read(file), Outbox(outbox), lambda: datetime(2026, 1, 15, 7, tzinfo=UTC))) as taking:
        taking.take(sample_alert())
    assert said(*words) == "desk: 1 waiting\ndeputy: 1 waiting\n"
    file.write_text(file.read_text(encoding="utf-8").replace("deputy", "head"), encoding="utf-8")
    gone = "deputy: 1 waiting, and deputy is in the file no more: tell them by hand.\n"
    assert said(*words) == f"desk: 1 waiting\nhead: 0 waiting\n{gone}"
