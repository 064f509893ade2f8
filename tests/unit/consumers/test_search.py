"""Questions to the threat database: what is found, in which order, and never a row of another agency."""

from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import a_token, an_acknowledgement
from fusionbus.consumers.testing import SAMPLE_AT
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.found import Found
from fusionbus.consumers.threats.query import Sort, read_query
from fusionbus.consumers.threats.search import alerts_of, check, incident_page, search
from fusionbus.consumers.threats.store import keep_acknowledgements
from fusionbus.consumers.threats.viewer import Viewer
from fusionbus.contract.alert import Alert
from fusionbus.contract.errors import FixTheReport
from fusionbus.contract.report import Actor, Place
from fusionbus.contract.vocabulary import (
    AckAction,
    AlertKind,
    AlertMsgType,
    MsgType,
    Province,
    Severity,
    Status,
    SubjectRole,
    ThreatCategory,
)
from threats import BOTH, KP, PB, empty_url, keep, told, with_subjects

NOW = SAMPLE_AT + timedelta(hours=1)
PESHAWAR, LAHORE = (34.01, 71.57), (31.55, 74.34)


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ThreatDatabase]:
    with closing(ThreatDatabase(empty_url(request.param, tmp_path, request))) as opened:
        yield opened


def found(database: ThreatDatabase, viewer: Viewer = KP, **parts: Any) -> list[str | None]:
    """Headlines of what is found."""
    return [line.headline for line in asked(database, viewer, **parts).incidents]


def asked(database: ThreatDatabase, viewer: Viewer = KP, **parts: Any) -> Found:
    return search(database, viewer, read_query(parts), NOW)


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("bazaar", ["A"]),
        ("BAZÁAR handcart", ["A"]),
        ("bazaar raid", []),
        ("hand*", ["A"]),
        ("cart", []),
        ('"spice sellers"', ["A"]),
        ('"sellers spice"', []),
        ("بازار", ["B"]),
        ("بازار میں", ["B"]),
        ("پوليس", ["B"]),
        ("پولیس", ["B"]),
        ("دھماکا", ["B"]),
        ("دہماکا", ["B"]),
        ("کراچی", ["B"]),
        ("كراچي", ["B"]),
        ("۱۵", ["B"]),
        ("15", ["B"]),
        ("lashkar", ["A"]),
        ("DD-2", ["B"]),
    ],
)
def test_words_are_found_in_english_and_in_urdu_however_they_are_typed(
    database: ThreatDatabase, text: str, hits: list[str]
) -> None:
    a = told(1, headline="A", narrative="A handcart near the spice sellers of a bazaar.", actor=Actor(name="Lashkar X"))
    b = told(2, headline="B", narrative="کراچی کے بازار مـیں پولیس پر دَھماکا، ۱۵ زخمی", actor=None)
    keep(database, [a, b])
    assert found(database, text=text) == hits


@pytest.mark.parametrize("text", ['"AND (', "x' OR 1=1 --", 'a"b* NOT c', "NEAR(a b, 2)", "':* & !(", "{}^:-*"])
def test_no_text_is_more_than_words(database: ThreatDatabase, text: str) -> None:
    keep(database, [told()])
    if any(letter.isalnum() for letter in text):
        assert asked(database, text=text).total == 0
    else:
        with pytest.raises(FixTheReport, match="no word"):
            asked(database, text=text)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=300))
def test_any_text_is_answered_or_refused_in_a_sentence(database: ThreatDatabase, text: str) -> None:
    with suppress(FixTheReport):
        asked(database, text=text, actor=text, district=text)


def test_a_circle_finds_what_lies_in_it_and_tells_how_far(database: ThreatDatabase) -> None:
    def at(number: int, headline: str, lat: float, lon: float) -> Alert:
        return told(number, headline=headline, place=Place(lat=lat, lon=lon))

    keep(database, [at(1, "P", *PESHAWAR), at(2, "L", *LAHORE), at(3, "near P", 34.05, 71.60), told(4, place=Place())])
    circle: dict[str, Any] = {"lat": 34.01, "lon": 71.57, "radius_km": 10}
    assert found(database, **circle, sort="nearest") == ["P", "near P"]
    distances = [line.distance_km for line in asked(database, **circle, sort="nearest").incidents]
    assert distances == [0.0, pytest.approx(5.25, abs=0.1)]
    assert found(database, **circle | {"radius_km": 500}, sort="nearest") == ["P", "near P", "L"]
    assert found(database, lat=89.9, lon=10, radius_km=1_000) == []
    assert set(found(database, lat=30, lon=179.9, radius_km=2_000)) == set()


