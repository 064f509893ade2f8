"""From what was seen to the figures that an operator reads. Pure; a number that nobody told is None, never 0."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from fusionbus.consumers.operations.scrape import Sample
from fusionbus.consumers.operations.seen import Seen
from fusionbus.consumers.operations.window import BUCKET, quantile
from fusionbus.contract.topics import HUB_APP, agency_of
from fusionbus.shell.lag import Lag
from fusionbus.shell.metrics import AGES

OUTCOMES: Final = {
    "new incident": "fusion_new_incidents_total",
    "further origin": "fusion_corroborations_total",
    "echo": "fusion_relays_total",
    "update": "fusion_updates_total",
    "withdrawal": "fusion_cancellations_total",
    "exact repeat": "fusion_duplicates_total",
    "refused": "fusion_rejected_total",
}
"""How a message ends, in words, and the counter of it."""
AGE_NAMES: Final = tuple(name for name, _ in AGES)


@dataclass(frozen=True, slots=True)
class AgencyFigures:
    """One agency: when it was last heard, how fast it sends, and what waits for its acknowledgement, by age."""

    agency: str
    last_seen_at: float | None
    silent: bool
    reports_s: float | None
    waiting: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Latency:
    """Quantiles of the last five minutes, in seconds; None where nothing came."""

    count: int
    p50_s: float | None
    p99_s: float | None


@dataclass(frozen=True, slots=True)
class Process:
    """One process that serves metrics."""

    name: str
    answers: bool
    ready: bool | None
    """None: it is none of the hub's workers."""
    started_at: float | None
    home_free: float | None


@dataclass(frozen=True, slots=True)
class TipFigures:
    """What the public told and nobody has decided on, of all tip lines."""

    waiting: Mapping[str, int]
    """By age."""
    oldest_urgent_s: float
    oldest_other_s: float
    """0 where none waits."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything on the page, but for the sources."""

    agencies: tuple[AgencyFigures, ...]
    waiting: Mapping[str, int]
    """Alerts without acknowledgement by age, all agencies."""
    reports_s: float | None
    incidents_open: int | None
    to_route: Latency
    to_alert: Latency
    outcomes: Mapping[str, int] | None
    """Messages by how they ended, since the workers started; None: no worker was ever seen."""
    dead_letters: Mapping[str, tuple[int, int]]
    """By reason: since the workers started, and in the last five minutes."""
    processes: tuple[Process, ...]
    behind: tuple[Lag, ...] | None
    unread: Mapping[str, int] = field(default_factory=dict)
    tips: TipFigures | None = None
    """None: no tip line was heard."""

    @property
    def hub_lag_s(self) -> float | None:
        """Age of the oldest record that the hub has not processed; 0 where it has processed all."""
        return None if self.behind is None else lag_s(self.behind)


def lag_s(rows: Iterable[Lag]) -> float:
    """How many seconds the hub is behind, on its worst topic."""
    return max((row.seconds or 0.0 for row in rows if row.group == HUB_APP), default=0.0)


def figures(seen: Seen, silent_s: float) -> Figures:
    """The figures of what was seen; an agency is silent after so many seconds."""
    samples = tuple(sample for told in seen.processes.values() for sample in told)
    workers = [told for told in seen.processes.values() if _first(told, "fusion_worker_started_seconds")]
    open_now = _sum_of(samples, "fusion_incidents_open")
    return Figures(
        agencies=tuple(_agencies(seen, samples, silent_s, heard=bool(workers))),
        waiting=_waiting(samples),
        reports_s=sum(n for (name, _), n in seen.minute.items() if name == "fusion_reports_in_total") / seen.minute_s
        if workers
        else None,
        incidents_open=int(open_now) if workers else None,
        to_route=_latency(seen, "fusion_publish_to_route_seconds"),
        to_alert=_latency(seen, "fusion_publish_to_alert_seconds"),
        outcomes={word: int(_sum_of(samples, name)) for word, name in OUTCOMES.items()} if workers else None,
        dead_letters=_dead_letters(seen, samples),
        processes=tuple(_process(source.name, source.ill is None, seen) for source in seen.sources),
        behind=None if seen.behind is None else seen.behind.rows,
        unread={} if seen.behind is None else seen.behind.unread,
        tips=_tips(samples),
    )


