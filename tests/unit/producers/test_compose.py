"""A report from what an agency knows, and the next word about it."""

from datetime import UTC, datetime

import pytest

from fusionbus.contract import ids
from fusionbus.contract.errors import FixTheReport
from fusionbus.contract.report import Place
from fusionbus.contract.sections import IncidentSection
from fusionbus.contract.vocabulary import TLP, Kind, MsgType, Status
from fusionbus.producers import compose
from fusionbus.producers.cli_publish import GAP_S_MAX, gap_s
from fusionbus.producers.language import language_of
from fusionbus.producers.testing import SAMPLE_AT, sample_report


def test_a_report_needs_only_who_which_and_what() -> None:
    report = compose.report(agency="CTD-KP", local_ref="1", section=IncidentSection())
    assert report.report_id == ids.report_id("CTD-KP", "1")
    assert (report.status, report.handling.tlp) == (Status.ACTUAL, TLP.AMBER)
    assert report.reported_at.tzinfo is UTC


def test_a_single_time_is_a_moment() -> None:
    report = sample_report()
    assert report.occurred is not None
    assert report.occurred.start == report.occurred.end


def test_what_the_contract_refuses_is_one_sentence_with_the_field() -> None:
    with pytest.raises(FixTheReport, match="reported_at"):
        compose.report(
            agency="CTD-KP",
            local_ref="1",
            section=IncidentSection(),
            reported_at=datetime(2026, 1, 1),  # noqa: DTZ001 - the fault that is tested
        )


@pytest.mark.parametrize("kind", list(Kind))
def test_there_is_a_sample_of_every_kind(kind: Kind) -> None:
    assert sample_report(kind).kind is kind
    assert sample_report(kind) == sample_report(kind)


def test_a_revision_keeps_what_is_not_changed_and_counts_on() -> None:
    first = sample_report()
    second = compose.revised(first, place=Place(district="Swat"))
    third = compose.revised(second, cancel=True)
    assert (second.report_id, second.revision, second.msg_type) == (first.report_id, 2, MsgType.UPDATE)
    assert second.narrative == first.narrative
    assert (third.revision, third.msg_type) == (3, MsgType.CANCEL)


def test_replay_waits_as_long_as_it_took_divided_by_the_speed() -> None:
    later = SAMPLE_AT.replace(minute=SAMPLE_AT.minute + 1)
    assert gap_s(None, later, 10) == 0
    assert gap_s(SAMPLE_AT, later, 10) == 6
    assert gap_s(later, SAMPLE_AT, 10) == 0
    assert gap_s(SAMPLE_AT.replace(year=2020), later, 1) == GAP_S_MAX


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Two men fired at a shop near the bypass and fled.", "en"),
        ("چوک کے قریب دھماکہ ہوا", "ur"),
        ("Do mulzim motor cycle par aaye aur dukan par firing ki", "ur-Latn"),
        ("", "en"),
    ],
)
def test_the_language_of_a_narrative_is_seen(text: str, code: str) -> None:
    assert language_of(text) == code