@pytest.mark.parametrize(
    ("parts", "hits"),
    [
        ({"category": "ied"}, ["A"]),
        ({"category": "kidnapping"}, ["B"]),
        ({"province": "PK-PB"}, ["B"]),
        ({"district": "LAHORE"}, ["B"]),
        ({"actor": "ttp"}, ["A"]),
        ({"severity_min": "Extreme"}, ["B"]),
        ({"severity_min": "Minor"}, ["A", "B"]),
        ({"kind": "incident"}, ["A", "B"]),
        ({"status": "Exercise"}, ["C"]),
        ({"since": "2026-01-15", "until": "2026-01-15"}, ["A"]),
        ({"since": "2026-01-16"}, ["B"]),
        ({"until": "2026-01-15T13:00"}, []),
        ({"until": "2026-01-15T13:30"}, ["A"]),
        ({"open_only": True}, ["A", "B"]),
        ({"category": "ied", "province": "PK-PB"}, []),
    ],
)
def test_each_part_of_a_question_narrows(database: ThreatDatabase, parts: dict[str, Any], hits: list[str]) -> None:
    later = SAMPLE_AT + timedelta(days=2)
    lahore = Place(province=Province.PUNJAB, district="Lahore")
    b: dict[str, Any] = {"headline": "B", "category": ThreatCategory.KIDNAPPING, "severity": Severity.EXTREME}
    b |= {"actor": None, "occurred": None, "reported_at": later, "place": lahore}
    keep(database, [told(1, headline="A"), told(2, **b), told(3, headline="C", status=Status.EXERCISE)])
    assert sorted(str(one) for one in found(database, **parts)) == hits


def test_withdrawn_joined_and_old_incidents_are_not_open(database: ThreatDatabase) -> None:
    gone = told(1, revision=2, msg_type=AlertMsgType.CANCEL, kind=AlertKind.RECALL, headline="withdrawn")
    gone = gone.model_copy(update={"incident": gone.incident.model_copy(update={"reports": 0})})
    joined, home = told(2, headline="joined"), told(3, headline="home")
    home = home.model_copy(update={"merged_from": (joined.incident_id,)})
    old = told(4, headline="old", published_at=NOW - timedelta(days=8))
    keep(database, [gone, joined, home, old])
    assert found(database, open_only=True) == ["home"]
    assert asked(database).total == 4


