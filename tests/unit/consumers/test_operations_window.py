"""Counters over the last minutes: restarts lose nothing, quantiles are Prometheus's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusionbus.consumers.operations.scrape import Sample, parse
from fusionbus.consumers.operations.window import Window, quantile
from fusionbus.shell import metrics

REPORTS = "fusion_reports_in_total"


def reports(count: float, agency: str = "CTD-KP") -> tuple[Sample, ...]:
    return (Sample(REPORTS, {"agency": agency}, count),)


def test_what_was_there_at_the_first_look_is_not_told_as_new() -> None:
    window = Window()
    window.take("a", reports(500), 10)
    window.take("a", reports(503), 11)
    assert window.within(0) == {(REPORTS, "CTD-KP"): 3}


def test_a_process_that_began_anew_takes_nothing_away() -> None:
    window = Window()
    for at, count in enumerate((500, 503, 2)):
        window.take("a", reports(count), at)
    assert window.within(0) == {(REPORTS, "CTD-KP"): 5}


def test_processes_are_counted_apart_and_added_up() -> None:
    window = Window()
    for at, (one, other) in enumerate(((5, 70), (6, 72))):
        window.take("a", reports(one), at)
        window.take("b", reports(other), at)
    assert window.within(0) == {(REPORTS, "CTD-KP"): 3}


def test_what_is_older_than_asked_for_is_left_out_and_forgotten_in_time() -> None:
    window = Window(length_s=100)
    for at in range(0, 301, 50):
        window.take("a", reports(at), at)
    assert window.within(250) == {(REPORTS, "CTD-KP"): 100}
    assert window.within(0) == {(REPORTS, "CTD-KP"): 150}


@given(counts=st.lists(st.integers(0, 1000), min_size=2, max_size=30))
def test_no_step_is_ever_negative(counts: list[int]) -> None:
    window = Window()
    for at, count in enumerate(counts):
        window.take("a", reports(count), at)
    assert all(step > 0 for step in window.within(0).values())


@pytest.mark.parametrize(
    ("share", "value"),
    [(0.5, 0.1), (0.25, 0.05), (0.75, 0.3), (1.0, 0.5)],
)
def test_a_quantile_lies_between_the_bounds_of_its_bucket(share: float, value: float) -> None:
    assert quantile({0.1: 2, 0.5: 4, float("inf"): 4}, share) == pytest.approx(value)


def test_beyond_the_last_bound_nothing_is_made_up() -> None:
    assert quantile({0.1: 0, 60: 0, float("inf"): 4}, 0.99) == 60
    assert quantile({0.1: 0, float("inf"): 0}, 0.99) is None
    assert quantile({}, 0.5) is None


def test_every_counter_that_is_followed_is_declared() -> None:
    from fusionbus.consumers.operations.figures import OUTCOMES  # noqa: PLC0415 - only here
    from fusionbus.consumers.operations.window import KEPT  # noqa: PLC0415 - only here

    declared = set(metrics.METRICS._names_to_collectors)  # noqa: SLF001 - there is no public way
    assert set(KEPT) | set(OUTCOMES.values()) <= declared


def test_python_s_own_metrics_are_left_out() -> None:
    text = '# TYPE x gauge\npython_info{v="3"} 1\n# TYPE fusion_ready gauge\nfusion_ready 1\n'
    assert [sample.name for sample in parse(text)] == ["fusion_ready"]
