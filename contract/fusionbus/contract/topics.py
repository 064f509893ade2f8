"""Every topic: name, key, message, partitions, retention, who writes and who reads. Deploy makes them from here.

Names use hyphens only: `.` and `_` collide in Kafka's metric names. Nothing is created by accident: brokers run
with automatic creation off.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from fusionbus.contract.agency import RegistryEntry
from fusionbus.contract.alert import Alert
from fusionbus.contract.control import ControlMessage
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.incident import Incident, Link
from fusionbus.contract.keeping import AnyOrder
from fusionbus.contract.observation import Observed
from fusionbus.contract.records import Accepted, AuditRecord, DeadLetter, Receipt
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.seals import Seal

HUB: Final = "hub"
"""The principal of the hub's workers."""
THREAT_DATABASE: Final = "threat-database"
"""The principal that keeps the centre's threat database: it reads what agencies are sent, and writes nothing."""
CENTRE: Final = "NIFTAC"
"""The centre's own analysis cell: the hub writes in its name what it finds in the reports of others."""
HUB_APP: Final = "fusion-hub"
"""The consumer group of the hub, and the prefix of its changelogs."""

REPORTS: Final = "reports-"
CONTROL: Final = "control-"
ALERTS: Final = "alerts-"
RECEIPTS: Final = "receipts-"
ACCEPTED: Final = "accepted"
OBSERVATIONS: Final = "observations"
INCIDENTS: Final = "incidents"
LINKS: Final = "links"
REGISTRY: Final = "registry"
AUDIT: Final = "audit"
AUDIT_SEALS: Final = "audit-seals"
DEAD_LETTERS: Final = "dead-letters"
SEEN_TABLE: Final = "seen"
FUSED_TABLE: Final = "fused"
SEALED_TABLE: Final = "sealed"
PATTERNS_TABLE: Final = "patterns"
SEEN_CHANGELOG: Final = f"{HUB_APP}-{SEEN_TABLE}-changelog"
FUSED_CHANGELOG: Final = f"{HUB_APP}-{FUSED_TABLE}-changelog"
SEALED_CHANGELOG: Final = f"{HUB_APP}-{SEALED_TABLE}-changelog"
PATTERNS_CHANGELOG: Final = f"{HUB_APP}-{PATTERNS_TABLE}-changelog"

DAY_MS: Final = 86_400_000
MONTH: Final = 30 * DAY_MS
SEGMENT_MS: Final = DAY_MS
"""Kafka deletes whole segments only: with one a day, a record is gone a day after its retention, not a week."""
COMPACTION_LAG_MS_MAX: Final = DAY_MS
"""How long the value before a newer one may stay; without it a quiet topic's old values stay for good (KIP-354)."""
ONE_MESSAGE_BYTES_MAX: Final = 1_048_576
"""Kafka's default message limit."""

Spread = Literal["ingress", "zones", "agency", "single"]


@dataclass(frozen=True, slots=True)
class Partitions:
    """How many partitions each spread has; ingress and zones are fixed for the life of the bus, keys depend on them.

    Both are the same number: the hub's worker has one count for all its state. Four suit the seven provinces and a
    few workers; more partitions make the embedded broker slow to warm up (measured: 3 to 5 s over 180 partitions).
    """

    ingress: int = 4
    zones: int = 4
    agency: int = 1
    single: int = 1

    def __post_init__(self) -> None:
        if self.ingress != self.zones:
            raise Misconfigured("Ingress and zone topics have one number of partitions: set both alike.")


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic, or with an agency one of a family of topics."""

    name: str
    key: str
    message: Any
    spread: Spread
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    about: str
    compacted: bool = False
    retention_ms: int | None = 7 * DAY_MS
    """None: kept for ever (compacted, or audit)."""

    def config(self) -> dict[str, str]:
        """The topic's broker settings."""
        settings = {"max.message.bytes": str(ONE_MESSAGE_BYTES_MAX)}
        if self.compacted:
            settings["cleanup.policy"] = "compact" if self.retention_ms is None else "compact,delete"
            settings["max.compaction.lag.ms"] = str(COMPACTION_LAG_MS_MAX)
        if self.retention_ms is not None:
            settings["segment.ms"] = str(SEGMENT_MS)
        settings["retention.ms"] = str(-1 if self.retention_ms is None else self.retention_ms)
        if HUB not in self.writers:
            # An agency's clock may be wrong: with its time stamp on them, records of 1970 would be deleted as too old
            # before the hub has read them, and latency could not be measured.
            settings["message.timestamp.type"] = "LogAppendTime"
        return settings