def test_pages_are_whole_disjoint_and_sorted(database: ThreatDatabase) -> None:
    keep(database, [told(n, headline=f"{n:02}", published_at=SAMPLE_AT + timedelta(minutes=n // 3)) for n in range(25)])
    for sort in (Sort.NEWEST, Sort.OLDEST, Sort.SEVERITY):
        pages = [asked(database, sort=sort, page=page, per_page=10) for page in (1, 2, 3, 4)]
        assert [len(page.incidents) for page in pages] == [10, 10, 5, 0]
        assert {page.total for page in pages} == {25}
        seen = [line.headline for page in pages for line in page.incidents]
        assert sorted(str(one) for one in seen) == [f"{n:02}" for n in range(25)]
    newest = [line.updated_at for line in asked(database, per_page=25).incidents]
    assert newest == sorted(newest, reverse=True)


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"since": "yesterday"}, "since: this is no time: write 2026-01-15"),
        ({"since": "2026-13-01"}, "since: this is no time"),
        ({"since": "2026-02-02", "until": "2026-02-01"}, "`until` is before `since`"),
        ({"text": "x" * 301}, "text: string should have at most 300 characters"),
        ({"text": " ".join(f"w{n}" for n in range(13))}, "13 words: 12 are looked for at most"),
        ({"text": "?!"}, "holds no word"),
        ({"lat": 34}, "give all three or none"),
        ({"lat": 134, "lon": 1, "radius_km": 1}, "lat: input should be less than or equal to 90"),
        ({"lat": float("nan"), "lon": 1, "radius_km": 1}, "lat: "),
        ({"sort": "nearest"}, "needs a circle"),
        ({"category": "x"}, "category: input should be 'bombing'"),
        ({"token": "LEA-1234"}, "token: string should match pattern"),
        ({"page": 51, "per_page": 200}, "pages reach 10,000 hits far"),
        ({"per_page": 201}, "per_page: "),
        ({"drop": "table"}, "drop: there is no such part"),
    ],
)
def test_a_wrong_question_is_one_sentence(parts: dict[str, Any], sentence: str) -> None:
    with pytest.raises(FixTheReport) as caught:
        read_query(parts)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_plate_is_a_hit_with_whom_to_call_where_the_asker_was_told_and_nowhere_else(database: ThreatDatabase) -> None:
    keep(database, [with_subjects("CTD-KP", 1)])
    hit = check(database, KP, a_token("plate", 2))
    assert [(one.belongs_to, one.role, one.contact) for one in hit.hits] == [
        ("entity", SubjectRole.OTHER, "Duty desk, Police Khyber Pakhtunkhwa")
    ]
    assert check(database, KP, a_token("cnic", 1)).hits[0].role == SubjectRole.WITNESS
    assert not check(database, PB, a_token("plate", 2)).hit
    assert not check(database, KP, a_token("plate", 3)).hit
    assert found(database, token=a_token("plate", 2)) == ["Roadside bomb against a police van near Bannu"]
    assert found(database, PB, token=a_token("plate", 2)) == []


def test_what_was_withdrawn_and_what_is_an_exercise_is_no_hit(database: ThreatDatabase) -> None:
    cancel = told(1, revision=2, msg_type=AlertMsgType.CANCEL, kind=AlertKind.RECALL)
    cancel = cancel.model_copy(update={"body": cancel.body.model_copy(update={"msg_type": MsgType.CANCEL})})
    keep(database, [with_subjects("CTD-KP", 1), cancel, with_subjects("CTD-KP", 2, status=Status.EXERCISE)])
    assert not check(database, KP, a_token("plate", 2)).hit


def test_an_incidents_page_holds_its_alerts_in_order_what_was_said_and_what_shares_a_token(
    database: ThreatDatabase,
) -> None:
    first, second = with_subjects("CTD-KP", 1), told(1, revision=2)
    keep(database, [second, first, with_subjects("CTD-KP", 2), told(3), with_subjects("CTD-PB", 4)])
    said = an_acknowledgement(agency="CTD-KP", alert_id=first.alert_id, action=AckAction.USED, note="Two arrests.")
    with database.writing() as connection:
        keep_acknowledgements(connection, [said, said.model_copy(update={"agency": "CTD-PB", "note": "theirs"})])
    page = incident_page(database, KP, first.incident_id)
    assert page is not None
    assert [stored.alert for stored in page.alerts] == [first, second]
    assert [one.note for one in page.alerts[0].said] == ["Two arrests."]
    assert [line.incident_id for line in page.related] == [told(2).incident_id]
    assert (page.held, page.links) == (None, ())
    assert incident_page(database, PB, first.incident_id) is None


def test_alerts_are_listed_newest_first_and_those_that_nobody_acknowledged_alone(database: ThreatDatabase) -> None:
    old, new = told(1), told(2, published_at=SAMPLE_AT + timedelta(hours=2))
    keep(database, [old, new])
    assert [one.alert for one in alerts_of(database, KP).alerts] == [new, old]
    with database.writing() as connection:
        keep_acknowledgements(connection, [an_acknowledgement(agency="CTD-KP", alert_id=new.alert_id)])
    assert [one.alert for one in alerts_of(database, KP, unacknowledged=True).alerts] == [old]
    with pytest.raises(FixTheReport, match="per_page is 1 to 200"):
        alerts_of(database, KP, per_page=10_000)
