"""How far the hub and the readers of alerts are behind. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from fusionbus.contract import topics
from fusionbus.shell.moments import Place


@dataclass(frozen=True, slots=True)
class Standing:
    """One group on one partition; `committed` is None where the group has committed nothing yet."""

    group: str
    place: Place
    begin: int
    end: int
    committed: int | None

    @property
    def position(self) -> int:
        """The next record the group reads: all groups of this bus begin at the beginning where they have committed
        nothing, or an offset that is no longer there, or not yet (the topic was made anew).
        """
        return self.committed if self.committed is not None and self.begin <= self.committed <= self.end else self.begin

    @property
    def records(self) -> int:
        """Records not yet processed."""
        return self.end - self.position

    @property
    def expired(self) -> int:
        """Records that were deleted as too old before the group had processed them: they are lost to it."""
        return 0 if self.committed is None else max(0, self.begin - self.committed)


@dataclass(frozen=True, slots=True)
class Lag:
    """One group on one topic, all partitions together."""

    group: str
    topic: str
    committed: int
    end: int
    records: int
    seconds: float | None
    """Age of the oldest record not yet processed; None where there is none, or it could not be read."""
    expired: int


def is_read_by_hub(topic: str) -> bool:
    """Whether the hub's group reads this topic."""
    return topic in (topics.ACCEPTED, topics.AUDIT) or topic.startswith((topics.REPORTS, topics.CONTROL))


def watched(names: Iterable[str]) -> list[str]:
    """The topics whose lag matters, sorted."""
    return sorted(name for name in names if is_read_by_hub(name) or name.startswith(topics.ALERTS))


def standings(
    spans: Mapping[Place, tuple[int, int]], committed: Mapping[str, Mapping[Place, int]]
) -> Iterator[Standing]:
    """The hub on every topic it reads, and every other group on the topics of alerts where it has committed."""
    for place, (begin, end) in sorted(spans.items()):
        if is_read_by_hub(place[0]):
            yield Standing(topics.HUB_APP, place, begin, end, committed.get(topics.HUB_APP, {}).get(place))
            continue
        for group, offsets in sorted(committed.items()):
            # A group that reads one partition of a topic reads them all.
            if any(topic == place[0] for topic, _ in offsets):
                yield Standing(group, place, begin, end, offsets.get(place))


def unread(spans: Mapping[Place, tuple[int, int]], committed: Mapping[str, Mapping[Place, int]]) -> dict[str, int]:
    """Topics of alerts that hold alerts and that no group of their agency has ever read, with how many."""
    desks = [offsets for group, offsets in committed.items() if not group.startswith(topics.THREAT_DATABASE)]
    read = {topic for offsets in desks for topic, _ in offsets}
    held: dict[str, int] = {}
    for (topic, _), (begin, end) in sorted(spans.items()):
        if topic.startswith(topics.ALERTS) and topic not in read and end > begin:
            held[topic] = held.get(topic, 0) + end - begin
    return held


def lags(standing: Iterable[Standing], oldest: Mapping[Place, Mapping[int, datetime]], now: datetime) -> list[Lag]:
    """One row for each group and topic, the group of the hub first, then by name.

    `oldest` gives by partition and offset when the record there was written.
    """
    grouped: dict[tuple[str, str], list[Standing]] = {}
    for one in standing:
        grouped.setdefault((one.group, one.place[0]), []).append(one)
    rows = []
    for (group, topic), parts in grouped.items():
        times = [oldest.get(one.place, {}).get(one.position) for one in parts if one.records]
        ages = [max(0.0, (now - at).total_seconds()) for at in times if at is not None]
        rows.append(
            Lag(
                group,
                topic,
                committed=sum(one.position for one in parts),
                end=sum(one.end for one in parts),
                records=sum(one.records for one in parts),
                seconds=max(ages, default=None),
                expired=sum(one.expired for one in parts),
            )
        )
    return sorted(rows, key=lambda row: (row.group != topics.HUB_APP, row.group, row.topic))


def faults(rows: Iterable[Lag], records_max: int | None, seconds_max: float | None) -> Iterator[str]:
    """One sentence for each row above a threshold; records lost as too old are above any."""
    for row in rows:
        who = f"{row.group} on {row.topic}"
        if row.expired:
            yield f"{who} lost {row.expired:,} records: they were deleted as too old before they were processed."
        if records_max is not None and row.records > records_max:
            yield f"{who} is {row.records:,} records behind; {records_max:,} are allowed."
        if seconds_max is not None and row.seconds is not None and row.seconds > seconds_max:
            yield f"{who} is {row.seconds:,.0f} s behind; {seconds_max:g} s are allowed."
