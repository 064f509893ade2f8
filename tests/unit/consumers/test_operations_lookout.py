"""The lookout: what does not answer is told with since when, what it told before stays, and it may come back."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge

from fusionbus.consumers.operations.lookout import Lookout
from fusionbus.consumers.operations.seen import Seen, Source
from fusionbus.consumers.operations.settings import OperationsSettings
from fusionbus.shell.serving import serve
from fusionbus.shell.settings import BrokerSettings

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
WITHIN_S = 10.0


@contextmanager
def looking(*urls: str) -> Iterator[Lookout]:
    settings = OperationsSettings(metrics_urls=",".join(urls), look_every_s=0.2, look_wait_s=0.5, lag_every_s=0.5)
    lookout = Lookout(settings, BrokerSettings(bootstrap="127.0.0.1:1", connect_timeout_s=0.3), lambda: {"FIA": None})
    lookout.start()
    try:
        yield lookout
    finally:
        lookout.stop()


def seen_when(lookout: Lookout, true: Callable[[Seen], object]) -> Seen:
    until = time.monotonic() + WITHIN_S
    while not true(seen := lookout.seen()):
        assert time.monotonic() < until, seen
        time.sleep(0.05)
    return seen


def test_a_process_that_answers_is_read_and_one_that_does_not_is_told() -> None:
    registry = CollectorRegistry()
    Gauge("fusion_ready", "Ready.", registry=registry).set(1)
    reports = Counter("fusion_reports_in_total", "Reports.", ["agency"], registry=registry).labels("FIA")
    good = f"http://127.0.0.1:{serve(0, '127.0.0.1', registry, {})}/metrics"
    with looking(good, "http://127.0.0.1:1/metrics") as lookout:
        seen_when(lookout, lambda seen: good in seen.processes)
        reports.inc(3)
        seen = seen_when(lookout, lambda seen: seen.minute)
        assert seen.minute["fusion_reports_in_total", "FIA"] == 3
        up, down = seen.sources
        assert up.ill is None
        assert down.ill is not None
        assert down.ill.startswith("Nothing answers at http://127.0.0.1:1/metrics")
        assert seen.heard == {"FIA": None}
        broker = seen_when(lookout, lambda seen: seen.broker is not None and seen.broker.ill).broker
        assert broker is not None
        assert broker.ill is not None
        assert "No broker answers at 127.0.0.1:1" in broker.ill


def test_what_answers_nonsense_is_told_as_no_metrics_page() -> None:
    port = serve(0, "127.0.0.1", CollectorRegistry(), {"odd": lambda: "fusion_x{ 1"})
    for path, words in (("odd", "answers 503"), ("none", "answers 404")):
        with looking(f"http://127.0.0.1:{port}/{path}") as lookout:
            (source,) = seen_when(lookout, lambda seen: seen.sources[0].ill).sources
            assert source.ill is not None
            assert words in source.ill


def test_a_source_is_ill_since_its_first_failure_and_keeps_when_it_was_good() -> None:
    source = Source("a").answered(10, 0.1).failed("It is out.", 20).failed("It is out.", 30)
    assert (source.good_at, source.ill_since) == (10, 20)
    assert source.answered(40, 0.1).ill is None
