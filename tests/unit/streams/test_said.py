"""Reasons in words: what two reports say where it may be told, nothing of it in a link, one line for a reader."""

from typing import Any

from builders import NOW, a_place, a_report, an_interval, minutes
from centre import Centre, killed
from fusionbus.contract.incident import Reason
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import Province, TargetSectorCode, ThreatCategory
from fusionbus.streams.correlate.said import line_of
from fusionbus.streams.values import Fresh, Joined

SHRINE = "Gunmen shoot at pilgrims beside the Chashma shrine in Peshawar"


def told(**changes: Any) -> ThreatReport:
    made: dict[str, Any] = {"headline": SHRINE, "narrative": None, "casualties": killed(9), "category": None}
    return a_report(**made | changes)


def reasons(*reports: ThreatReport) -> dict[str, Reason]:
    centre = Centre()
    for report in reports[:-1]:
        centre.take(report)
    match = centre.take(reports[-1])
    assert isinstance(match, Joined)
    return {reason.field: reason for reason in match.reasons}


def police(**changes: Any) -> ThreatReport:
    return told(agency="POLICE-KP", local_ref="2", **changes)


def test_a_reason_names_the_place_the_toll_and_the_telling_words() -> None:
    said = {field: reason.said for field, reason in reasons(told(), police()).items()}
    assert said["place"] == "the same place: Purana Chashma Bazaar"
    assert said["killed"] == "the same number killed: 9"
    assert "shrine" in said["text"]


def test_a_disagreement_names_both_sides() -> None:
    found = reasons(told(), police(casualties=killed(3), category=ThreatCategory.IED))
    assert found["killed"].said == "the numbers killed differ more than threefold: 3 and 9" or (
        found["killed"].said == "both tell of people killed: 3 and 9"
    )


def test_one_line_tells_what_speaks_for_it_and_what_against() -> None:
    reasons = (
        Reason(field="place", bits=3.0, said="the same place: Tank"),
        Reason(field="prior", bits=-4.0, said="how seldom two reports tell of one event"),
        Reason(field="killed", bits=-2.0, said="the numbers killed differ: 3 and 9"),
        Reason(field="text", bits=-0.1, said="few of its words in common: shrine"),
        Reason(field="weapon", bits=0.1, said="the same weapon: firearm"),
    )
    assert line_of(reasons) == ("the same place: Tank; both say shrine. Against it: the numbers killed differ: 3 and 9")
    assert line_of(()) == "little speaks for it"


def test_a_possible_pair_names_nothing_for_links_outlive_the_reports() -> None:
    centre = Centre()
    centre.take(told(agency="IB", local_ref="1", place=a_place(name="Chashma", lat=None, lon=None)))
    elsewhere = a_place(province=Province.KHYBER_PAKHTUNKHWA, district="Nowshera", name="Pabbi", lat=34.0, lon=71.8)
    at = NOW - minutes(5 * 60)
    changes = {"place": elsewhere, "occurred": an_interval(at), "casualties": killed(4)}
    match = centre.take(told(agency="NACTA", local_ref="9", headline="Shots fired near a shrine", **changes))
    assert isinstance(match, Fresh)
    assert match.possible, "the pair is doubtful, or this test tells nothing"
    text = " ".join(reason.said for candidate in match.possible for reason in candidate.reasons)
    assert text
    assert ":" not in text
    assert not any(word in text.casefold() for word in ("chashma", "shrine", "pabbi", "9", "4"))


def test_words_in_common_stand_in_the_line_as_the_report_writes_them_though_all_in_all_they_are_few() -> None:
    text = "Guns at Chashma: officials say pilgrims of the shrine fled over three hills, and nobody else came by"
    why = line_of(tuple(reasons(told(), police(headline=text)).values()))
    pro, _, contra = why.partition(". Against it: ")
    assert "both say " in pro
    assert "pilgrims" in pro
    assert "pilgrims" not in contra


def test_places_of_one_district_are_told_as_such_and_others_by_both_names() -> None:
    here = a_place(name="Hayatabad", lat=33.98, lon=71.43)
    there = a_place(name="Badaber", lat=33.94, lon=71.57)
    assert reasons(told(place=here), police(place=there))["place"].said.startswith("the same district: Peshawar")
    near = a_place(province=Province.KHYBER_PAKHTUNKHWA, district="Nowshera", name="Pabbi", lat=34.01, lon=71.79)
    found = reasons(told(place=there), police(place=near))["place"].said
    assert found.startswith("places apart: ")
    assert "Badaber" in found
    assert "Pabbi" in found


def test_the_kind_of_target_is_named() -> None:
    sector = {"target_sector": TargetSectorCode.EDU}
    assert reasons(told(**sector), police(**sector))["target"].said == "the same kind of target: education"
