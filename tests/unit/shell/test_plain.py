"""Text from outside in logs, sentences and spreadsheets: it can be read, and it can do nothing."""

import io
import json
import logging

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from fusionbus.contract.errors import FixTheReport
from fusionbus.shell import cli, logs
from fusionbus.shell.plain import as_cell, from_cell, neutral

FORGED = "x\n2026-01-01 [error] all is lost\x1b[2J\x1b]0;title\x07\r\u2028\u202egnp.exe\x9b31m"
FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1")


@given(st.text(max_size=200))
def test_neutral_text_is_one_line_without_controls(text: str) -> None:
    shown = neutral(text)
    assert shown.splitlines() in ([], [shown])
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or 0x202A <= ord(char) <= 0x202E for char in shown)


def test_what_can_be_read_stays_as_it_is() -> None:
    for text in ("Peshawar, 3 killed", "پشاور میں دھماکہ", "نیم\u200cفاصلہ", ""):
        assert neutral(text) == text


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_becomes_text_in_a_cell(formula: str) -> None:
    assert as_cell(formula) == f"'{formula}"


@given(st.text(max_size=30))
def test_a_cell_is_read_back_and_never_begins_a_formula(text: str) -> None:
    assert as_cell(text)[:1] not in tuple("=+-@＝＋－＠\t\r\n")
    if not (text[:1] == "'" and as_cell(text[1:]) != text[1:]):  # an apostrophe before a formula was one of ours
        assert from_cell(as_cell(text)) == text


@pytest.mark.parametrize("as_json", [False, True])
def test_a_field_of_a_log_line_cannot_forge_another_line(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        logs.set_up("INFO", json=as_json)
        structlog.get_logger("of this test").warning("event", field=FORGED)
        (said,) = capsys.readouterr().err.splitlines()
    finally:
        structlog.reset_defaults()
    assert "\x1b" not in said
    assert "all is lost" in said
    if as_json:
        assert json.loads(said)["field"] == FORGED


def test_a_librarys_message_cannot_forge_another_line() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logs.PlainLines("%(levelname)s %(name)s %(message)s"))
    handler.emit(logging.LogRecord("kafka", logging.ERROR, __file__, 1, "topic %s", (FORGED,), None))
    (said,) = out.getvalue().splitlines()
    assert "\x1b" not in said


def test_a_sentence_about_text_from_outside_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise FixTheReport(f"{FORGED}: mend it.")

    monkeypatch.setattr(cli, "build", lambda: fails)
    with pytest.raises(SystemExit):
        cli.main()
    (said,) = capsys.readouterr().err.splitlines()
    assert "\x1b" not in said
