"""The scenario: every known attack is told by several agencies, in the project's own words, with its own truth."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from typer.testing import CliRunner

from fusionbus.contract import codec
from fusionbus.contract.vocabulary import MsgType, Status
from fusionbus.producers.scenario.telling import Scenario, load
from fusionbus.producers.simulate.command import commands
from fusionbus.producers.simulate.truth import Line, Told

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
KNOWN = {
    "aps_peshawar",
    "sehwan_shrine",
    "police_lines_mosque",
    "bajaur_rally",
    "besham_convoy",
    "musakhail_highway",
    "karachi_airport",
    "quetta_station",
    "kurram_convoy",
    "haqqania_madrassa",
    "bannu_cantonment",
    "jaffar_express",
    "khuzdar_school_bus",
    "operation_baam_a",
    "operation_baam_b",
    "operation_baam_c",
}


@cache
def scenario() -> Scenario:
    return load()


@cache
def told() -> dict[str, list[Line]]:
    held: dict[str, list[Line]] = defaultdict(list)
    for line in scenario().lines(NOW):
        held[line.facts.event].append(line)
    return held


def test_every_known_attack_is_told_by_two_to_six_agencies() -> None:
    assert told().keys() - {"bannu_cantonment_exercise"} == KNOWN
    for name in KNOWN:
        agencies = {line.report.agency for line in told()[name]}
        assert 2 <= len(agencies) <= 6, name


def test_every_report_passes_the_contract_as_bytes() -> None:
    for line in scenario().lines(NOW):
        assert codec.decode_report(codec.encode(line.report)) == line.report


def test_everything_was_reported_in_the_last_hours_and_after_it_happened() -> None:
    for line in scenario().lines(NOW):
        report = line.report
        assert timedelta(0) < NOW - report.reported_at < timedelta(hours=24)
        assert report.occurred is not None
        assert report.occurred.start <= report.reported_at


def test_the_moments_tell_the_reports_apart() -> None:
    moments = [line.report.reported_at for line in scenario().lines(NOW)]
    assert len(set(moments)) == len(moments)
    assert moments == sorted(moments)


def test_sources_differ_in_toll_place_name_and_words() -> None:
    for name in KNOWN:
        firsts = [line.report for line in told()[name] if line.told in {Told.ORIGINAL, Told.INDEPENDENT}]
        assert len({report.narrative for report in firsts}) == len(firsts), name
        assert len({report.casualties for report in firsts}) > 1 or name == "besham_convoy"
        assert len({report.place.name for report in firsts if report.place}) > 1 or name.startswith("operation_baam")


def test_some_tell_in_urdu_script_and_one_in_roman_urdu() -> None:
    tongues = [line.report.language for line in scenario().lines(NOW)]
    assert tongues.count("ur") >= 6
    assert "ur-Latn" in tongues


def test_there_are_relays_corrections_one_withdrawal_and_an_exercise() -> None:
    lines = scenario().lines(NOW)
    relations = [line.told for line in lines]
    assert relations.count(Told.RELAY) >= 4
    assert relations.count(Told.UPDATE) >= 2
    assert relations.count(Told.CANCEL) == 1
    assert relations.count(Told.EXERCISE) >= 1
    for line in lines:
        assert (line.told is Told.EXERCISE) == (line.report.status is Status.EXERCISE)
        assert (line.told is Told.CANCEL) == (line.report.msg_type is MsgType.CANCEL)


def test_the_exercise_is_close_to_a_real_attack_and_not_of_it() -> None:
    real, played = told()["bannu_cantonment"], told()["bannu_cantonment_exercise"]
    assert played
    assert {line.facts.district for line in played} == {real[0].facts.district}
    assert {line.report.report_id for line in played}.isdisjoint(line.report.report_id for line in real)


def test_coordinated_attacks_are_related_and_not_the_same() -> None:
    trio = [told()[f"operation_baam_{letter}"][0].facts for letter in "abc"]
    assert {facts.series for facts in trio} == {"operation_baam"}
    assert len({facts.district for facts in trio}) == 3


def test_every_attack_says_who_must_and_who_may_not_hear_of_it() -> None:
    rows = {str(row["event"]): row for row in scenario().expectations()}
    assert rows.keys() == KNOWN
    for row in rows.values():
        must, never = row["must"], row["never"]
        assert isinstance(must, list)
        assert isinstance(never, list)
        assert "NACTA" in must
        assert len(never) >= 5
        assert set(must).isdisjoint(never)


def test_the_command_writes_reports_and_truth(tmp_path: Path) -> None:
    out, truth = tmp_path / "scenario.jsonl", tmp_path / "truth.jsonl"
    options = ["--out", str(out), "--truth", str(truth), "--now", "2026-03-05T12:00:00Z"]
    done = CliRunner().invoke(commands, ["scenario", *options])
    assert done.exit_code == 0, done.output
    rows = truth.read_text(encoding="utf-8").splitlines()
    assert len(rows) == len(out.read_bytes().splitlines()) + len(KNOWN)
    assert out.read_bytes().splitlines() == [codec.encode(line.report) for line in scenario().lines(NOW)]
