"""Figures of operations: from what was told, and from nothing else; each agency's are its own."""

import pytest

from fusionbus.consumers.operations.figures import figures, narrowed
from fusionbus.consumers.operations.scrape import Sample
from fusionbus.consumers.operations.seen import Behind, Source
from fusionbus.consumers.web.pages.operations_public import tips
from operations import NOW_S, WORKER, a_worker, behind, sample, seen

DAY_S = 86_400.0


def test_of_a_bus_that_nobody_saw_nothing_is_known_and_nothing_is_zero() -> None:
    told = figures(seen(behind=None), DAY_S)
    assert (told.reports_s, told.incidents_open, told.outcomes, told.hub_lag_s) == (None, None, None, None)
    assert (told.to_alert.p99_s, told.agencies, told.dead_letters) == (None, (), {})


def test_an_agency_is_silent_after_the_time_that_the_setting_says() -> None:
    rows = {row.agency: row.silent for row in figures(seen(*a_worker()), DAY_S).agencies}
    assert rows == {"CTD-KP": False, "CTD-SD": True}
    assert not any(row.silent for row in figures(seen(*a_worker()), 3 * DAY_S).agencies)


def test_what_the_database_heard_counts_where_the_workers_have_begun_anew() -> None:
    told = figures(seen(*a_worker(), heard={"FIA": NOW_S - 9, "IB": None, "CTD-KP": NOW_S - 900}), DAY_S)
    last = {row.agency: row.last_seen_at for row in told.agencies}
    assert (last["FIA"], last["IB"], last["CTD-KP"]) == (NOW_S - 9, None, NOW_S - 5)


def test_workers_are_added_up_and_the_newest_word_on_an_agency_counts() -> None:
    other = a_worker(sample("agency_last_seen_seconds", NOW_S - 1, agency="CTD-SD"))
    told = figures(seen(processes={WORKER: a_worker(), "http://127.0.0.1:9102/metrics": other}), DAY_S)
    assert told.incidents_open == 6
    assert told.waiting == {"up to 5 min": 8, "up to 1 h": 0, "up to 24 h": 0, "older": 4}
    assert {row.agency: row.silent for row in told.agencies} == {"CTD-KP": False, "CTD-SD": False}


def test_rates_are_over_the_time_that_was_looked_at() -> None:
    minute = {("fusion_reports_in_total", "CTD-KP"): 30.0}
    assert figures(seen(*a_worker(), minute=minute), DAY_S).reports_s == 0.5
    assert figures(seen(*a_worker(), minute=minute, minute_s=10.0), DAY_S).reports_s == 3.0


def test_latency_is_of_the_last_five_minutes() -> None:
    five = {("fusion_publish_to_alert_seconds_bucket", le): n for le, n in (("0.1", 50), ("0.5", 100), ("+Inf", 100))}
    told = figures(seen(*a_worker(), five_minutes=five), DAY_S).to_alert
    assert told.count == 100
    assert told.p50_s == pytest.approx(0.1)
    assert told.p99_s == pytest.approx(0.492)


def test_the_hub_is_as_far_behind_as_on_its_worst_topic_and_receivers_do_not_count() -> None:
    rows = (behind("accepted", 2.0), behind("audit", 5.0), behind("alerts-CTD-KP", 90.0, group="CTD-KP.alerts"))
    assert figures(seen(behind=Behind(rows)), DAY_S).hub_lag_s == 5.0
    assert figures(seen(behind=Behind(())), DAY_S).hub_lag_s == 0.0


def test_a_process_that_is_no_worker_is_not_counted_as_one_that_is_not_ready() -> None:
    keeper = (sample("worker_started_seconds", 0), sample("ready", 0))
    sources = (Source(WORKER, NOW_S), Source("http://127.0.0.1:9103/metrics", NOW_S))
    processes = {WORKER: a_worker(ready=False), "http://127.0.0.1:9103/metrics": keeper}
    told = figures(seen(processes=processes, sources=sources), DAY_S)
    assert [process.ready for process in told.processes] == [False, None]


def test_an_agency_that_is_not_the_hub_s_desk_learns_of_itself_alone() -> None:
    rows = (behind("accepted"), behind("alerts-CTD-SD", group="CTD-SD.alerts"), behind("reports-CTD-SD"))
    everything = figures(seen(*a_worker(), behind=Behind(rows, {"alerts-CTD-SD": 3, "alerts-CTD-KP": 1})), DAY_S)
    told = narrowed(everything, "CTD-KP", reviews=False)
    assert [row.agency for row in told.agencies] == ["CTD-KP"]
    assert told.behind is not None
    assert [row.topic for row in told.behind] == ["accepted"]
    assert told.unread == {"alerts-CTD-KP": 1}
    assert "CTD-SD" not in repr(told)
    assert narrowed(everything, "NACTA", reviews=True) == everything


def tip_line(*, urgent_s: float = 0.0) -> tuple[Sample, ...]:
    waiting = {"up to 5 min": 3, "up to 1 h": 1, "up to 24 h": 0, "older": 2}
    return (
        *(sample("tips_waiting", count, age=age) for age, count in waiting.items()),
        sample("tips_oldest_seconds", urgent_s, kind="urgent"),
        sample("tips_oldest_seconds", 172_800, kind="other"),
    )


def test_tips_that_wait_are_told_by_age_and_to_the_hub_s_desk_alone() -> None:
    told = figures(seen(*a_worker(*tip_line(urgent_s=1_200))), DAY_S)
    assert told.tips is not None
    assert told.tips.waiting == {"up to 5 min": 3, "up to 1 h": 1, "up to 24 h": 0, "older": 2}
    assert (told.tips.oldest_urgent_s, told.tips.oldest_other_s) == (1_200, 172_800)
    assert narrowed(told, "CTD-KP", reviews=False).tips is None
    assert figures(seen(*a_worker()), DAY_S).tips is None


def test_danger_that_has_waited_too_long_is_bad_and_a_tip_line_that_nobody_hears_is_told() -> None:
    late, calm = (tips(figures(seen(*tip_line(urgent_s=age)), DAY_S)) for age in (1_200.0, 60.0))
    assert late.count('class="bad"') == calm.count('class="bad"') + 1
    assert "20 min" in late
    assert "No tip line was heard" in tips(figures(seen(*a_worker()), DAY_S))
