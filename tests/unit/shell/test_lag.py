"""Lag: what waits, how old it is, what was lost as too old."""

from datetime import datetime, timedelta

from builders import NOW
from fusionbus.contract.topics import HUB_APP
from fusionbus.shell import lag
from fusionbus.shell.lag import Lag, Standing
from fusionbus.shell.moments import Place

REPORTS, OTHER, ALERTS = ("reports-CTD-KP", 0), ("reports-CTD-KP", 1), ("alerts-IB", 0)


def one(committed: int | None, begin: int = 0, end: int = 10) -> Standing:
    """The hub on one partition."""
    return Standing(HUB_APP, REPORTS, begin, end, committed)


def test_a_group_begins_at_the_beginning_where_it_has_committed_nothing() -> None:
    assert (one(None, begin=4).position, one(None, begin=4).records, one(None, begin=4).expired) == (4, 6, 0)


def test_what_was_deleted_before_it_was_read_is_told() -> None:
    late = one(2, begin=5)
    assert (late.position, late.records, late.expired) == (5, 5, 3)
    (row,) = lag.lags([late], {}, NOW)
    assert list(lag.faults([row], None, None)) == [
        "fusion-hub on reports-CTD-KP lost 3 records: they were deleted as too old before they were processed."
    ]


def test_a_topic_made_anew_is_read_from_its_beginning() -> None:
    assert (one(50).position, one(50).records) == (0, 10)


def test_partitions_of_a_topic_are_one_row_and_the_oldest_of_them_counts() -> None:
    standing = [one(4), Standing(HUB_APP, OTHER, 0, 3, 1)]
    oldest: dict[Place, dict[int, datetime]] = {
        REPORTS: {4: NOW - timedelta(seconds=5)},
        OTHER: {1: NOW - timedelta(seconds=90)},
    }
    (row,) = lag.lags(standing, oldest, NOW)
    assert row == Lag(HUB_APP, "reports-CTD-KP", committed=5, end=13, records=8, seconds=90.0, expired=0)


def test_a_record_from_a_clock_ahead_is_not_younger_than_now() -> None:
    (row,) = lag.lags([one(4)], {REPORTS: {4: NOW + timedelta(hours=1)}}, NOW)
    assert row.seconds == 0.0


def test_the_hub_stands_on_what_it_reads_and_others_where_they_have_read_alerts() -> None:
    spans: dict[Place, tuple[int, int]] = {REPORTS: (0, 2), ALERTS: (0, 5), ("alerts-IB", 1): (0, 1)}
    committed: dict[str, dict[Place, int]] = {"IB.alerts": {ALERTS: 5}, "other": {("x", 0): 1}, HUB_APP: {}}
    assert [(s.group, s.place, s.committed) for s in lag.standings(spans, committed)] == [
        ("IB.alerts", ALERTS, 5),
        ("IB.alerts", ("alerts-IB", 1), None),
        (HUB_APP, REPORTS, None),
    ]
    assert lag.unread(spans, committed) == {}
    assert lag.unread(spans, {}) == {"alerts-IB": 6}


def test_thresholds_are_crossed_above_and_not_at_them() -> None:
    row = Lag("IB.alerts", "alerts-IB", committed=0, end=7, records=7, seconds=60.0, expired=0)
    assert list(lag.faults([row], 7, 60.0)) == []
    assert len(list(lag.faults([row], 6, 59.0))) == 2


def test_only_topics_that_somebody_processes_are_watched() -> None:
    names = [
        "audit",
        "audit-seals",
        "accepted",
        "reports-A",
        "control-A",
        "alerts-A",
        "receipts-A",
        "fusion-hub-seen-changelog",
    ]
    assert lag.watched(names) == ["accepted", "alerts-A", "audit", "control-A", "reports-A"]
