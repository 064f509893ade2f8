"""How much came of late on which topic, from counts alone. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fusionbus.contract import topics
from fusionbus.shell.lag import Lag
from fusionbus.shell.moments import Place


@dataclass(frozen=True, slots=True)
class Counts:
    """Records in the last minute and in the last hour."""

    minute: int = 0
    hour: int = 0


@dataclass(frozen=True, slots=True)
class Flow:
    """What one agency sent and was sent."""

    agency: str
    reports: Counts
    alerts: Counts


@dataclass(frozen=True, slots=True)
class Look:
    """The bus at one moment, as far as this user may see it."""

    flows: tuple[Flow, ...]
    dead_letters: Counts | None
    """None where the topic is not to be seen."""
    lags: tuple[Lag, ...] = ()
    unread: Mapping[str, int] = field(default_factory=dict)
    """Alerts on topics that nobody has ever read."""
    remark: str | None = None
    """Why something is not shown."""

    @property
    def reports(self) -> Counts:
        """Of all agencies together."""
        return _sum(flow.reports for flow in self.flows)

    @property
    def alerts(self) -> Counts:
        """To all agencies together."""
        return _sum(flow.alerts for flow in self.flows)


def counts(
    spans: Mapping[Place, tuple[int, int]], minute: Mapping[Place, int | None], hour: Mapping[Place, int | None]
) -> dict[str, Counts]:
    """Of each topic what came since a minute and since an hour ago, by the first offset written since; None: none."""
    since_minute, since_hour = Counter[str](), Counter[str]()
    for place, (begin, end) in spans.items():
        for found, since in ((since_minute, minute), (since_hour, hour)):
            first = since.get(place)
            found[place[0]] += 0 if first is None else max(0, end - max(first, begin))
    return {topic: Counts(since_minute[topic], since_hour[topic]) for topic in since_minute}


def flows(counted: Mapping[str, Counts], agency: str | None = None) -> tuple[Flow, ...]:
    """One for each agency whose topics are seen, by name; only one where one is asked for."""
    names = {topics.agency_of(topic) for topic in counted} - {None}
    wanted = sorted(name for name in names if name is not None and agency in {None, name})
    none = Counts()
    return tuple(
        Flow(
            name,
            counted.get(topics.reports_topic(name), none),
            counted.get(topics.alerts_topic(name), none),
        )
        for name in wanted
    )


def _sum(parts: Iterable[Counts]) -> Counts:
    minute = hour = 0
    for one in parts:
        minute, hour = minute + one.minute, hour + one.hour
    return Counts(minute, hour)
