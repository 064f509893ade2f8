"""The auditor's commands over a book: numbers, places, ids; and never a person or a word of a report."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.viewer import Role
from fusionbus.consumers.web.access_log import AccessLog, Act
from fusionbus.consumers.web.people import Person
from fusionbus.contract.facts import mark_of
from fusionbus.shell.cli import build
from overseen import CNIC, a_book, a_month

AUDIT = a_month().audit()
MONTH = ("--month", "2026-03")
REPORT = next(one.report_id for one in AUDIT if one.override)
WORDS = ("bazaar", "Anarkali", "handcart", "Lahore", CNIC)
"""What reports of the month say."""


@pytest.fixture
def url(tmp_path: Path) -> str:
    a_book(tmp_path, AUDIT).close()
    return f"sqlite:{tmp_path}/oversight.db"


def run(url: str, *words: str, said: str = "") -> Result:
    options = ("--book", url) if words[0] == "questions" else ("--book", url, "--as-kept")
    line = (
        ("oversight", *options, *words) if words[0].startswith("--") else ("oversight", words[0], *options, *words[1:])
    )
    done = CliRunner().invoke(build(), line, input=said, env={"COLUMNS": "200"})
    assert done.exit_code == 0, (done.output, done.exception)
    assert not any(word in done.stdout for word in WORDS)
    return done


def test_every_figure_is_shown_with_its_definition_and_what_it_is_out_of(url: str) -> None:
    shown = run(url, *MONTH).stdout
    assert "Need to know overridden [overrides]" in shown
    assert "28 CFR 23.20(f)(2)" in shown
    tree = json.loads(run(url, *MONTH, "--json").stdout)
    numbers = {one["key"]: (one["total"]["count"], one["total"]["of"]) for one in tree["figures"]}
    assert numbers["false_alarms"] == (1, 2)
    assert numbers["echoes"] == (1, 1)
    assert numbers["retention_breaches"] == (1, 1)


def test_the_records_behind_a_number_are_listed_with_their_places(url: str) -> None:
    (only,) = json.loads(run(url, "behind", "overrides", *MONTH, "--json").stdout)
    assert AUDIT[only["offset"]].override
    assert f"0/{only['offset']}" in run(url, "behind", "overrides", "--agency", "ctd-kp", *MONTH).stdout


def test_who_received_a_report_is_told_with_those_who_looked(url: str, tmp_path: Path) -> None:
    threats = ThreatDatabase(f"sqlite:{tmp_path}/threats.db")
    log, person = AccessLog(threats), Person("1", "IB", "watch-1", Role.ANALYST)
    incident = next(one.incident_id for one in AUDIT if one.override)
    log.wrote(person, Act.VIEW, f"incident {incident}")
    log.wrote(person, Act.EXPORT, "text=handcart&format=csv")
    threats.close()
    options = ("--threats", f"sqlite:{tmp_path}/threats.db")
    (told,) = json.loads(run(url, "who", str(REPORT), *options, "--json").stdout)
    assert [(look["agency"], look["act"]) for look in told["looks"]] == [("IB", "view")]
    assert "imminent_danger" in run(url, "who", str(REPORT), *options).stdout
    tree = json.loads(run(url, "--json", *options).stdout)
    assert tree["figures"][-1]["rows"] == [{"about": "IB", "count": 1, "of": 2, "share": 0.5}]


def test_on_whom_is_asked_by_a_token_and_the_question_stays(url: str) -> None:
    asked = ("--by", "Audit desk 2", "--reason", "Complaint 17")
    said = run(url, "whom", "-", *asked, said=f"{CNIC}\n").stdout
    assert str(REPORT) in said
    assert "1 reports carried it" in said
    (kept,) = json.loads(run(url, "questions", "--json").stdout)
    assert (kept["by"], kept["reason"], kept["found"]) == ("Audit desk 2", "Complaint 17", 1)
    assert kept["mark"] == mark_of("question", CNIC)
    assert "Complaint 17" in run(url, "questions").stdout


def test_a_wrong_word_is_one_sentence(url: str) -> None:
    for words in (
        ("behind", "nothing"),
        ("report", "--month", "March", "--out", "r.html"),
        ("whom", "my neighbour", "--by", "x", "--reason", "y"),
        ("whom", CNIC, "--by", " ", "--reason", "y"),
    ):
        done = CliRunner().invoke(build(), ("oversight", words[0], "--book", url, "--as-kept", *words[1:]))
        assert type(done.exception).__name__ == "Misconfigured", words
        assert "neighbour" not in str(done.exception)


def test_the_monthly_report_is_one_page_that_asks_nobody_for_anything(url: str, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    run(url, "report", *MONTH, "--out", str(out))
    page = out.read_text(encoding="utf-8")
    assert not any(word in page for word in (*WORDS, "http", "<script", "<img", "<link", "src="))
    assert "Need to know overridden" in page
    assert "@page" in page
