"""The hub on paper: both hops, their state and the registry, with no broker; for tests and benches."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar
from zlib import crc32

from builders import NOW, a_subscription, an_agency
from fakes import FakeTable, FakeTopic
from fusionbus.contract import topics
from fusionbus.contract.agency import Agency, Subscription
from fusionbus.contract.alert import Alert, Escalation
from fusionbus.contract.base import Message
from fusionbus.contract.codec import AnyControl, AnyRegistryEntry, Undecodable, decode, decode_registry, encode
from fusionbus.contract.incident import Incident, Link
from fusionbus.contract.records import AuditRecord, DeadLetter, Receipt, Tick
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import Classification, FindingKind, Kind, Province, Severity
from fusionbus.streams.engine import Decision, Event, Output
from fusionbus.streams.fusion import Fusion
from fusionbus.streams.ingress import Tally, Work, admit_batch, decide_control
from fusionbus.streams.patterns.hop import Patterns
from fusionbus.streams.patterns.searches import SEARCHES
from fusionbus.streams.patterns.values import Search
from fusionbus.streams.poison import Poison
from fusionbus.streams.registry import Registry
from fusionbus.streams.shelf import Shelf
from fusionbus.streams.sweep import Sweep

M = TypeVar("M", bound=Message)


def a_federation() -> list[Agency | Subscription]:
    """Seven agencies with different rights and wishes; nobody in it exists.

    CTD-KP and POLICE-KP are of one organisation and answer for Khyber Pakhtunkhwa; POLICE-KP may not see persons.
    """
    pashtun, national = (Province.KHYBER_PAKHTUNKHWA,), {"provinces": (), "group": "federal"}
    return [
        an_agency(agency="CTD-KP", serves=("IB",)),
        an_agency(agency="POLICE-KP", group="police", provinces=pashtun, personal_data=False, contact="Desk, police"),
        an_agency(agency="CTD-PB", organisation="Punjab Police", provinces=(Province.PUNJAB,), contact="Desk, Lahore"),
        an_agency(agency="IB", organisation="IB", clearance=Classification.TOP_SECRET, contact="Desk, IB", **national),
        an_agency(agency="FMU", organisation="FMU", kinds=(Kind.FINANCE,), contact="Desk, FMU", **national),
        an_agency(agency="NACTA", organisation="NACTA", reviews=True, contact="Watch floor of the centre", **national),
        an_agency(
            agency="LIAISON-1",
            organisation="Abroad",
            group="partner",
            provinces=(),
            foreign=True,
            personal_data=False,
            contact="Desk abroad",
        ),
        a_subscription(agency="NACTA"),
        a_subscription(agency="IB", name="Grave matters", severity_min=Severity.SEVERE),
        a_subscription(agency="FMU", name="Payments", kinds=(Kind.FINANCE,)),
        a_subscription(agency="LIAISON-1"),
    ]


FINDINGS_FOR: Final = ("CTD-KP", "POLICE-KP", "CTD-PB", "FMU")
"""Who asks for what the centre finds, besides those who ask for everything."""


def with_the_centre() -> list[Agency | Subscription]:
    """The small federation, with the centre's own cell and those who ask for its word."""
    cell = an_agency(agency=topics.CENTRE, organisation="NACTA", provinces=(), group="federal", contact="The cell")
    wishes = [a_subscription(agency=name, name="Findings", findings=tuple(FindingKind)) for name in FINDINGS_FOR]
    return [*a_federation(), cell, *wishes]


