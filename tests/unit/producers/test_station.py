"""A station without a line: rows are entered once, corrected as revisions, survive full disks and two operators."""

import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fusionbus.contract.errors import RetryLater
from fusionbus.contract.ids import receipt_id
from fusionbus.contract.records import Receipt, ReceiptOutcome
from fusionbus.contract.vocabulary import MsgType
from fusionbus.producers.outbox import Outbox, report_in
from fusionbus.producers.station import slips
from fusionbus.producers.station.book import Book
from fusionbus.producers.station.card import Card
from fusionbus.producers.station.cli import _tell_sync
from fusionbus.producers.station.standing import WORDS
from fusionbus.producers.station.syncing import Synced
from fusionbus.shell import cli
from stations import Station, register

CARD = Card(agency="POLICE-PB", name="Police Station Sadar")


def waiting(station: Station) -> list[tuple[str, int, MsgType]]:
    with Outbox(station.agency, station.settings) as outbox:
        found = [report_in(one) for one in outbox.next_batch()]
    return [(one.local_ref, one.revision, one.msg_type) for one in found]


def answered(station: Station, number: int, outcome: ReceiptOutcome, sentence: str | None = None) -> None:
    """A receipt for one entry, as the hub sends it."""
    entry = station.lines()[number].entry
    receipt = Receipt(
        receipt_id=receipt_id(entry.report_id, outcome),
        agency=station.agency,
        at=datetime.now(UTC),
        outcome=outcome,
        report_id=entry.report_id,
        revision=entry.revision,
        sentence=sentence,
    )
    with Book(station.agency, station.settings) as book:
        book.keep([receipt, receipt], {0: number + 1})


def test_the_same_register_again_enters_nothing_twice(tmp_path: Path) -> None:
    station, file = Station.at(tmp_path), register(tmp_path, [{}] * 3)
    assert station.enter(file) == {"new": 3}
    assert station.enter(file) == {"known": 3}
    assert len(waiting(station)) == 3


def test_a_corrected_row_is_the_next_revision_and_so_is_its_second_correction(tmp_path: Path) -> None:
    station = Station.at(tmp_path)
    for text in ("as first written", "as corrected", "as corrected again", "as corrected again"):
        station.enter(register(tmp_path, [{"Narrative": text}]))
    with Outbox(station.agency, station.settings) as outbox:
        assert sorted(revision for _, revision in outbox.lies()) == [1, 2, 3]
    assert [line.entry.revision for line in station.lines()] == [1, 2, 3]


def test_a_lost_book_loses_no_report_and_doubles_none(tmp_path: Path) -> None:
    station, file = Station.at(tmp_path), register(tmp_path, [{}] * 3)
    station.enter(file)
    (tmp_path / "station" / "POLICE-PB.db").unlink()
    assert station.enter(file) == {"new": 3}
    assert len(waiting(station)) == 3
    (tmp_path / "station" / "POLICE-PB.db").unlink()
    station.enter(register(tmp_path, [{"Narrative": "changed meanwhile"}, {}, {}]))
    assert [one[:2] for one in waiting(station)] == [("Sadar/0/26", 1), ("Sadar/1/26", 1), ("Sadar/2/26", 1)]
    with Outbox(station.agency, station.settings) as outbox:
        assert sorted(revision for _, revision in outbox.lies()) == [1, 1, 1, 2]


def test_a_power_cut_between_book_and_outbox_is_shown_and_mended_by_entering_again(tmp_path: Path) -> None:
    station, file = Station.at(tmp_path), register(tmp_path, [{}])
    station.enter(file)
    (tmp_path / "outbox" / "POLICE-PB.db").unlink()
    assert station.states() == ["missing"]
    assert station.enter(file) == {"known": 1}
    assert station.states() == ["waiting"]


