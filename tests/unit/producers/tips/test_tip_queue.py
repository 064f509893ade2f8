"""The queue: durable, in order, decided once, audited by rows nobody can change, and forgotten in time."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders import NOW
from fusionbus.contract.errors import FixTheReport, Misconfigured, RetryLater
from fusionbus.contract.sections import TipSection
from fusionbus.contract.vocabulary import Province, ThreatCategory, Urgency
from fusionbus.producers.outbox import Outbox, report_in
from fusionbus.producers.tips.line import TipLine
from fusionbus.producers.tips.reporting import NOBODY, Judged, accept, hand_over, report_of
from fusionbus.producers.tips.told import Told, tell
from fusionbus.producers.tokens import demo_key
from tip_lines import NUMBER, PLAIN_FORMS, Clock, a_line, everything_stored


@pytest.fixture
def line(tmp_path: Path) -> Iterator[TipLine]:
    with a_line(tmp_path) as made:
        yield made


def clock(line: TipLine) -> Clock:
    assert isinstance(line.now, Clock)
    return line.now


def said(text: str = "Somebody digs under the bridge.", **more: str) -> Told:
    return tell("web", text, text_max=4_000, key=demo_key(), **more)  # type: ignore[arg-type] # only words


def take(line: TipLine, text: str = "Somebody digs under the bridge.", **more: str) -> str:
    return line.take(said(text, **more), code=None, address=None, by="web form")


def waiting_in(line: TipLine) -> list[str]:
    with Outbox("NACTA-TIPS", line.queue.settings) as outbox:
        return [report_in(one).local_ref for one in outbox.next_batch()]


def test_danger_comes_first_and_then_the_oldest(line: TipLine) -> None:
    for text in ("An old matter, the first.", "An old matter, the second.", "A bomb is in the bus."):
        take(line, text)
        clock(line).goes_on(minutes=2)
    assert [tip.text[-7:] for tip in line.queue.open_tips()] == ["he bus.", " first.", "second."]
    line.decisions.mark_urgent(2, "desk", line.now(), urgent=True)
    assert [tip.tip_id for tip in line.queue.open_tips()] == [2, 3, 1]


def test_a_tip_sent_again_because_the_line_broke_is_kept_once(line: TipLine) -> None:
    first = line.take(said(), code="7QK0-9XWD-41MZ", address=None, by="web form")
    again = line.take(said(), code="7QK0-9XWD-41MZ", address=None, by="web form")
    other = line.take(said("Another matter altogether."), code="7QK0-9XWD-41MZ", address=None, by="web form")
    assert first == again == "7QK0-9XWD-41MZ" != other
    assert len(line.queue.open_tips()) == 2


def test_a_teller_learns_four_words_and_no_more(line: TipLine) -> None:
    codes = [take(line, f"Matter number {number}.") for number in range(4)]
    line.decisions.look(2, "desk", line.now())
    accept(line.decisions, line.queue.open_tips()[2], Judged(), by="desk", now=line.now(), key=demo_key())
    line.decisions.refuse(4, "An advertisement.", "desk", line.now())
    standings = [tip.standing for code in codes if (tip := line.queue.by_code(code))]
    assert standings == ["received", "being looked at", "passed on", "closed"]


def test_a_question_is_answered_with_the_code_and_the_tip_waits_again(line: TipLine) -> None:
    code = take(line)
    line.decisions.ask(1, "Which side of the bridge?", "desk", line.now())
    assert line.queue.waiting() == []
    assert line.queue.add(code, "The northern one.", line.now())
    (tip,) = line.queue.open_tips()
    assert (tip.state, tip.whole) == ("waiting", "Somebody digs under the bridge.\n\nThe northern one.")
    assert not line.queue.add("0000-0000-0000", "A stranger.", line.now())


def test_a_decision_is_made_once_and_who_comes_second_is_told(line: TipLine) -> None:
    take(line)
    line.decisions.refuse(1, "An advertisement.", "desk 1", line.now())
    with pytest.raises(FixTheReport, match="somebody decided it"):
        line.decisions.refuse(1, "Another reason.", "desk 2", line.now())
    with pytest.raises(FixTheReport, match="Say it in"):
        line.decisions.refuse(1, "  ", "desk", line.now())


def test_an_accepted_tip_is_a_report_of_the_tip_line_graded_as_nobody_can_judge(line: TipLine) -> None:
    take(line, "A bomb is in the bus at the mill.", place="Old mill", plate="LEA-1234")
    judged = Judged(Province.KHYBER_PAKHTUNKHWA, "Charsadda", ThreatCategory.BOMBING)
    accept(line.decisions, line.queue.open_tips()[0], judged, by="Tip desk", now=line.now(), key=demo_key())
    with Outbox("NACTA-TIPS", line.queue.settings) as outbox:
        (report,) = map(report_in, outbox.next_batch())
    assert isinstance(report.section, TipSection)
    assert (report.section.triage, report.section.triaged_by) == ("accepted", "Tip desk")
    assert (report.source.reliability, report.source.credibility, report.is_masked) == ("F", "6", True)
    assert (report.urgency, report.category) == (Urgency.IMMEDIATE, ThreatCategory.BOMBING)
    assert report.place is not None
    assert (report.place.district, report.place.name) == ("Charsadda", "Old mill")
    assert [entity.token.split(":")[0] for entity in report.entities] == ["plate"]


def test_tips_of_one_caller_and_all_without_a_number_have_one_source(line: TipLine) -> None:
    for more in ({}, {}, {"callback": NUMBER}, {"callback": NUMBER}, {"callback": "0300-0000043"}):
        take(line, f"Matter number {len(line.queue.open_tips())}.", **more)
    made = [
        report_of(tip, Judged(), by="desk", now=NOW, settings=line.queue.settings, key=demo_key())
        for tip in line.queue.open_tips()
    ]
    tokens = [report.source.source_token for report in made]
    assert tokens[0] == tokens[1] == demo_key().token("source", NOBODY)
    assert tokens[2] == tokens[3]
    assert len(set(tokens)) == 3


def test_killed_between_the_decision_and_the_outbox_the_report_goes_there_once(line: TipLine) -> None:
    take(line)
    tip = line.queue.open_tips()[0]
    report = report_of(tip, Judged(), by="desk", now=NOW, settings=line.queue.settings, key=demo_key())
    line.decisions.accept(1, report.model_dump_json().encode(), report, "desk", NOW)  # and here the power went
    assert waiting_in(line) == []
    settings = line.queue.settings
    assert hand_over(line.decisions, "NACTA-TIPS", settings) == 1
    assert hand_over(line.decisions, "NACTA-TIPS", settings) == 0
    assert waiting_in(line) == [report.local_ref]


def test_a_number_lies_sealed_and_apart_and_is_deleted_after_its_days(line: TipLine, tmp_path: Path) -> None:
    take(line, callback=NUMBER)
    stored = everything_stored(tmp_path)
    assert [form for form in PLAIN_FORMS if form.encode() in stored] == []
    assert line.decisions.number_of(1, "desk", line.now()) == "+923000000042"
    assert [act.action for act in line.queue.acts(1)] == ["received", "read the number"]
    clock(line).goes_on(days=15)
    assert line.queue.forget(line.now()) == 1
    assert line.decisions.number_of(1, "desk", line.now()) is None
    assert len(line.queue.open_tips()) == 1, "the tip itself waits on"


def test_a_seal_fits_its_own_tip_and_its_own_key_only(line: TipLine) -> None:
    sealed = line.queue.contacts.seal(1, "+923000000042")
    assert line.queue.contacts.open(1, sealed) == "+923000000042"
    with pytest.raises(Misconfigured, match="another key"):
        line.queue.contacts.open(2, sealed)


def test_a_refused_tip_is_gone_from_the_disk_after_its_days_and_the_audit_stays(line: TipLine, tmp_path: Path) -> None:
    take(line, "A very special sentence about nothing.")
    line.decisions.refuse(1, "An advertisement.", "desk", line.now())
    clock(line).goes_on(days=29)
    assert line.queue.forget(line.now()) == 0
    clock(line).goes_on(days=2)
    assert line.queue.forget(line.now()) == 1
    assert b"very special sentence" not in everything_stored(tmp_path)
    assert [act.action for act in line.queue.acts(1)] == ["received", "refused", "deleted"]


def test_what_waits_for_a_decision_is_never_deleted_by_itself(line: TipLine) -> None:
    take(line)
    clock(line).goes_on(days=4_000)
    assert line.queue.forget(line.now()) == 0
    assert len(line.queue.open_tips()) == 1


def test_the_audit_is_only_added_to(line: TipLine) -> None:
    take(line)
    for statement in ("UPDATE act SET by = 'nobody'", "DELETE FROM act"):
        with sqlite3.connect(line.queue.file.path) as db, pytest.raises(sqlite3.IntegrityError, match="only added"):
            db.execute(statement)


def test_times_are_kept_to_the_minute(line: TipLine) -> None:
    clock(line).goes_on(seconds=37)
    take(line)
    assert line.queue.open_tips()[0].received_at == NOW
    assert line.queue.acts(1)[0].at == NOW


def test_a_full_queue_says_so_and_keeps_nothing(tmp_path: Path) -> None:
    with a_line(tmp_path, tips_waiting_max=2) as line:
        take(line, "The first matter.")
        take(line, "The second matter.")
        with pytest.raises(RetryLater, match="call instead"):
            take(line, "The third matter.")
        assert len(line.queue.open_tips()) == 2


def test_two_desks_at_once_decide_each_tip_once(line: TipLine) -> None:
    for number in range(20):
        take(line, f"Matter number {number}.")
    second: list[int] = []

    def decide() -> None:
        for tip_id in range(1, 21):
            try:
                line.decisions.refuse(tip_id, "Both try.", threading.current_thread().name, line.now())
            except FixTheReport:
                second.append(tip_id)

    threads = [threading.Thread(target=decide) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(second) == list(range(1, 21))
    assert sum(act.action == "refused" for act in line.queue.acts()) == 20
