"""Plans what a broker lacks of the federation's topics and registry, and makes it so. Runs as often as you like."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from fusionbus.contract.agency import Agency, Removal, Subscription, registry_key
from fusionbus.contract.topics import Partitions, Topic, all_topics
from fusionbus.deploy.agencies import Federation

Entry = Agency | Subscription | Removal
Progress = Callable[[str, int, int], None]
"""Told after each portion: what, how many are done, of how many."""

REPLICATION_SAFE: Final = 3
"""From three copies on, two must hold a record before it is acknowledged: one broker may then be lost."""
MIN_INSYNC: Final = "min.insync.replicas"
NAMED_MAX: Final = 3
"""So many topics are named in one sentence, the rest counted."""
PORTION: Final = 20
"""Topics made in one request: small enough that progress shows, large enough that it does not slow down."""


@dataclass(frozen=True, slots=True)
class TopicThere:
    """A topic as the broker has it."""

    partitions: int
    replication: int
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NewTopic:
    """A topic to create."""

    topic: Topic
    partitions: int
    replication: int
    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """A topic's setting to put right."""

    topic: str
    key: str
    old: str | None
    new: str


@dataclass(frozen=True, slots=True)
class Writing:
    """A registry entry to write, and why: it is new, or these fields differ."""

    entry: Agency | Subscription
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What provisioning will do, and what it saw and leaves alone."""

    new_topics: tuple[NewTopic, ...]
    config_changes: tuple[ConfigChange, ...]
    writings: tuple[Writing, ...]
    remarks: tuple[str, ...]
    """Sentences for a person: what differs and is not changed by itself."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.new_topics or self.config_changes or self.writings)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What should be there."""

    federation: Federation
    partitions: Partitions = field(default_factory=Partitions)
    replication: int = 1

    def topics(self) -> Iterator[NewTopic]:
        """Every topic of the federation as it should be."""
        for topic in all_topics(agency.agency for agency in self.federation.agencies):
            count: int = getattr(self.partitions, topic.spread)
            config = topic.config()
            if self.replication >= REPLICATION_SAFE:
                config[MIN_INSYNC] = "2"
            yield NewTopic(topic, count, self.replication, config)


@dataclass(frozen=True, slots=True)
class Present:
    """What is there: topics by name, registry entries by key."""

    topics: Mapping[str, TopicThere]
    registry: Mapping[str, Entry]
    unreadable: int = 0
    """Registry entries that are no message of this version."""


NOTHING: Final = Present({}, {})
"""An empty broker."""


class Cluster(Protocol):
    """A broker, as far as provisioning needs it."""

    def present(self, wanted: Wanted) -> Present:
        """What the broker has of what is wanted."""

    def create(self, topics: tuple[NewTopic, ...]) -> None:
        """Creates topics; one that has come into being meanwhile is fine."""

    def change(self, changes: tuple[ConfigChange, ...]) -> None:
        """Puts topics' settings right."""

    def write(self, entries: tuple[Agency | Subscription, ...]) -> None:
        """Writes registry entries and waits until the broker has acknowledged each."""


def plan(wanted: Wanted, present: Present) -> Plan:
    """What has to be done so that `present` becomes `wanted`; nothing is ever taken away."""
    new: list[NewTopic] = []
    changes: list[ConfigChange] = []
    old: list[tuple[NewTopic, TopicThere]] = []
    for topic in wanted.topics():
        there = present.topics.get(topic.topic.name)
        if there is None:
            new.append(topic)
            continue
        changes += _config_changes(topic, there)
        old.append((topic, there))
    writings, kept = _registry(wanted.federation, present)
    return Plan(tuple(new), tuple(changes), writings, (*_mismatches(old), *kept))


