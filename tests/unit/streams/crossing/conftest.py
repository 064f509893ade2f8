"""Two zones on two banks of a river, and what stands in them."""

from datetime import timedelta

import pytest

from border_towns import PARTITIONS, A, B, a_verdict, east, reports_in, west
from hub import HubOnPaper


@pytest.fixture(params=PARTITIONS, ids=["one partition", "a partition each"])
def hub(request: pytest.FixtureRequest) -> HubOnPaper:
    return HubOnPaper.of(partitions=request.param)


@pytest.fixture
def both(hub: HubOnPaper) -> HubOnPaper:
    """Two incidents that nobody has found to be one: each was decided before the other was shown there."""
    events = [event for report in (west(), east()) for event in hub.admit([hub.event_of(report)])]
    shown = []
    for event in events:
        decision = hub.fusion.decide([event], hub.work("fuse"))
        hub.keep(decision)
        shown += [each for each in hub.accepted(decision) if b'"type":"probe"' not in (each.value or b"")]
        hub.later(timedelta(minutes=1))
    assert reports_in(hub) == {A: {west().report_id}, B: {east().report_id}}
    return hub


@pytest.fixture
def joined(both: HubOnPaper) -> HubOnPaper:
    """The same, once a person joined them."""
    both.tell(a_verdict())
    assert reports_in(both) == {A: {west().report_id, east().report_id}}
    both.clear_told()
    return both
