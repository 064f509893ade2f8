"""Oversight counts exactly what happened, and shows the records behind each number."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from builders import NOW
from fusionbus.consumers.oversight import whom
from fusionbus.consumers.oversight.book import Book
from fusionbus.consumers.oversight.figures import DEFINITIONS, Figure, Period, behind, figures
from fusionbus.consumers.oversight.folding import Noted, Place, month_of
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.facts import mark_of
from fusionbus.contract.records import AuditEvent
from overseen import CNIC, PERIOD, a_book, a_month, noted
from threats import BOTH, empty_url

HUB = a_month()
AUDIT = HUB.audit()


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    made = a_book(tmp_path_factory.mktemp("book"), AUDIT)
    yield made
    made.close()


def told(book: Book, period: Period = PERIOD) -> dict[str, Figure]:
    with book.reading() as connection:
        return {one.definition.key: one for one in figures(connection, period)}


def counts(figure: Figure) -> dict[str, tuple[int, int]]:
    return {row.about: (row.count, row.of) for row in figure.rows if row.count}


def test_the_figures_say_exactly_what_happened(book: Book) -> None:
    found = told(book)
    routed = [one for one in AUDIT if one.event is AuditEvent.REPORT_ROUTED]
    of_kp = sum(one.agency == "CTD-KP" for one in routed)
    assert counts(found["overrides"]) == {"CTD-KP": (1, of_kp)}
    assert counts(found["no_predicate"]) == {"CTD-KP": (1, of_kp + 1)}
    assert counts(found["reviews_overdue"]) == {"CTD-KP": (1, 2)}
    assert counts(found["retention_breaches"]) == {"CTD-KP": (1, 1)}
    assert counts(found["errors"]) == {"CTD-KP": (1, of_kp + 1), "CTD-PB": (1, 2)}
    assert counts(found["forged"]) == {"CTD-PB": (1, 2)}
    assert counts(found["false_alarms"]) == {"CTD-KP": (1, 2)}
    assert counts(found["echoes"]) == {"all": (1, 1)}
    assert counts(found["sharing_unanswered"]) == {"CTD-KP": (1, 1)}


def test_deliveries_are_those_of_the_audit(book: Book) -> None:
    full, every = 0, 0
    for record in AUDIT:
        full += sum(name == "NACTA" for name in record.forms.get("full", ()))  # type: ignore[call-overload]
        every += sum("NACTA" in names for names in record.forms.values())
    assert counts(told(book)["received"])["NACTA"] == (full, every)


@pytest.mark.parametrize("key", [one.key for one in DEFINITIONS])
def test_the_records_behind_a_figure_are_as_many_as_it_says(book: Book, key: str) -> None:
    figure = told(book)[key]
    with book.reading() as connection:
        for row in figure.rows:
            assert len(behind(connection, key, PERIOD, row.about)) == row.count
        listed = behind(connection, key, PERIOD)
    assert len(listed) == figure.total.count
    assert all(AUDIT[one.offset].audit_id == one.audit_id for one in listed), "the place leads to the record"


@pytest.mark.parametrize("kind", BOTH)
def test_both_kinds_of_database_say_the_same(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, book: Book
) -> None:
    other = Book(empty_url(kind, tmp_path, request))
    try:
        other.take(noted(AUDIT), {0: len(AUDIT)})
        assert told(other) == told(book)
        other.note_question(NOW, "Audit desk 2", "Complaint 17", CNIC, 0)
        with pytest.raises(Exception, match="only added to"), other.writing() as connection:
            connection.execute(text("DELETE FROM oversight_questions"))
    finally:
        other.close()


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.integers(1, max(1, len(AUDIT) - 1)), max_size=4), st.integers(0, 5))
def test_read_in_any_batches_and_again_after_a_crash_it_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, book: Book, cuts: list[int], back: int
) -> None:
    every, made = noted(AUDIT), a_book(tmp_path_factory.mktemp("again"))
    edges = [0, *sorted(set(cuts)), len(every)]
    for begin, end in pairwise(edges):
        some = every[max(0, begin - back) : end]
        made.take(some, {0: end})
    # What the hub wrote twice after a crash lies at two places, and is one act.
    made.take([Noted(Place(1, each.place.offset), each.record) for each in every[:back]], {1: back})
    assert told(made) == told(book)
    made.close()


def test_a_review_that_was_made_is_overdue_no_more_and_was_so_before(book: Book) -> None:
    late, soon = told(book)["reviews_overdue"], Period(PERIOD.begin, NOW + timedelta(days=2))
    assert late.total.count == 1
    assert told(book, soon)["reviews_overdue"].total.count == 0, "as of then it was not due"


def test_who_received_what_on_whom_is_found_by_his_token_and_told_without_a_body(book: Book) -> None:
    with book.reading() as connection:
        (report_id,) = whom.carrying(connection, CNIC)
        story = whom.told(connection, report_id)
        assert whom.carrying(connection, CNIC.replace("cnic", "phone")) == []
    first = story.steps[0]
    rules = {one.agency: (one.form, one.rule) for one in first.receivers}
    assert first.override
    assert rules["POLICE-KP"] == ("tearline", "imminent_danger")
    assert rules["NACTA"][0] == "full"
    assert {(one.event, one.agency, one.detail) for one in story.steps[1:]} >= {
        ("alert_acknowledged", "NACTA", "false_alarm"),
        ("alert_acknowledged", "IB", "used"),
    }
    assert CNIC not in repr(story)
    assert "bazaar" not in repr(story).casefold()


def test_a_question_on_a_person_is_written_down_and_cannot_be_taken_back(tmp_path: Path) -> None:
    made = a_book(tmp_path)
    made.note_question(NOW, "Audit desk 2", "Complaint 17", CNIC, 3)
    (asked,) = made.questions()
    assert (asked["by"], asked["reason"], asked["found"]) == ("Audit desk 2", "Complaint 17", 3)
    assert asked["mark"] == mark_of("question", CNIC)
    for statement in ("DELETE FROM oversight_questions", "UPDATE oversight_questions SET reason = ''"):
        with pytest.raises(Exception, match="only added to"), made.writing() as connection:
            connection.execute(text(statement))
    made.close()


def test_a_database_of_others_is_left_alone(tmp_path: Path) -> None:
    from fusionbus.consumers.threats.database import ThreatDatabase  # noqa: PLC0415 - it stands for others' tables

    ThreatDatabase(f"sqlite:{tmp_path}/threats.db").close()
    with pytest.raises(Misconfigured, match="holds tables of others"):
        Book(f"sqlite:{tmp_path}/threats.db")


def test_a_view_of_another_version_is_made_anew_and_the_questions_stay(tmp_path: Path) -> None:
    made = a_book(tmp_path, AUDIT)
    made.note_question(NOW, "Audit desk 2", "Complaint 17", CNIC, 3)
    with made.writing() as connection:
        connection.execute(text("UPDATE oversight_about SET version = 0"))
    made.close()
    anew = Book(f"sqlite:{tmp_path}/oversight.db")
    assert (anew.positions(), anew.newest(), len(anew.questions())) == ({}, None, 1)
    with anew.writing() as connection:
        connection.execute(text("INSERT INTO oversight_about VALUES (99)"))
    anew.close()
    with pytest.raises(Misconfigured, match="version 99"):
        Book(f"sqlite:{tmp_path}/oversight.db")


def test_a_month_is_one_of_pakistan() -> None:
    begin, end = month_of("2026-12")
    assert begin.astimezone(UTC) == datetime(2026, 11, 30, 19, tzinfo=UTC)
    assert end.astimezone(UTC) == datetime(2026, 12, 31, 19, tzinfo=UTC)