def carry_out(todo: Plan, cluster: Cluster, progress: Progress) -> None:
    """Does what the plan says, topics first: the registry is one of them."""
    for start in range(0, len(todo.new_topics), PORTION):
        portion = todo.new_topics[start : start + PORTION]
        cluster.create(portion)
        progress("topics created", start + len(portion), len(todo.new_topics))
    if todo.config_changes:
        cluster.change(todo.config_changes)
        progress("settings put right", len(todo.config_changes), len(todo.config_changes))
    if todo.writings:
        cluster.write(tuple(writing.entry for writing in todo.writings))
        progress("registry entries written", len(todo.writings), len(todo.writings))


def provision(wanted: Wanted, cluster: Cluster, progress: Progress = lambda *_: None) -> Plan:
    """Brings a broker to what is wanted; returns what was done."""
    todo = plan(wanted, cluster.present(wanted))
    carry_out(todo, cluster, progress)
    return todo


def _config_changes(topic: NewTopic, there: TopicThere) -> Iterator[ConfigChange]:
    for key, value in topic.config.items():
        if key == MIN_INSYNC and there.replication < REPLICATION_SAFE:
            continue  # with fewer copies than that nobody could write any more
        old = there.config.get(key)
        if old != value:
            yield ConfigChange(topic.topic.name, key, old, value)


def _mismatches(pairs: list[tuple[NewTopic, TopicThere]]) -> Iterator[str]:
    """What is never changed by itself: one sentence for all topics that differ in the same way."""
    counts: dict[tuple[int, int], list[str]] = {}
    copies: dict[tuple[int, int], list[str]] = {}
    for topic, there in pairs:
        if there.partitions != topic.partitions:
            counts.setdefault((there.partitions, topic.partitions), []).append(topic.topic.name)
        if there.replication != topic.replication:
            copies.setdefault((there.replication, topic.replication), []).append(topic.topic.name)
    for (has, wants), names in counts.items():
        yield (
            f"Number of partitions is {has} and should be {wants}: {_names(names)}. They are left as they are, because "
            f"keys would move to other partitions: ask for {has}, or rebuild the topics on purpose."
        )
    for (has, wants), names in copies.items():
        yield (
            f"Number of copies is {has} and should be {wants}: {_names(names)}. They are left as they are: "
            "move the partitions with Kafka's own kafka-reassign-partitions."
        )


def _names(names: list[str]) -> str:
    more = len(names) - NAMED_MAX
    return ", ".join(names[:NAMED_MAX]) + (f" and {more} more" if more > 0 else "")


def _registry(federation: Federation, present: Present) -> tuple[tuple[Writing, ...], list[str]]:
    writings: list[Writing] = []
    remarks: list[str] = []
    for entry in federation.entries:
        there = present.registry.get(registry_key(entry))
        kept = _agencys_own(entry, there)
        if kept:
            remarks.append(kept)
        elif there is None:
            writings.append(Writing(entry))
        elif there != entry:
            writings.append(Writing(entry, _differing(entry, there)))
    if present.unreadable:
        remarks.append(f"{present.unreadable} entries of the registry are no message of this version: they are left.")
    known = {agency.agency for agency in federation.agencies}
    strangers = sorted(
        there.agency
        for there in present.registry.values()
        if isinstance(there, Agency) and there.active and there.agency not in known
    )
    remarks += [
        f"{name} is in the registry and not in the file: it is left; to end it, put it into the file as active: false."
        for name in strangers
    ]
    return tuple(writings), remarks


def _agencys_own(entry: Agency | Subscription, there: Entry | None) -> str | None:
    """Why a default subscription is not written: the agency has changed or ended it since."""
    if isinstance(entry, Agency):
        return None
    if isinstance(there, Removal) and there.removed_at > entry.created_at:
        return f"{entry.agency} has ended its subscription {entry.name!r}: it stays ended."
    if isinstance(there, Subscription) and there.created_at > entry.created_at:
        return f"{entry.agency} has changed its subscription {entry.name!r} itself: it stays as it is."
    return None


def _differing(entry: Agency | Subscription, there: Entry) -> tuple[str, ...]:
    old, new = there.model_dump(), entry.model_dump()
    return tuple(sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key)))
