"""Who is wanted, who is met, and what a name alone may and may not do."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from builders import NOW, a_token
from fusionbus.contract.clk import encode_name
from fusionbus.contract.incident import PersonClue, Relation
from fusionbus.contract.names import fold_name
from fusionbus.contract.observation import Observation, Subject
from fusionbus.contract.sections import BorderSection, RecordSection
from fusionbus.contract.vocabulary import FindingKind, Kind, Sex, SubjectRole, Urgency
from fusionbus.streams.patterns.values import Finding
from fusionbus.streams.patterns.watching.search import WatchSearch
from ledgers import an_entity, an_observation, hours

CNIC, OTHER_CNIC, PASSPORT = a_token("cnic", 1), a_token("cnic", 2), a_token("passport", 1)
NAME = "Zarbaz Khan Testkhel"


def a_clue(name: str = NAME, **changes: Any) -> PersonClue:
    made: dict[str, Any] = {
        "name_tokens": tuple(a_token("name", sum(map(ord, part))) for part in fold_name(name)),
        "name_clk": encode_name(name, b"a key for made-up persons only", "k1"),
        "sex": Sex.MALE,
        "age_low": 34,
        "age_high": 35,
    }
    return PersonClue(**made | changes)


def somebody(*papers: str, role: SubjectRole = SubjectRole.OTHER, clue: PersonClue | None = None) -> Subject:
    return Subject(role=role, id_tokens=papers, clue=clue)


def suspect(*papers: str, clue: PersonClue | None = None) -> Subject:
    return somebody(*papers, role=SubjectRole.CRIMINAL_SUBJECT, clue=clue)


def a_record(name: str = "wanted", record_type: str = "wanted_person", **changes: Any) -> Observation:
    made: dict[str, Any] = {
        "agency": "CTD-KP",
        "kind": Kind.RECORD,
        "section": RecordSection(record_type=record_type, recorded_at=NOW - timedelta(days=3)),  # type: ignore[arg-type] # one of its words
        "subjects": (suspect(CNIC),),
    }
    return an_observation(name, **made | changes)


def a_crossing(name: str = "crossing", *subjects: Subject, event: str = "crossed", **changes: Any) -> Observation:
    made: dict[str, Any] = {
        "agency": "PASSPORTS",
        "kind": Kind.BORDER,
        "section": BorderSection(event=event, direction="out"),  # type: ignore[arg-type] # one of its words
        "subjects": subjects or (somebody(CNIC),),
        "reported_at": NOW - hours(1),
    }
    return an_observation(name, **made | changes)


def found(*reports: Observation) -> list[Finding]:
    search = WatchSearch()
    for report in reports:
        search.put(report)
    return list(search.standing(NOW))


@pytest.mark.parametrize("event", ["crossed", "refused", "detained", "irregular_crossing", "watch_list_hit"])
def test_whoever_is_wanted_and_stands_at_the_border_with_the_same_paper_is_a_hit_at_once(event: str) -> None:
    (finding,) = found(a_record(), a_crossing(event=event))
    assert (finding.kind, finding.urgency) == (FindingKind.WATCH_LIST_HIT, Urgency.IMMEDIATE)
    assert {report.agency for report, _ in finding.evidence} == {"CTD-KP", "PASSPORTS"}
    assert [entity.token for entity in finding.entities] == [CNIC]
    assert "Call CTD-KP" in finding.statement
    assert "PASSPORTS" in finding.statement


def test_a_proclamation_and_a_passport_among_the_things_do_the_same() -> None:
    listing = a_record(record_type="proclamation", subjects=(), entities=(an_entity(PASSPORT),))
    (finding,) = found(listing, a_crossing("crossing", somebody(PASSPORT)))
    assert finding.kind is FindingKind.WATCH_LIST_HIT


def test_any_other_report_of_another_agency_that_names_the_paper_is_a_hit() -> None:
    arrest = a_record("arrest", "arrest", agency="POLICE-SD")
    payments = an_observation("payments", entities=(an_entity(CNIC),))
    assert {each.key.rpartition("/")[2] for each in found(a_record(), arrest, payments)} == {
        arrest.report_id,
        payments.report_id,
    }


def test_the_agency_that_wants_the_person_hears_nothing_of_its_own_reports() -> None:
    assert found(a_record(), a_record("arrest", "arrest")) == []


@pytest.mark.parametrize("role", [SubjectRole.VICTIM, SubjectRole.WITNESS, SubjectRole.NON_CRIMINAL_IDENTIFYING])
def test_victims_and_witnesses_are_neither_wanted_nor_met(role: SubjectRole) -> None:
    assert found(a_record(subjects=(somebody(CNIC, role=role),)), a_crossing()) == []
    assert found(a_record(), an_observation("fir", agency="POLICE-SD", subjects=(somebody(CNIC, role=role),))) == []


def test_a_phone_or_a_plate_in_common_is_no_hit() -> None:
    phone = a_token("phone", 9)
    assert found(a_record(subjects=(suspect(phone),)), a_crossing("crossing", somebody(phone))) == []


def test_a_withdrawn_record_wants_nobody_any_more() -> None:
    search = WatchSearch()
    search.put(a_crossing())
    search.put(a_record())
    assert len(search.standing(NOW)) == 1
    search.drop(a_record().report_id)
    assert search.standing(NOW) == []


def test_a_release_by_the_agency_that_wants_the_person_ends_it_from_then_on() -> None:
    freed = RecordSection(record_type="release", recorded_at=NOW - hours(5))
    release = a_record("release", section=freed)
    before, after = a_crossing("before", reported_at=NOW - hours(8)), a_crossing("after", reported_at=NOW - hours(2))
    (finding,) = found(a_record(), release, before, after)
    assert finding.key.endswith(before.report_id)


def test_another_agency_s_release_takes_nobody_off_the_list() -> None:
    freed = RecordSection(record_type="release", recorded_at=NOW - hours(5))
    assert len(found(a_record(), a_crossing(), a_record("release", agency="POLICE-SD", section=freed))) == 1


def test_a_journey_long_before_the_listing_and_a_relay_of_a_crossing_are_no_hits() -> None:
    assert found(a_record(), a_crossing(reported_at=NOW - timedelta(days=11))) == []
    assert found(a_record(), a_crossing(relation=Relation.RELAY)) == []


def test_a_hit_is_over_a_month_after_the_meeting() -> None:
    search = WatchSearch()
    for report in (a_record(), a_crossing()):
        search.put(report)
    assert search.standing(NOW + timedelta(days=31)) == []


def test_who_wants_the_person_is_not_told_where_the_source_is_masked() -> None:
    (finding,) = found(a_record(masked=True), a_crossing())
    assert "CTD-KP" not in finding.statement
    assert "watch floor" in finding.statement


def by_name(**changes: Any) -> list[Finding]:
    return found(
        a_record(subjects=(suspect(CNIC, clue=a_clue()),)),
        a_crossing("crossing", somebody(clue=a_clue(**changes))),
    )


def test_a_name_alike_with_sex_and_age_is_a_question_without_urgency_or_papers() -> None:
    (finding,) = by_name()
    assert (finding.kind, finding.urgency) == (FindingKind.WATCH_LIST_POSSIBLE, Urgency.UNKNOWN)
    assert finding.entities == ()
    assert "no ground to stop anybody" in finding.headline
    assert "not a hit" in finding.statement


@pytest.mark.parametrize(
    "changes",
    [
        {"sex": None},
        {"sex": Sex.FEMALE},
        {"age_low": None, "age_high": None},
        {"age_low": 20, "age_high": 60},
        {"age_low": 40, "age_high": 41},
        {"name": "Gulrez Khan Mashqani"},
        {"name_clk": None},
    ],
    ids=["no sex", "other sex", "no age", "any age", "other age", "another name", "no filter"],
)
def test_a_name_without_sex_and_age_or_another_name_is_nothing_at_all(changes: dict[str, Any]) -> None:
    assert by_name(**changes) == []


def test_two_different_identity_cards_are_two_persons_whatever_their_names() -> None:
    listing = a_record(subjects=(suspect(CNIC, clue=a_clue()),))
    assert found(listing, a_crossing("crossing", somebody(OTHER_CNIC, clue=a_clue()))) == []


def test_a_name_that_many_have_is_not_told() -> None:
    listing = a_record(subjects=(suspect(CNIC, clue=a_clue()),))
    crossings = [a_crossing(f"crossing {n}", somebody(clue=a_clue())) for n in range(4)]
    assert len(found(listing, *crossings[:3])) == 3
    assert found(listing, *crossings) == []


def test_a_namesake_outside_the_border_is_never_looked_for() -> None:
    listing = a_record(subjects=(suspect(CNIC, clue=a_clue()),))
    assert found(listing, an_observation("fir", agency="POLICE-SD", subjects=(somebody(clue=a_clue()),))) == []


def test_no_finding_shows_a_token_in_its_words() -> None:
    everything: Iterable[Finding] = [*found(a_record(), a_crossing()), *by_name()]
    for each in everything:
        words = " ".join([each.key, each.headline, each.statement, *(says for _, says in each.evidence)])
        assert "cnic:" not in words
        assert CNIC.rpartition(":")[2] not in words
        assert len(each.key) <= 90
