"""Outbreaks on top of simulated traffic."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fusionbus.contract import codec
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.report import ThreatReport
from fusionbus.producers.simulate.command import commands, parse_start


def test_an_outbreak_comes_on_top_of_the_same_traffic_at_its_end(tmp_path: Path) -> None:
    reports, truth = tmp_path / "reports.jsonl", tmp_path / "truth.jsonl"
    options = ["--reports", "80", "--span", "40d", "--out", str(reports), "--truth", str(truth)]
    assert CliRunner().invoke(commands, ["simulate", *options]).exit_code == 0
    usual = reports.read_text(encoding="utf-8").splitlines()
    done = CliRunner().invoke(commands, ["simulate", *options, "--outbreak", "Hangu,7,4d"])
    assert done.exit_code == 0, done.output
    assert set(usual) < set(reports.read_text(encoding="utf-8").splitlines())
    rows = [json.loads(row) for row in truth.read_text(encoding="utf-8").splitlines()]
    surge = [row for row in rows if row["event"].startswith("S01-")]
    assert len({row["event"] for row in surge}) == 7
    assert {row["district"] for row in surge} == {"Hangu"}
    said = {row["report_id"] for row in surge}
    begun = parse_start("2024-01-01T00:00:00Z") + timedelta(days=35)
    read = [codec.decode_report(line) for line in reports.read_bytes().splitlines()]
    assert all(begun < r.reported_at for r in read if isinstance(r, ThreatReport) and r.report_id in said)


@pytest.mark.parametrize("wrong", ["", "Hangu", "Nowhere,5,3d", "Hangu,0,3d", "Hangu,x,3d", "Hangu,5,3", "Hangu,5,30d"])
def test_what_is_no_outbreak_is_refused_in_a_sentence(wrong: str, tmp_path: Path) -> None:
    words = ["simulate", "--span", "40d", "--outbreak", wrong, "--out", str(tmp_path / "out.jsonl")]
    done = CliRunner().invoke(commands, words)
    assert isinstance(done.exception, Misconfigured)
    assert "--outbreak" in str(done.exception)
