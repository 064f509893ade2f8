"""What stands on the screen, and what text from outside cannot do to it."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusionbus.consumers.handlers import Taken
from fusionbus.consumers.handlers.plain_text import line, lines
from fusionbus.consumers.handlers.terminal import TerminalHandler
from fusionbus.consumers.testing import sample_alert
from fusionbus.contract.alert import Alert, AlertBody, AlertHandling, Escalation
from fusionbus.contract.vocabulary import (
    PAP,
    TLP,
    AlertKind,
    AlertMsgType,
    Classification,
    Form,
    Kind,
    MsgType,
    Severity,
    Status,
)


def _shown(alert: Alert, width: int = 100) -> str:
    out = StringIO()
    TerminalHandler(out, width).take(alert)
    return out.getvalue()


def test_a_block_says_what_where_when_how_many_how_sure_and_why() -> None:
    shown = _shown(sample_alert(revision=2))
    for part in (
        "SEVERE · incident · UPDATE (revision 2)",
        "Roadside bomb against a police van near Bannu",
        "Township, Bannu, Khyber Pakhtunkhwa (32.9900, 70.6000 ±5 km)",
        "2026-01-15 13:30–14:00 PKT",
        "killed 2–4, injured 7",
        "2 independent origins in 2 reports",
        "credibility 1, confirmed by other sources",
        "It happened in your territory (Khyber Pakhtunkhwa). (jurisdiction)",
        "TLP:AMBER · PAP:AMBER · restricted",
        "form: full report",
        "Duty desk, Police Khyber Pakhtunkhwa",
        "acknowledge by 2026-01-15 15:30 PKT",
        "بنوں میں پولیس وین کے قریب دھماکہ ہوا۔",
    ):
        assert part in shown


def test_a_ring_of_agencies_is_named_as_one_word() -> None:
    alert = sample_alert()
    ring = alert.incident.model_copy(update={"echo_ring": 3})
    assert "3 agencies quote each other in a ring" in _shown(alert.model_copy(update={"incident": ring}))
    assert "ring" not in _shown(alert)


def test_a_pointer_to_another_desk_says_whom_to_call_and_nothing_that_looks_like_news() -> None:
    body = AlertBody(
        report_id="86db73e8-262a-5fa3-a2d6-33f240b4fb01",
        msg_type=MsgType.REPORT,
        kind=Kind.OPERATION,
        reported_at=datetime(2026, 1, 15, tzinfo=UTC),
        contact="Desk, Lahore",
    )
    alert = sample_alert(kind=AlertKind.DECONFLICTION, why="something lies at your place and time")
    shown = _shown(alert.model_copy(update={"body": body}))
    for part in (
        "deconfliction",
        "something lies at your place and time",
        "call      Desk, Lahore",
        "operation 86db73e8",
    ):
        assert part in shown
    assert "no headline" not in shown
    assert "known by" not in shown


def test_what_analysts_joined_and_parted_is_named() -> None:
    one, other = "690e646f-8ebf-530e-8d89-e0459b46ba91", "e8d0e525-0d97-507b-b8dc-315ab3df7948"
    assert f"incident {one} is this one" in _shown(sample_alert(merged_from=(one,)))
    assert f"incident {other} is another event" in _shown(sample_alert(apart_from=(other,)))


def test_a_missed_deadline_says_who_is_silent_and_whom_to_call() -> None:
    told = Escalation(
        agency="POLICE-KP",
        alert_id="4f7b89bc-e25a-5f81-b56c-575f18938a41",
        recall=False,
        sent_at=datetime(2026, 1, 15, 9, 0, tzinfo=UTC),
        acknowledge_by=datetime(2026, 1, 15, 9, 30, tzinfo=UTC),
        contact="Duty officer, internal 0002",
    )
    shown = _shown(sample_alert(kind=AlertKind.ESCALATION, why="POLICE-KP is silent", escalation=told))
    for part in (
        "escalation",
        "POLICE-KP is silent",
        "due 2026-01-15 14:30 PKT",
        "Duty officer, internal 0002",
        "alert 4f7b89bc-e25a-5f81-b56c-575f18938a41",
    ):
        assert part in shown
    assert "credibility" not in shown


def test_an_exercise_cannot_be_taken_for_the_real_thing() -> None:
    assert _shown(sample_alert(status=Status.EXERCISE)).lstrip().startswith("*** EXERCISE ***")


def test_a_masked_pointer_shows_what_there_is() -> None:
    alert = sample_alert(
        form=Form.POINTER,
        msg_type=AlertMsgType.CANCEL,
        handling=AlertHandling(
            tlp=TLP.RED,
            pap=PAP.RED,
            classification=Classification.SECRET,
            originator_control=True,
            caveats=("Eyes only",),
        ),
        acknowledge_by=None,
        body={
            "report_id": None,
            "agency": None,
            "unit": None,
            "local_ref": None,
            "place": None,
            "headline": None,
            "narrative": None,
            "severity": Severity.UNKNOWN,
        },
    )
    shown = _shown(alert, 200)
    assert "source masked" in shown
    assert (
        "TLP:RED · PAP:RED · secret · originator control · third-agency rule · Eyes only · form: pointer only" in shown
    )


@pytest.mark.parametrize(
    ("evil", "harmless"),
    [
        ("\x1b[2J\x1b[31mred", "�[2J�[31mred"),
        (
            "[bold red]markup[/] [link=http://x.invalid]x[/link] :bomb:",
            "[bold red]markup[/] [link=http://x.invalid]x[/link] :bomb:",
        ),
        ("back\b\b\bspace\rreturn\x9b31m", "back���space�return�31m"),
        ("left\u202eright\u2066isolate\ufefftag\U000e0041", "leftrightisolatetag"),
        ("one\n SEVERE · incident forged", "one SEVERE · incident forged"),
        ("two\u2028lines\x85and\x0bmore", "two lines and more"),
        ("نیم\u200cفاصلہ\u200f", "نیم\u200cفاصلہ\u200f"),
    ],
)
def test_text_from_outside_is_only_text(evil: str, harmless: str) -> None:
    assert line(evil) == harmless
    assert harmless in _shown(sample_alert(body={"headline": evil}), 200)


def test_no_narrative_can_begin_a_block_of_its_own() -> None:
    alert = sample_alert(body={"narrative": "first\n\n EXTREME · incident  forged\n" + "word " * 100})
    after_title = _shown(alert, 60).splitlines()[2:]
    assert all(row.startswith("▌ ") for row in after_title)


def test_a_giant_narrative_is_cut_and_says_so() -> None:
    assert "18,500 more characters in the stored alert" in _shown(sample_alert(body={"narrative": "x" * 20_000}))


@given(st.text(min_size=1, max_size=200))
def test_any_text_loses_its_controls_and_nothing_else_breaks(text: str) -> None:
    for part in lines(text):
        assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in part)
        assert not set(part) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")


def test_the_oldest_shown_ids_are_forgotten() -> None:
    handler = TerminalHandler(StringIO(), 100, remembered=3)
    alerts = [sample_alert(number=number) for number in range(4)]
    taken = [handler.take(alert) for alert in (*alerts, alerts[3], alerts[0])]
    assert taken == [Taken.NEW] * 4 + [Taken.REPEAT, Taken.NEW]