@dataclass
class HubOnPaper:
    """What is sent to it walks at once through both hops; all that it writes is kept in `sent`."""

    registry: Registry
    now: datetime = NOW
    seen: FakeTable = field(default_factory=lambda: FakeTable(topics.SEEN_TABLE))
    fused: FakeTable = field(default_factory=lambda: FakeTable(topics.FUSED_TABLE))
    watched: FakeTable = field(default_factory=lambda: FakeTable(topics.PATTERNS_TABLE))
    sent: list[Output] = field(default_factory=list)
    tally: Tally = field(default_factory=Counter)
    epoch: int = 0
    partitions: int = 1
    """Of `accepted`: what lies in one is unseen in another."""
    fusion: Fusion = field(init=False)
    patterns: Patterns = field(init=False)
    seen_sweep: Sweep = field(init=False)
    poison: dict[str, Poison] = field(
        default_factory=lambda: {"admit": Poison(), "control": Poison(), "fuse": Poison(), "patterns": Poison()}
    )
    searches: Sequence[Callable[[], Search]] = SEARCHES
    unlooked: int = 0
    """How much of what was sent the third hop has read."""
    _topics: dict[tuple[str, int], FakeTopic] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.restart()
        self.seen_sweep = Sweep(self.seen)

    @classmethod
    def of(cls, entries: Iterable[AnyRegistryEntry] | None = None, partitions: int = 1) -> "HubOnPaper":
        """A hub of this federation, by default of the small one above."""
        registry = Registry().with_entries(a_federation() if entries is None else entries)
        return cls(registry, partitions=partitions)

    # -- what agencies do ------------------------------------------------------------------------------------------
    def send(self, *reports: ThreatReport) -> None:
        """Each report on its agency's topic, one after the other."""
        for report in reports:
            self.put(topics.reports_topic(report.agency), report.report_id.encode(), encode(report))

    def tell(self, *messages: AnyControl) -> None:
        """Each control message on its agency's topic."""
        for message in messages:
            self.put(topics.control_topic(message.agency), message.agency.encode(), encode(message))

    def put(self, topic: str, key: bytes | None, value: bytes | None) -> None:
        """Any bytes on any agency's topic, through both hops."""
        self.fuse(self.admit([self.event(topic, key, value)]))

    # -- the hops, one at a time -----------------------------------------------------------------------------------
    def event(self, topic: str, key: bytes | None, value: bytes | None) -> Event:
        """The record as the hub would read it now."""
        partition = crc32(key or b"") % self.partitions if topic == topics.ACCEPTED else 0
        return self._topics.setdefault((topic, partition), FakeTopic(topic, partition)).event(key, value, self.now)

    def event_of(self, report: ThreatReport) -> Event:
        """The record of a report."""
        return self.event(topics.reports_topic(report.agency), report.report_id.encode(), encode(report))

    def admit(self, batch: Sequence[Event]) -> list[Event]:
        """The first hop over a batch of one kind of topic; what it accepted, as the second hop reads it."""
        if not batch:
            return []
        work = self.work("admit")
        if batch[0].topic.startswith(topics.CONTROL):
            decision = decide_control(batch, work)
        else:
            decision = admit_batch(batch, self.seen_sweep, work)
        self.keep(decision)
        return self.accepted(decision)

    def accepted(self, decision: Decision) -> list[Event]:
        """What a decision sent to the second hop, as that reads it."""
        return [self.event(o.topic, o.key, o.value) for o in decision.outputs if o.topic == topics.ACCEPTED]

    def fuse(self, batch: Sequence[Event]) -> None:
        """The second hop over a batch of accepted traffic, and over what it sends to itself."""
        if batch:
            decision = self.fusion.decide(batch, self.work("fuse"))
            self.keep(decision)
            self.fuse(self.accepted(decision))

    def tick_event(self) -> Event:
        """The worker's own word that time has passed."""
        return self.event(topics.ACCEPTED, None, encode(Tick(at=self.now)))

    def tick(self) -> None:
        """Lets the hub see what time it is."""
        self.fuse([self.tick_event()])

    def observed(self) -> list[Event]:
        """What the second hop has told the third since it was asked last."""
        new, self.unlooked = self.sent[self.unlooked :], len(self.sent)
        return [self.event(o.topic, o.key, o.value) for o in new if o.topic == topics.OBSERVATIONS]

    def find(self, batch: Sequence[Event]) -> Decision:
        """The third hop over a batch: decided, and nothing sent or kept yet."""
        return self.patterns.decide(batch, self.work("patterns"))

    def look(self) -> None:
        """Lets the third hop read and look, and whatever it tells walk as a report of the centre."""
        batch = [*self.observed(), self.event(topics.OBSERVATIONS, None, encode(Tick(at=self.now)))]
        while batch:
            decision = self.find(batch)
            self.keep(decision)
            for output in decision.outputs:
                if output.topic == topics.reports_topic(topics.CENTRE):
                    self.put(output.topic, output.key, output.value)
            batch = self.observed()

    def work(self, step: str) -> Work:
        """An empty batch for this step."""
        return Work(self.registry, self.now, self.tally, self.poison[step])

    def keep(self, decision: Decision) -> None:
        """What the engine does with a decision: sends, then marks. Changes of the registry are in force at once."""
        self.sent.extend(decision.outputs)
        self.seen.keep(decision)
        self.fused.keep(decision)
        self.watched.keep(decision)
        changes = [decode_registry(o.value or b"") for o in decision.outputs if o.topic == topics.REGISTRY]
        if changes:
            self.registry = self.registry.with_entries(c for c in changes if not isinstance(c, Undecodable))

    def rebalance(self) -> None:
        """Partitions went and came back: whatever is only remembered is forgotten."""
        self.epoch += 1

    def restart(self) -> None:
        """Another process takes over, with the tables as they are kept."""
        self.fusion = Fusion(Shelf(self.fused), lambda: self.epoch)
        self.patterns = Patterns(self.watched, lambda: self.epoch, self.searches)

    def later(self, span: timedelta) -> None:
        """Lets time pass."""
        self.now += span

    # -- what came of it -------------------------------------------------------------------------------------------
    def alerts(self) -> list[Alert]:
        """Every alert, in order."""
        return self._read(Alert, topics.ALERTS)

    def alerts_of(self, agency: str) -> list[Alert]:
        """This agency's alerts, in order."""
        return self._read(Alert, topics.alerts_topic(agency), whole=True)

    def escalations(self) -> list[tuple[Alert, Escalation]]:
        """Every alert that tells of a missed deadline, in order, and what it tells."""
        return [(alert, alert.escalation) for alert in self.alerts() if alert.escalation is not None]

    def receipts_of(self, agency: str) -> list[Receipt]:
        """This agency's receipts, in order."""
        return self._read(Receipt, topics.receipts_topic(agency), whole=True)

    def receipts(self) -> list[Receipt]:
        """Every receipt, in order."""
        return self._read(Receipt, topics.RECEIPTS)

    def audit(self) -> list[AuditRecord]:
        """Every audit record, in order."""
        return self._read(AuditRecord, topics.AUDIT, whole=True)

    def dead_letters(self) -> list[DeadLetter]:
        """Every dead letter, in order."""
        return self._read(DeadLetter, topics.DEAD_LETTERS, whole=True)

    def links(self) -> list[Link]:
        """Every link, in order."""
        return self._read(Link, topics.LINKS, whole=True)

    def incidents(self) -> dict[str, Incident]:
        """The newest state of every incident, as the compacted topic would hold it."""
        return {each.incident_id: each for each in self._read(Incident, topics.INCIDENTS, whole=True)}

    def incident(self) -> Incident:
        """The one incident there is."""
        (found,) = self.incidents().values()
        return found

    def raw_alerts_of(self, agency: str) -> list[bytes]:
        """The bytes of this agency's alerts."""
        return [output.value or b"" for output in self.sent if output.topic == topics.alerts_topic(agency)]

    def clear(self) -> None:
        """Forgets what was written so far, not what is known."""
        self.sent.clear()
        self.unlooked = 0

    def clear_told(self) -> None:
        """Forgets what was told so far, not the incidents."""
        self.sent[:] = [output for output in self.sent if output.topic == topics.INCIDENTS]
        self.unlooked = 0

    def _read(self, model: type[M], topic: str, *, whole: bool = False) -> list[M]:
        found = []
        for output in self.sent:
            if output.topic == topic if whole else output.topic.startswith(topic):
                message = decode(model, output.value or b"")
                assert not isinstance(message, Undecodable), f"{output.topic}: {message.sentence}"
                found.append(message)
        return found
