"""The picture's pages as values become HTML: escaped, within rights, and saying what they show without colour."""

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysts import A, B
from builders import NOW
from fusionbus.consumers.testing import sample_alert
from fusionbus.consumers.threats.viewer import Role
from fusionbus.consumers.web.pages import incident_parts, picture_rows
from fusionbus.consumers.web.pages.filters import Filters, Show, Since, read
from fusionbus.consumers.web.pages.marks import RANKS, ago, rank_of, severity_badge
from fusionbus.consumers.web.people import Person
from fusionbus.contract.alert import Alert
from fusionbus.contract.incident import Reason
from fusionbus.contract.vocabulary import Province, Severity, Status, ThreatCategory
from pictured import EVIL, a_decision, joined_incident, line_of, read_of

ANALYST = Person(account_id="a", agency="CTD-KP", name="desk-2", role=Role.ANALYST)
REVIEWER = replace(ANALYST, agency="NACTA", role=Role.SUPERVISOR, reviews=True)


class Tags(HTMLParser):
    """Collects the elements of a piece of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += [name for name, _ in attrs]


def tags_of(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    return tags


def evil_alert() -> Alert:
    alert = sample_alert(why=EVIL, body=dict.fromkeys(("headline", "narrative", "unit", "contact"), EVIL))
    claim = alert.incident.claim.model_copy(update={"headline": EVIL, "actor": EVIL})
    reasons = (Reason(field="text", bits=1.5, said=EVIL),)
    view = alert.incident.model_copy(update={"claim": claim, "reasons": reasons})
    return alert.model_copy(update={"incident": view})


# -- what others wrote ---------------------------------------------------------------------------------------------
def test_nothing_that_others_wrote_becomes_an_element_of_the_page() -> None:
    alert = evil_alert()
    parts = incident_parts.sections(read_of(alert), NOW, "CTD-KP")
    html = "".join(parts.values()) + picture_rows.rows([line_of(alert)], Filters(), NOW, frozenset())
    assert "onerror" in html, "the words themselves are shown"
    tags = tags_of(html)
    assert "img" not in tags.names
    assert [name for name in tags.attributes if name.startswith("on")] == []


def test_no_word_of_a_filter_becomes_an_element_of_the_page() -> None:
    tags = tags_of(picture_rows.filter_form(Filters(q=EVIL, actor=EVIL)))
    assert "img" not in tags.names
    assert [name for name in tags.attributes if name.startswith("on")] == []


def test_what_others_wrote_takes_the_direction_of_its_script() -> None:
    line = line_of(sample_alert(), headline="پشاور کے بازار میں دھماکا")
    assert '<bdi dir="auto">پشاور' in picture_rows.row(line, NOW, answered=False)


# -- filters -------------------------------------------------------------------------------------------------------
VIEWS = st.builds(
    Filters,
    q=st.text(max_size=30),
    category=st.none() | st.sampled_from(ThreatCategory),
    severity=st.none() | st.sampled_from(Severity),
    province=st.none() | st.sampled_from(Province),
    actor=st.text(max_size=30),
    since=st.none() | st.sampled_from(Since),
    status=st.sampled_from(Status),
    show=st.sampled_from(Show),
    start=st.none() | st.integers(0, 10**9),
    page=st.integers(1, 200),
)


@given(VIEWS)
def test_a_view_is_kept_whole_in_its_address(view: Filters) -> None:
    asked = dict(parse_qsl(urlsplit(view.address).query, keep_blank_values=True))
    assert read(asked) == (view, ())


@given(st.dictionaries(st.sampled_from([*Filters.model_fields, "else"]), st.text(max_size=40)))
def test_any_address_is_a_view_and_what_it_means_not_is_told(asked: dict[str, str]) -> None:
    view, wrong = read(asked)
    assert isinstance(view, Filters)
    assert all(sentence.endswith(".") for sentence in wrong)


def test_the_plain_address_shows_what_is_open_and_real() -> None:
    query = Filters().query(NOW, 50)
    assert (query.open_only, query.status, Filters().address) == (True, Status.ACTUAL, "/")


def test_another_filter_goes_back_to_the_first_page() -> None:
    assert Filters(page=7).with_(start=5).page == 1


def test_the_map_ignores_the_sliders_window_which_the_browser_applies() -> None:
    assert Filters(q="x", start=5, end=9, page=3).of_map == Filters(q="x")


# -- the list ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("severity", Severity)
def test_a_severity_is_told_by_word_and_shape_not_by_colour_alone(severity: Severity) -> None:
    badge = severity_badge(severity)
    assert severity.value in badge
    assert f"#sev-{RANKS.index(severity)}" in badge


def test_a_severity_of_a_later_version_counts_as_unknown() -> None:
    assert RANKS[rank_of("Apocalyptic")] is Severity.UNKNOWN


def test_an_empty_system_says_what_will_show_here() -> None:
    assert "within a second" in picture_rows.rows([], Filters(), NOW, frozenset())
    assert "widen" in picture_rows.rows([], Filters(q="x"), NOW, frozenset())


def test_only_what_no_person_answered_is_marked_so() -> None:
    line = line_of(sample_alert())
    assert "not answered" in picture_rows.rows([line], Filters(), NOW, frozenset())
    assert "not answered" not in picture_rows.rows([line], Filters(), NOW, {line.alert_id})


def test_an_exercise_cannot_be_taken_for_the_real_thing() -> None:
    assert "Exercise" in picture_rows.row(line_of(sample_alert(status=Status.EXERCISE)), NOW, answered=True)


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "just now"), (1, "1 minute ago"), (125, "2 hours ago"), (4320, "3 days ago")]
)
def test_ages_are_told_roughly(minutes: int, said: str) -> None:
    assert ago(NOW - timedelta(minutes=minutes), NOW) == said


# -- an incident ---------------------------------------------------------------------------------------------------
def test_a_recipient_is_not_told_who_else_was_told() -> None:
    parts = incident_parts.sections(read_of(sample_alert()), NOW, "CTD-KP")
    assert "tells nobody" in parts["Sent and answered"]
    assert "POLICE-PB" not in "".join(parts.values())


def test_the_hubs_desk_sees_each_report_with_its_reasons_and_to_whom_it_went() -> None:
    held = joined_incident()
    parts = incident_parts.sections(read_of(sample_alert("NACTA"), held), NOW, "NACTA")
    assert parts["Why one event"].count('class="member"') == 3
    assert "CTD-KP" in parts["Sent and answered"]


def test_an_incident_that_only_the_hub_knows_has_what_the_hub_holds() -> None:
    parts = incident_parts.sections(incident_parts.Read(A, None, joined_incident()), NOW, "NACTA")
    assert set(parts) == {"Why one event", "Origins and echoes", "Sent and answered", "Related"}


@pytest.mark.parametrize(
    ("person", "answers", "reviews"),
    [
        (ANALYST, True, False),
        (replace(ANALYST, role=Role.SUPERVISOR), True, False),
        (replace(ANALYST, role=Role.READER), False, False),
        (REVIEWER, True, True),
        (replace(REVIEWER, role=Role.ANALYST), True, False),
        (replace(REVIEWER, role=Role.READER), False, False),
    ],
)
def test_nobody_sees_a_button_that_he_may_not_press(person: Person, answers: bool, reviews: bool) -> None:
    shown = incident_parts.buttons(read_of(sample_alert(person.agency), joined_incident()), person)
    assert ("Acknowledge" in shown, "Join with another" in shown) == (answers, reviews)


def test_a_merge_can_be_undone_until_it_was() -> None:
    read_joined = read_of(sample_alert("NACTA"), joined_incident(), a_decision("same", 1))
    assert incident_parts.joined(replace(read_joined, incident_id=A)) == [B]
    undone = replace(read_joined, incident_id=A, links=(a_decision("split", 2), a_decision("same", 1)))
    assert incident_parts.joined(undone) == []


def test_every_act_asks_once_more_before_it_is_sent() -> None:
    shown = incident_parts.buttons(read_of(sample_alert("NACTA"), joined_incident()), REVIEWER)
    opened = set(re.findall(r'data-open="([^"]+)"', shown))
    asked = set(re.findall(r'<dialog class="ask-dialog" id="([^"]+)"', shown))
    assert opened == asked
    assert shown.count("Send to the hub") == len(asked) == 7
    assert shown.count('name="reason"') == 2