def reports_topic(agency: str) -> str:
    """Where this agency writes its reports."""
    return REPORTS + agency


def control_topic(agency: str) -> str:
    """Where this agency writes acknowledgements and subscriptions."""
    return CONTROL + agency


def alerts_topic(agency: str) -> str:
    """Where this agency reads its alerts."""
    return ALERTS + agency


def receipts_topic(agency: str) -> str:
    """Where this agency reads what became of its reports."""
    return RECEIPTS + agency


def agency_of(topic: str) -> str | None:
    """The agency a topic belongs to, or None for the hub's own topics."""
    for prefix in (REPORTS, CONTROL, ALERTS, RECEIPTS):
        if topic.startswith(prefix):
            return topic[len(prefix) :]
    return None


def agency_topics(agency: str) -> tuple[Topic, ...]:
    """The four topics of one agency; the reports of the centre's own cell are the hub's, and nobody else's."""
    return (
        Topic(
            reports_topic(agency),
            "report_id",
            ThreatReport | AnyOrder,
            "ingress",
            (HUB if agency == CENTRE else agency,),
            (HUB,),
            "reports it sends",
        ),
        Topic(
            control_topic(agency),
            "agency",
            ControlMessage,
            "agency",
            (agency,),
            (HUB, agency, THREAT_DATABASE),
            "its acknowledgements",
        ),
        Topic(alerts_topic(agency), "incident_id", Alert, "agency", (HUB,), (agency, THREAT_DATABASE), "alerts for it"),
        Topic(
            receipts_topic(agency),
            "report_id",
            Receipt,
            "agency",
            (HUB,),
            (agency, THREAT_DATABASE),
            "what became of its reports",
        ),
    )


def hub_topics() -> tuple[Topic, ...]:
    """The topics of the hub itself."""
    both, hub, kept = ("zone", (HUB,)), (HUB,), (HUB, THREAT_DATABASE)
    return (
        Topic(ACCEPTED, both[0], Accepted, "zones", hub, hub, "admitted traffic by zone"),
        # It holds tokens of persons and accounts: two days are a weekend's outage, and then it is gone.
        Topic(
            OBSERVATIONS,
            "national",
            Observed,
            "zones",
            hub,
            hub,
            "reports without their text, for the search for patterns",
            retention_ms=2 * DAY_MS,
        ),
        Topic(
            INCIDENTS, "incident_id", Incident, "zones", hub, kept, "fused incidents", compacted=True, retention_ms=None
        ),
        # Their reasons quote reports: after a month their incidents are closed, and nobody judges them any more.
        Topic(LINKS, "link_id", Link, "zones", hub, kept, "ties between incidents", compacted=True, retention_ms=MONTH),
        Topic(
            REGISTRY,
            "type:id",
            RegistryEntry,
            "single",
            (HUB, "provisioner"),
            kept,
            "agencies and subscriptions",
            compacted=True,
            retention_ms=None,
        ),
        Topic(AUDIT, "report_id", AuditRecord, "zones", hub, (HUB, "auditor"), "what was decided", retention_ms=None),
        Topic(AUDIT_SEALS, "partition", Seal, "single", hub, ("auditor",), "the audit, chained", retention_ms=None),
        Topic(
            DEAD_LETTERS,
            "dead_letter_id",
            DeadLetter,
            "single",
            hub,
            (HUB, "operator", THREAT_DATABASE),
            "what could not be taken",
            retention_ms=MONTH,
        ),
        Topic(
            SEEN_CHANGELOG,
            "report_id",
            None,
            "ingress",
            hub,
            hub,
            "state: reports seen",
            compacted=True,
            retention_ms=None,
        ),
        Topic(
            FUSED_CHANGELOG,
            "incident_id",
            None,
            "zones",
            hub,
            hub,
            "state: incidents",
            compacted=True,
            retention_ms=None,
        ),
        Topic(
            SEALED_CHANGELOG,
            "head",
            None,
            "zones",
            hub,
            hub,
            "state: how far the audit is sealed",
            compacted=True,
            retention_ms=None,
        ),
        Topic(
            PATTERNS_CHANGELOG,
            "row",
            None,
            "zones",
            hub,
            hub,
            "state: what patterns are looked for in, and what was told of them",
            compacted=True,
            retention_ms=None,
        ),
    )


def all_topics(agencies: Iterable[str]) -> Iterator[Topic]:
    """Every topic of a federation of these agencies, in a fixed order."""
    yield from hub_topics()
    for agency in sorted(agencies):
        yield from agency_topics(agency)
