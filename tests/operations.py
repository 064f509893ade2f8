"""What a look at a bus may see: samples, sources and lag made by hand."""

from typing import Any, Final

from fusionbus.consumers.operations.scrape import Sample
from fusionbus.consumers.operations.seen import Behind, Seen, Source
from fusionbus.contract.topics import HUB_APP
from fusionbus.shell.lag import Lag

NOW_S: Final = 1_000_000.0
WORKER: Final = "http://127.0.0.1:9101/metrics"


def sample(name: str, value: float, **labels: str) -> Sample:
    return Sample(f"fusion_{name}", labels, value)


def a_worker(*more: Sample, ready: bool = True) -> tuple[Sample, ...]:
    """A hub worker that has heard CTD-KP a moment ago and CTD-SD two days ago."""
    return (
        sample("worker_started_seconds", NOW_S - 600),
        sample("ready", float(ready)),
        sample("incidents_open", 3),
        sample("agency_last_seen_seconds", NOW_S - 5, agency="CTD-KP"),
        sample("agency_last_seen_seconds", NOW_S - 172_800, agency="CTD-SD"),
        sample("unacknowledged_alerts", 4, agency="CTD-KP", age="up to 5 min"),
        sample("unacknowledged_alerts", 2, agency="CTD-SD", age="older"),
        sample("new_incidents_total", 6, agency="CTD-KP"),
        sample("duplicates_total", 2, agency="CTD-KP"),
        *more,
    )


def behind(topic: str, seconds: float | None = 3.0, group: str = HUB_APP, records: int = 7) -> Lag:
    return Lag(group, topic, committed=5, end=5 + records, records=records, seconds=seconds, expired=0)


def seen(*samples: Sample, **changes: Any) -> Seen:
    """A look at one worker that answers, a moment ago."""
    made: dict[str, Any] = {
        "at": NOW_S,
        "processes": {WORKER: samples} if samples else {},
        "sources": (Source(WORKER, NOW_S, took_s=0.004),),
        "broker": Source("127.0.0.1:19092", NOW_S, took_s=0.02),
        "behind": Behind(),
    }
    return Seen(**made | changes)
