"""What `fusionbus watch` makes of offsets and records."""

from datetime import timedelta
from io import StringIO
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from builders import NOW, a_report, an_alert
from fusionbus.consumers.testing import sample_alert
from fusionbus.consumers.watching.flows import Counts, Flow, Look, counts, flows
from fusionbus.consumers.watching.news import KEPT_MAX, Item, News, item, named
from fusionbus.consumers.watching.screen import as_tree, screen, summary
from fusionbus.contract.codec import encode
from fusionbus.contract.incident import Incident
from fusionbus.contract.schemas import examples
from fusionbus.contract.vocabulary import Status
from fusionbus.shell.lag import Lag
from hub import HubOnPaper


def shown(look: Look | None, news: News | None = None, fault: str | None = None) -> str:
    out = StringIO()
    Console(file=out, width=150, highlight=False).print(screen(look, news or News(), NOW, 3, fault))
    return out.getvalue()


def a_look(**changes: Any) -> Look:
    told: dict[str, Any] = {"flows": (Flow("CTD-KP", Counts(2, 9), Counts(0, 1)),), "dead_letters": Counts(1, 4)}
    return Look(**(told | changes))


# -- how much came
@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50), st.one_of(st.none(), st.integers(0, 100))), max_size=5)
)
def test_what_came_since_is_never_more_than_lies_there(parts: list[tuple[int, int, int | None]]) -> None:
    spans = {("t", number): (begin, begin + length) for number, (begin, length, _) in enumerate(parts)}
    since = {("t", number): first for number, (_, _, first) in enumerate(parts)}
    for one in counts(spans, since, since).values():
        assert 0 <= one.minute == one.hour <= sum(length for _, length, _ in parts)


def test_what_came_is_counted_over_partitions_from_the_first_record_since() -> None:
    spans = {("reports-A", 0): (0, 10), ("reports-A", 1): (5, 20)}
    found = counts(spans, {("reports-A", 0): 8, ("reports-A", 1): None}, {("reports-A", 0): 0, ("reports-A", 1): 0})
    assert found == {"reports-A": Counts(2, 25)}


def test_an_agencys_reports_and_alerts_stand_in_one_row_and_the_hubs_topics_in_none() -> None:
    counted = {
        "reports-A": Counts(1, 2),
        "alerts-A": Counts(3, 4),
        "alerts-B": Counts(5, 6),
        "dead-letters": Counts(7, 8),
    }
    assert flows(counted) == (
        Flow("A", Counts(1, 2), Counts(3, 4)),
        Flow("B", Counts(), Counts(5, 6)),
    )
    assert [flow.agency for flow in flows(counted, "B")] == ["B"]


# -- what is new
def test_one_alert_to_many_is_one_line_that_names_its_recipients() -> None:
    hub, news = HubOnPaper.of(), News()
    hub.send(a_report())
    alerts = hub.alerts()
    assert len(alerts) > 1
    for alert in alerts:
        found = item(f"alerts-{alert.recipient}", encode(alert))
        assert found is not None
        news.add(found)
    (line,) = news.newest("alert", 10)
    assert set(line.who) == {alert.recipient for alert in alerts}


def test_an_exercise_is_told_as_one() -> None:
    found = item("alerts-IB", encode(an_alert(status=Status.EXERCISE)))
    assert found is not None
    assert found.said.startswith("EXERCISE")


def test_an_incident_counts_independent_origins_and_names_no_masked_agency() -> None:
    text = examples("incident")
    incident = Incident.model_validate_json(next(iter(text.values())))
    member = incident.members[0].model_copy(update={"masked": True})
    found = item("incidents", encode(incident.model_copy(update={"members": (member, *incident.members[1:])})))
    assert found is not None
    assert f"{incident.independent_origins} independent origin" in found.said
    assert found.who == tuple(dict.fromkeys(one.agency for one in incident.members[1:]))


def test_what_cannot_be_read_is_no_line() -> None:
    for topic in ("alerts-IB", "incidents", "dead-letters"):
        assert item(topic, b"\xff{") is None


@given(st.lists(st.integers(0, 500), max_size=200))
def test_only_the_newest_are_kept_newest_first(ages: list[int]) -> None:
    news = News()
    for number, age in enumerate(ages):
        news.add(Item(str(number), NOW - timedelta(seconds=age), "alert", ("A",), "x"))
    kept = [(NOW - one.at).total_seconds() for one in news.newest("alert", 1_000)]
    assert len(kept) <= KEPT_MAX
    assert kept == sorted(kept)
    assert kept == sorted(ages)[:KEPT_MAX]


def test_many_readers_are_counted() -> None:
    assert named(tuple("ABCDEF")) == "A, B, C, D and 2 more"


# -- the screen
def test_the_screen_tells_how_much_comes_who_is_behind_and_what_is_new() -> None:
    news = News()
    found = item("alerts-IB", encode(sample_alert()))
    assert found is not None
    news.add(found)
    behind = Lag("fusion-hub", "accepted", 3, 10, 7, 12.4, 0)
    told = shown(a_look(lags=(behind,), unread={"alerts-FIA": 3}), news)
    for part in (
        "Reports 2 in the last minute, 9 in the last hour",
        "Dead letters 1 in the last minute",
        "7 records wait, the oldest for 12 s.",
        "Nobody has ever read alerts-FIA.",
        "CTD-KP",
        "Roadside bomb",
    ):
        assert part in told


def test_a_broker_that_went_away_is_told_beside_what_was_seen_last() -> None:
    told = shown(a_look(), fault="No broker answers.")
    assert "No broker answers." in told
    assert "Reports 2" in told


def test_agencies_beyond_the_screen_are_counted() -> None:
    many = tuple(Flow(f"A-{number}", Counts(), Counts()) for number in range(10))
    assert "… and 7 more, 7 of them silent for an hour" in shown(a_look(flows=many))


def test_text_from_outside_steers_no_terminal() -> None:
    news = News()
    news.add(Item("1", NOW, "alert", ("A\x1b[2J",), "\x1b[2J\u202e[bold]hello[/bold]"))
    told = shown(None, news)
    assert "\x1b[2J" not in told
    assert "[bold]hello" in told


def test_what_may_not_be_seen_is_said_to_be_unseen_and_not_to_be_nothing() -> None:
    told = list(summary(a_look(dead_letters=None, remark="Who is behind is for `operator` to see.")))
    assert not any("Dead letters" in sentence or "Nobody is behind" in sentence for sentence in told)
    assert any("operator" in sentence for sentence in told)


def test_programs_get_the_same() -> None:
    tree = as_tree(a_look(), News(), NOW, 5)
    assert tree["flows"] == [
        {"agency": "CTD-KP", "reports": {"minute": 2, "hour": 9}, "alerts": {"minute": 0, "hour": 1}}
    ]
    assert tree["newest"] == {"alert": [], "incident": [], "dead letter": []}