def test_two_operators_at_once_enter_each_row_once(tmp_path: Path) -> None:
    station, file = Station.at(tmp_path), register(tmp_path, [{}] * 150)
    threads = [threading.Thread(target=station.enter, args=(file,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(station.lines()) == len({line.entry.local_ref for line in station.lines()}) == 150
    assert set(station.states()) == {"waiting"}


def test_two_operators_who_correct_one_row_differently_make_two_revisions(tmp_path: Path) -> None:
    station = Station.at(tmp_path)
    station.enter(register(tmp_path, [{}]))
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    files = [register(tmp_path / name, [{"Narrative": f"as {name} has it"}]) for name in ("a", "b")]
    threads = [threading.Thread(target=station.enter, args=(file,)) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with Outbox(station.agency, station.settings) as outbox:
        assert sorted(revision for _, revision in outbox.lies()) == [1, 2, 3]


def test_a_full_disk_is_told_and_what_is_there_stays(tmp_path: Path) -> None:
    station = Station.at(tmp_path)
    station.enter(register(tmp_path, [{}]))
    with Book(station.agency, station.settings) as book:
        book.file.rows("PRAGMA max_page_count = 1")
        with pytest.raises(RetryLater, match="the disk is full"), book.file.changing() as db:
            db.execute("INSERT INTO entry (report_id, revision, local_ref, said, entered_at) VALUES (?, 1, '', ?, '')",
                       ("x", "y" * 1_000_000))  # fmt: skip
    assert station.states() == ["waiting"]


def test_an_answer_is_kept_once_and_a_refusal_says_why(tmp_path: Path) -> None:
    station = Station.at(tmp_path)
    station.enter(register(tmp_path, [{}, {}]))
    answered(station, 0, ReceiptOutcome.NEW_INCIDENT)
    answered(station, 1, ReceiptOutcome.REJECTED, "reported_at lies in the future: mend the date.")
    first, second = station.lines()
    assert (first.state, len(first.entry.answers)) == ("taken", 1)
    assert (second.state, second.sentence) == ("refused", "reported_at lies in the future: mend the date.")
    with Book(station.agency, station.settings) as book:
        assert book.positions() == {0: 2}


def test_a_position_never_goes_back(tmp_path: Path) -> None:
    with Book("POLICE-PB", Station.at(tmp_path).settings) as book:
        book.keep((), {0: 9})
        book.keep((), {0: 4, 1: 2})
        assert book.positions() == {0: 9, 1: 2}


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_without_a_line_a_sync_says_so_and_all_waits(tmp_path: Path) -> None:
    station = Station.at(tmp_path)
    station.enter(register(tmp_path, [{}]))
    done = station.sync()
    assert done.held_by == "There is no line to the centre (127.0.0.1:1)."
    assert station.states() == ["waiting"]


@pytest.mark.parametrize(
    ("off", "words"), [(timedelta(days=3), "3 days ahead of"), (-timedelta(hours=5), "5 hours behind")]
)
def test_a_wrong_clock_is_told_in_words(off: timedelta, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    _tell_sync(Synced(1, 0, 1, None, off))
    _tell_sync(Synced(1, 0, 1, None, timedelta(seconds=20)))
    said = capsys.readouterr().err
    assert said.count("clock") == 1
    assert words in " ".join(said.split())


def test_slips_hold_the_reference_in_both_languages_and_nothing_in_them_steers_printer_or_page(tmp_path: Path) -> None:
    station = Station.at(tmp_path)
    hostile = "<script>alert(1)</script>\x1b@\u202e"
    station.enter(register(tmp_path, [{"Offence": hostile.replace("\x1b", "")}]))
    answered(station, 0, ReceiptOutcome.REJECTED, hostile)
    found = station.lines()
    for language in ("en", "ur"):
        text, page = slips.plain(found, CARD, language), slips.html(found, CARD, language)
        assert found[0].reference in text
        assert found[0].reference in page
        assert WORDS[language]["refused"] in text
        assert "<script>" not in page
        assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e]", text + page)
        assert "http" not in page
    assert 'lang="ur" dir="rtl"' in slips.html(found, CARD, "ur")


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_an_officer_s_day_without_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUSION_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FUSION_BOOTSTRAP", "127.0.0.1:1")
    monkeypatch.setenv("FUSION_CONNECT_TIMEOUT_S", "1")
    app, day = cli.build(), CliRunner()

    def typed(*words: str) -> str:
        done = day.invoke(app, ["station", *words])
        return f"{done.output}{cli.told(done.exception) if done.exception else ''}"

    assert "is no station yet" in typed("status")
    assert "set-up" in typed("enter", str(register(tmp_path, [{}])))
    assert "is now Police Station Sadar" in typed("set-up", "--agency", "POLICE-PB", "--name", "Police Station Sadar")
    file = register(tmp_path, [{}, {"Date": "the day after"}])
    said = typed("enter", str(file))
    assert "Entered: 1 new." in said
    assert "register.csv.mend.csv" in said
    mend = tmp_path / "register.csv.mend.csv"
    mend.write_text(mend.read_text(encoding="utf-8-sig").replace("the day after", "15-11-2026", 1), encoding="utf-8")
    assert "Entered: 1 new." in typed("enter", str(mend))
    assert "2 waiting to be sent" in typed("status")
    assert "What waits is safe" in " ".join(typed("sync").split())
    assert "Our number: Sadar/0/26" in typed("slips", "Sadar/0/26")
    assert "Nothing of this number" in typed("slips", "9/99")
    assert "2 receipts are on the page" in typed("slips", "--html", str(tmp_path / "slips.html"), "--language", "ur")
