"""The commands of this room, as a person types them; no broker is needed for these."""

import csv
from importlib.resources import files
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fusionbus.contract.codec import encode
from fusionbus.contract.errors import Misconfigured
from fusionbus.producers.cli import commands
from fusionbus.producers.outbox import Outbox
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.testing import sample_report

SAMPLE = str(files("fusionbus.producers") / "mappings" / "station-register.sample.csv")
IMPORT = ["--mapping", "station-register", "--agency", "POLICE-PB"]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUSION_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FUSION_BOOTSTRAP", "127.0.0.1:1")


def run(*words: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(commands, words, input=stdin)


def waiting(agency: str) -> int:
    with Outbox(agency, ProducerSettings()) as outbox:
        return outbox.standing().waiting


def test_publish_keeps_good_lines_and_names_bad_ones() -> None:
    lines = [
        encode(sample_report()),
        b"",
        b"{broken",
        encode(sample_report(agency="CTD-PB")),
        b"\xff\xfe",
        encode(sample_report(local_ref="another")),
    ]
    told = run("publish", "-", "--outbox", "--agency", "CTD-KP", stdin=b"\n".join(lines))
    assert told.exit_code == 1
    assert "5 reports: 2 stored, 3 refused." in told.stdout
    for where in ("line 3: ", "line 4: The report is by CTD-PB", "line 5: "):
        assert where in told.stderr
    assert waiting("CTD-KP") == 2


def test_publish_reads_a_list_and_a_single_report_over_several_lines(tmp_path: Path) -> None:
    one = sample_report()
    listed, single = tmp_path / "list.json", tmp_path / "one.json"
    listed.write_bytes(b" [" + encode(one) + b"," + encode(sample_report(local_ref="2")) + b"]")
    single.write_text(one.model_dump_json(indent=2, exclude_none=True))
    assert "2 reports: 2 stored." in run("publish", str(listed), "--outbox").stdout
    assert "1 report: 1 waiting already." in run("publish", str(single), "--outbox").stdout


def test_publish_without_such_a_file_is_one_sentence() -> None:
    assert isinstance(run("publish", "nowhere.json", "--outbox").exception, Misconfigured)


def test_import_into_the_outbox_twice_keeps_each_row_once() -> None:
    assert "3 rows: 3 stored." in run("import", SAMPLE, *IMPORT, "--outbox").stdout
    assert "3 rows: 3 waiting already." in run("import", SAMPLE, *IMPORT, "--outbox").stdout
    assert waiting("POLICE-PB") == 3


def test_import_writes_bad_rows_to_a_file_that_can_be_mended_and_imported(tmp_path: Path) -> None:
    rows = list(csv.reader(Path(SAMPLE).read_text(encoding="utf-8").splitlines()))
    rows[2][1] = "yesterday"
    bad, rejects = tmp_path / "bad.csv", tmp_path / "rejects.csv"
    with bad.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    told = run("import", str(bad), *IMPORT, "--outbox", "--rejects", str(rejects))
    assert told.exit_code == 1
    assert "3 rows: 2 stored, 1 refused." in told.stdout
    assert "row 3, column `Date`" in told.stderr
    text = rejects.read_text(encoding="utf-8-sig")
    assert "yesterday" in text
    rejects.write_text(text.replace("yesterday", "15-11-2026", 1), encoding="utf-8")
    assert "1 row: 1 stored." in run("import", str(rejects), *IMPORT, "--outbox").stdout


def test_a_dry_run_checks_and_keeps_nothing() -> None:
    assert "3 good, nothing was sent" in run("import", SAMPLE, *IMPORT, "--dry-run").stdout
    assert isinstance(run("outbox", "status").exception, Misconfigured)


def test_import_for_an_agency_in_lower_case_is_one_sentence() -> None:
    told = run("import", SAMPLE, "--mapping", "station-register", "--agency", "police").exception
    assert isinstance(told, Misconfigured)
    assert "upper case" in str(told)


def test_outbox_status_shows_what_waits() -> None:
    run("import", SAMPLE, *IMPORT, "--outbox")
    shown = run("outbox", "status").stdout
    assert "POLICE-PB" in shown
    assert " 3 " in shown
