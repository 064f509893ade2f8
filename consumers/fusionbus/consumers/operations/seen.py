"""What was seen at one moment: the newest samples of each process, who is behind, and which source is ill."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fusionbus.consumers.operations.scrape import Sample
from fusionbus.consumers.operations.window import Key
from fusionbus.shell.lag import Lag


@dataclass(frozen=True, slots=True)
class Source:
    """Where figures come from; times are Unix seconds."""

    name: str
    good_at: float | None = None
    """When it last answered; None: never."""
    ill: str | None = None
    """What is wrong now, in a sentence."""
    ill_since: float | None = None
    took_s: float | None = None
    """How long its last good answer took."""

    def answered(self, at: float, took_s: float) -> "Source":
        """The source after a good answer."""
        return Source(self.name, at, took_s=took_s)

    def failed(self, sentence: str, at: float) -> "Source":
        """The source after a failure; it is ill since the first of them."""
        return Source(self.name, self.good_at, sentence, self.ill_since or at, self.took_s)


@dataclass(frozen=True, slots=True)
class Behind:
    """Who is behind on which topic, as the broker's offsets tell."""

    rows: tuple[Lag, ...] = ()
    unread: Mapping[str, int] = field(default_factory=dict)
    """Topics of alerts that nobody ever read, with how many alerts lie there."""


@dataclass(frozen=True, slots=True)
class Seen:
    """All that the figures are made of."""

    at: float
    processes: Mapping[str, tuple[Sample, ...]] = field(default_factory=dict)
    """By source the newest samples; those of a source that is ill are old."""
    sources: tuple[Source, ...] = ()
    broker: Source | None = None
    behind: Behind | None = None
    """None: never seen."""
    trend: tuple[tuple[float, float], ...] = ()
    """How many seconds the hub was behind, by time, oldest first."""
    minute_s: float = 60.0
    """How long `minute` is: less where the looking began later."""
    minute: Mapping[Key, float] = field(default_factory=dict)
    """What the counters that are followed gained in the last minute."""
    five_minutes: Mapping[Key, float] = field(default_factory=dict)
    heard: Mapping[str, float | None] = field(default_factory=dict)
    """The agencies of the registry and when each was last heard, as far as the threat database knows."""
