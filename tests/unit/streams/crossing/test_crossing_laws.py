"""Whatever order partitions are read in, in whatever batches, and wherever a worker dies: the same reports are one."""

from collections import deque
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from analysts import the_raid
from border_towns import PARTITIONS, east, no_place, reports_in, west
from fusionbus.contract.report import ThreatReport
from fusionbus.streams.engine import Event
from hub import HubOnPaper

ONE_EVENT = (
    west(),
    east(),
    west(
        "w2",
        "POLICE-KP",
        uncertainty_km=30.0,
        narrative="Police: fertiliser in a laden lorry exploded at the toll plaza.",
    ),
    no_place(),
)
BATCH_MAX = 4
DYING = 0.25
"""Of the batches end so many with the worker."""


def fused(reports: list[ThreatReport], seed: int, partitions: int, *, dying: bool) -> HubOnPaper:
    """The hub after these, its partitions read by turns by chance; with `dying` workers fall over in between.

    A worker that dies has sent what a batch leads to and marked none of it; of a batch of one also the first few.
    """
    order = Random(seed)  # noqa: S311 - no secret hangs on it
    hub = HubOnPaper.of(partitions=partitions)
    waiting: dict[int, deque[Event]] = {partition: deque() for partition in range(partitions)}
    left = list(reports)
    while left or any(waiting.values()):
        if left and (order.random() < 0.5 or not any(waiting.values())):
            come = hub.admit([hub.event_of(left.pop(0))])
        else:
            queue = waiting[order.choice([p for p, q in waiting.items() if q])]
            batch = [queue[at] for at in range(min(len(queue), order.randint(1, BATCH_MAX)))]
            decision = hub.fusion.decide(batch, hub.work("fuse"))
            come = hub.accepted(decision)
            if dying and order.random() < DYING:
                hub.sent.extend(decision.outputs)
                marked = order.randint(0, len(decision.marks)) if len(batch) == 1 else 0
                for mark in decision.marks[:marked]:
                    hub.fused.keep(type(decision)((), (mark,)))
                hub.restart()
            else:
                hub.keep(decision)
                for _ in batch:
                    queue.popleft()
        for event in come:
            waiting[event.partition].append(event)
    return hub


@settings(max_examples=30, deadline=None)
@given(st.permutations(ONE_EVENT), st.integers(0, 10**6), st.sampled_from(PARTITIONS))
def test_one_event_is_one_incident_in_any_order_of_arrival_and_of_reading(
    reports: list[ThreatReport], seed: int, partitions: int
) -> None:
    hub = fused([*reports, the_raid()], seed, partitions, dying=False)
    everything = {report.report_id for report in ONE_EVENT}
    assert sorted(reports_in(hub).values(), key=len) == [{the_raid().report_id}, everything]
    (whole,) = [each for each in hub.incidents().values() if len(each.members) > 1 and each.merged_into is None]
    assert not whole.closed
    assert hub.fusion.open_count() == 2


@settings(max_examples=30, deadline=None)
@given(st.permutations(ONE_EVENT), st.integers(0, 10**6), st.sampled_from(PARTITIONS))
def test_workers_that_die_between_any_two_marks_lose_no_report_and_double_none(
    reports: list[ThreatReport], seed: int, partitions: int
) -> None:
    hub = fused(reports, seed, partitions, dying=True)
    kept = [member for incident in standing_in(hub) for member in incident]
    assert sorted(kept) == sorted(report.report_id for report in ONE_EVENT)
    assert not hub.dead_letters()


def standing_in(hub: HubOnPaper) -> list[set[str]]:
    """The reports of each incident that stands, by the tables: the topic may still hold what a dying worker sent."""
    return list(reports_in(hub).values())