def narrowed(all_figures: Figures, agency: str, *, reviews: bool) -> Figures:
    """What a person of this agency may know: of the other agencies one by one only where it is the hub's own desk."""
    if reviews:
        return all_figures
    return replace(
        all_figures,
        agencies=tuple(row for row in all_figures.agencies if row.agency == agency),
        behind=None
        if all_figures.behind is None
        else tuple(row for row in all_figures.behind if agency_of(row.topic) in {None, agency}),
        unread={topic: count for topic, count in all_figures.unread.items() if agency_of(topic) == agency},
        tips=None,
    )


def _agencies(seen: Seen, samples: Iterable[Sample], silent_s: float, *, heard: bool) -> Iterator[AgencyFigures]:
    last = {agency: at for agency, at in seen.heard.items() if at is not None}
    waiting: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(AGE_NAMES, 0))
    for sample in samples:
        agency = sample.label("agency")
        if sample.name == "fusion_agency_last_seen_seconds":
            last[agency] = max(sample.value, last.get(agency, 0.0))
        elif sample.name == "fusion_unacknowledged_alerts":
            waiting[agency][sample.label("age")] += int(sample.value)
    for agency in sorted(seen.heard.keys() | last.keys() | waiting.keys()):
        at = last.get(agency)
        yield AgencyFigures(
            agency,
            at,
            silent=at is not None and seen.at - at > silent_s,
            reports_s=seen.minute.get(("fusion_reports_in_total", agency), 0.0) / seen.minute_s if heard else None,
            waiting=waiting[agency],
        )


def _tips(samples: Iterable[Sample]) -> TipFigures | None:
    ages, oldest, heard = dict.fromkeys(AGE_NAMES, 0), {"urgent": 0.0, "other": 0.0}, False
    for sample in samples:
        if sample.name == "fusion_tips_waiting":
            heard = True
            ages[sample.label("age")] += int(sample.value)
        elif sample.name == "fusion_tips_oldest_seconds":
            oldest[sample.label("kind")] = max(sample.value, oldest[sample.label("kind")])
    return TipFigures(ages, oldest["urgent"], oldest["other"]) if heard else None


def _waiting(samples: Iterable[Sample]) -> dict[str, int]:
    ages = dict.fromkeys(AGE_NAMES, 0)
    for sample in samples:
        if sample.name == "fusion_unacknowledged_alerts":
            ages[sample.label("age")] += int(sample.value)
    return ages


def _latency(seen: Seen, name: str) -> Latency:
    buckets = {float(le): count for (metric, le), count in seen.five_minutes.items() if metric == name + BUCKET}
    return Latency(int(buckets.get(float("inf"), 0)), quantile(buckets, 0.5), quantile(buckets, 0.99))


def _dead_letters(seen: Seen, samples: Iterable[Sample]) -> dict[str, tuple[int, int]]:
    name, found = "fusion_dead_letters_total", defaultdict[str, int](int)
    for sample in samples:
        if sample.name == name and sample.value:
            found[sample.label("reason")] += int(sample.value)
    return {reason: (found[reason], int(seen.five_minutes.get((name, reason), 0))) for reason in sorted(found)}


def _process(source: str, answers: bool, seen: Seen) -> Process:
    told = seen.processes.get(source, ())
    started, ready = _first(told, "fusion_worker_started_seconds"), _first(told, "fusion_ready")
    # Every process declares every metric: one that never started as a worker tells 0 of both.
    is_worker = bool(started)
    free = _first(told, "fusion_home_free_ratio")
    return Process(source, answers, bool(ready) if is_worker else None, started or None, free if is_worker else None)


def _first(samples: Iterable[Sample], name: str) -> float | None:
    return next((sample.value for sample in samples if sample.name == name), None)


def _sum_of(samples: Iterable[Sample], name: str) -> float:
    return sum(sample.value for sample in samples if sample.name == name)
