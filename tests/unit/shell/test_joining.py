"""The folder that `fusionbus agency new` makes: its tests run, its units are as ours, its settings exist."""

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from fusionbus.consumers.settings import ConsumerSettings
from fusionbus.contract.errors import Misconfigured
from fusionbus.deploy import agencies, restarts
from fusionbus.producers.settings import ProducerSettings
from fusionbus.shell import cli
from fusionbus.shell.joining.files import Part, files, write
from hub import HubOnPaper
from monitoring_files import PROMETHEUS

OURS = Path(__file__).resolve().parents[3] / "deploy" / "systemd" / "fusionbus-alerts@.service"
MADE = files("CTD-XX", Part.BOTH, "broker:9092")
WALLS = re.compile(
    r"^(?:NoNew|Protect|Private|Restrict(?!Address)|RestrictAddress|Lock|Capab|SystemCall|UMask|Restart)\w*=.*$",
    re.MULTILINE,
)


@pytest.mark.parametrize(("part", "sends", "receives"), [("producer", 1, 0), ("consumer", 0, 1), ("both", 1, 1)])
def test_an_agency_gets_what_it_asked_for_and_no_more(part: str, sends: int, receives: int) -> None:
    made = files("CTD-XX", Part(part), "broker:9092")
    assert ("send_report.py" in made, "receive_alerts.py" in made) == (bool(sends), bool(receives))
    assert len(made) == 3 + 4 * (sends + receives)
    assert ("python send_report.py" in made["README.md"]) == bool(sends)
    assert not any("$" in text for text in made.values()), "a word that was not filled in"


def test_its_tests_run_and_its_scripts_compile(tmp_path: Path) -> None:
    write(tmp_path / "ctd-xx", MADE)
    line = [sys.executable, "-W", "error::SyntaxWarning", "-m", "unittest"]
    done = subprocess.run(line, cwd=tmp_path / "ctd-xx", capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "Ran 2 tests" in done.stderr


def test_a_test_of_it_fails_when_the_report_is_anothers(tmp_path: Path) -> None:
    other = MADE | {"send_report.py": MADE["send_report.py"].replace('agency="CTD-XX"', 'agency="CTD-YY"')}
    write(tmp_path, other)
    line = [sys.executable, "-m", "unittest", "test_send_report"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode != 0
    assert "CTD-YY" in done.stderr


def test_its_units_are_confined_and_come_back_as_ours_do() -> None:
    units = [text for name, text in MADE.items() if name.endswith(".service")]
    assert len(units) == 2
    for text in units:
        assert set(WALLS.findall(text)) == set(WALLS.findall(OURS.read_text(encoding="utf-8")))
        assert f"RestartMaxDelaySec={restarts.MOST_S:.0f}s" in text
        assert "StartLimitIntervalSec=0" in text


def test_its_entry_is_one_that_the_federation_takes() -> None:
    federation = agencies.parse(f"as_of: 2026-01-01T00:00:00Z\nagencies:\n{MADE['agencies-entry.yaml']}")
    (agency,) = federation.agencies
    assert agency.agency == "CTD-XX"
    assert len(federation.subscriptions) == 2


def test_its_settings_are_settings() -> None:
    known = {f"FUSION_{name.upper()}" for room in (ProducerSettings, ConsumerSettings) for name in room.model_fields}
    told = set(re.findall(r"^#?(FUSION_\w+)=", MADE["settings.env"], re.MULTILINE))
    assert told - {"FUSION_AGENCY"} <= known
    assert "FUSION_BOOTSTRAP=broker:9092" in MADE["settings.env"]


def test_its_targets_are_files_that_prometheus_looks_for_at_the_ports_its_units_serve() -> None:
    for name, job, owner in (
        ("producers-CTD-XX.json", "producers", MADE["fusionbus-outbox-CTD-XX.service"]),
        ("alerts-CTD-XX.json", "alerts", MADE["receive_alerts.py"]),
    ):
        ((target,),) = [one["targets"] for one in json.loads(MADE[name])]
        assert target.rpartition(":")[2] in owner
        assert f"targets/{job}*.json" in (PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8")


def test_every_command_that_it_names_exists() -> None:
    group = typer.main.get_group(cli.build())
    told = set(re.findall(r"fusionbus (?:--\S+ )*([a-z-]+)", "".join(MADE.values()))) - {"bus"}
    assert {"outbox", "watch", "receipts", "provision"} <= told
    known = set(group.commands)
    assert {word for word in told if word not in known} <= {"alone"}  # "the user `fusionbus` alone"


def test_nothing_that_is_there_is_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "send_report.py"
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"has send_report\.py already"):
        write(tmp_path, MADE)
    assert mine.read_text(encoding="utf-8") == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["send_report.py"]


@pytest.mark.parametrize("name", ["", "../x", "CTD_XX", "CTD XX", "x" * 100, "سی ٹی ڈی"])
def test_what_is_no_short_name_is_told(name: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli.build(), ["agency", "new", name, "--into", str(tmp_path / "made")])
    assert isinstance(done.exception, Misconfigured)
    assert "CTD-XX" in str(done.exception)
    assert not (tmp_path / "made").exists()


def test_what_one_newcomer_sends_reaches_another_who_joined_the_same_way(tmp_path: Path) -> None:
    entries = [files(name, Part.BOTH, "broker:9092")["agencies-entry.yaml"] for name in ("CTD-XX", "DESK-XX")]
    federation = agencies.parse(f"as_of: 2026-01-01T00:00:00Z\nagencies:\n{''.join(entries)}")
    script = tmp_path / "send_report.py"
    script.write_text(MADE["send_report.py"], encoding="utf-8")
    report = runpy.run_path(str(script))["build"]()
    hub = HubOnPaper.of([*federation.agencies, *federation.subscriptions])
    hub.now = report.reported_at
    hub.send(report)
    (alert,) = hub.alerts()
    assert (alert.recipient, alert.body.headline) == ("DESK-XX", report.headline)
