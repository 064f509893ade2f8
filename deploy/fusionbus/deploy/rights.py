"""Who may do what on the broker, worked out from the topics' writers and readers; and what of it is still missing."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from fusionbus.contract import topics
from fusionbus.contract.topics import HUB, HUB_APP, THREAT_DATABASE, Topic, agency_of, all_topics
from fusionbus.deploy.agencies import Federation

PROVISIONER: Final = "provisioner"
AUDITOR: Final = "auditor"
OPERATOR: Final = "operator"
REPLAYER: Final = "replayer"
"""Sends dead letters again and puts them aside. Apart from `operator`, because who may do that can write in any
agency's name: its password is for the act, not for the day."""
DASHBOARD: Final = "dashboard"
"""The web server: writes what people who signed in there say in their agency's name, and sees how far everybody is."""
EVIDENCE: Final = "evidence"
"""Exports sealed packages for a court: reads what was reported and decided, writes nothing. Its password is for the
act, not for the day: who has it can read every report."""
ROLES: Final = (HUB, PROVISIONER, AUDITOR, OPERATOR, REPLAYER, THREAT_DATABASE, DASHBOARD, EVIDENCE)
"""The hub's own principals; agencies' ids are upper case, so none can be mistaken for one of these."""
CLUSTER: Final = "kafka-cluster"
ANY: Final = "*"
NAMED_MAX: Final = 3
PROBE: Final = "fusion-doctor-"
"""Topics of this prefix are the doctor's own, made to compare clocks and deleted at once."""
REVIEWED: Final = (topics.INCIDENTS, topics.LINKS)
"""What an analyst needs to see to judge which reports tell of one event."""

Operation = Literal["READ", "WRITE", "CREATE", "DESCRIBE", "ALTER", "DELETE", "DESCRIBE_CONFIGS", "ALTER_CONFIGS"]
Resource = Literal["topic", "group", "cluster"]


@dataclass(frozen=True, slots=True, order=True)
class Acl:
    """One right of one principal, from any host; READ and WRITE include DESCRIBE, ALTER_CONFIGS its reading (Kafka)."""

    principal: str
    resource: Resource
    name: str
    operation: str
    """An `Operation`; of what a broker has, any that Kafka knows."""
    prefixed: bool = False

    def __str__(self) -> str:
        """In words, for a plan."""
        return f"{self.operation} {self.resource} {self.name}{'…' if self.prefixed else ''}"


@dataclass(frozen=True, slots=True)
class RightsThere:
    """What the broker has: users with a SCRAM-SHA-512 password, and rights."""

    users: frozenset[str] = frozenset()
    acls: frozenset[Acl] = frozenset()
    others: tuple[str, ...] = ()
    """Those of a kind that we never make, in words: denials, rights from one host only."""


@dataclass(frozen=True, slots=True)
class RightsPlan:
    """What will be done about users and rights."""

    new_users: tuple[str, ...]
    new_acls: tuple[Acl, ...]
    ended_users: tuple[str, ...]
    ended_acls: tuple[Acl, ...]
    remarks: tuple[str, ...]
    """Sentences on what differs and is left."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.new_users or self.new_acls or self.ended_users or self.ended_acls)


def acls_for(wanted: Iterable[Topic], agencies: Iterable[str], reviewers: Collection[str] = ()) -> list[Acl]:
    """Every right of a federation, sorted: what the topics' writers and readers need, and nothing else.

    `reviewers` are the agencies whose analysts work for the hub's desk: they read its incidents and links.
    """
    members = set(agencies)
    every = [topic for topic in wanted if (agency_of(topic.name) or "") in members | {""}]
    found = {acl for topic in every for acl in _of_topic(topic)}
    found |= {Acl(agency, "group", f"{agency}.", "READ", prefixed=True) for agency in members}
    found |= _reviewing(reviewers)
    found |= {
        Acl(role, "group", f"{role}.", "READ", prefixed=True)
        for role in ROLES
        if role not in {HUB, PROVISIONER, DASHBOARD}
    }
    found |= {Acl(HUB, "group", group, "READ") for group in (HUB_APP, f"{HUB_APP}-registry")}
    found |= {Acl(HUB, "topic", f"{HUB_APP}-", operation, prefixed=True) for operation in ("READ", "WRITE", "CREATE")}
    found |= {acl for topic in every for acl in _for_provisioning(topic)}
    found |= {acl for topic in every for acl in _for_roles(topic)}
    found |= {Acl(OPERATOR, "topic", PROBE, operation, prefixed=True) for operation in ("CREATE", "WRITE", "DELETE")}
    return sorted(found)


def _reviewing(agencies: Iterable[str]) -> set[Acl]:
    return {Acl(agency, "topic", topic, "READ") for agency in agencies for topic in REVIEWED}


def principals_for(agencies: Iterable[str]) -> tuple[str, ...]:
    """Every principal that gets a password: the hub's roles, then the agencies."""
    return (*ROLES, *sorted(agencies))


def _of_topic(topic: Topic) -> Iterator[Acl]:
    for writer in topic.writers:
        yield _on(writer, topic, "WRITE")
        yield _on(writer, topic, "DESCRIBE")
    for reader in topic.readers:
        yield _on(reader, topic, "READ")


def _for_provisioning(topic: Topic) -> Iterator[Acl]:
    for operation in ("CREATE", "DESCRIBE", "ALTER_CONFIGS"):
        yield _on(PROVISIONER, topic, operation)
    if topic.name == topics.REGISTRY:
        yield _on(PROVISIONER, topic, "READ")  # to write only what differs
    yield Acl(PROVISIONER, "cluster", CLUSTER, "ALTER")  # users and rights
    yield Acl(PROVISIONER, "cluster", CLUSTER, "ALTER_CONFIGS")  # quotas


def _for_roles(topic: Topic) -> Iterator[Acl]:
    yield from (*_for_looking(topic), *_for_replaying(topic), *_for_pages(topic), *_for_evidence(topic))


def _for_evidence(topic: Topic) -> Iterator[Acl]:
    """Reports as they were written, the incidents made of them, the decisions and their seals, and whose keys count."""
    kept = {topics.INCIDENTS, topics.REGISTRY, topics.AUDIT, topics.AUDIT_SEALS}
    if topic.name in kept or topic.name.startswith(topics.REPORTS):
        yield _on(EVIDENCE, topic, "READ")


def _for_looking(topic: Topic) -> Iterator[Acl]:
    """Names, settings, offsets and lag for the operator; no record of any topic but dead letters and registry."""
    for operation in ("DESCRIBE", "DESCRIBE_CONFIGS"):
        yield _on(OPERATOR, topic, operation)
    if topic.name == topics.REGISTRY:
        yield _on(OPERATOR, topic, "READ")  # `doctor` compares it with the agencies file
    yield Acl(OPERATOR, "group", ANY, "DESCRIBE")
    yield Acl(OPERATOR, "cluster", CLUSTER, "DESCRIBE")
    yield Acl(OPERATOR, "cluster", CLUSTER, "DESCRIBE_CONFIGS")  # quotas


def _for_replaying(topic: Topic) -> Iterator[Acl]:
    """Letters and the acts on them, the topics that letters come from, and the record of each act."""
    if topic.name in {topics.DEAD_LETTERS, topics.AUDIT}:
        yield _on(REPLAYER, topic, "READ")
    if topic.name in {topics.AUDIT, topics.ACCEPTED} or topic.name.startswith((topics.REPORTS, topics.CONTROL)):
        yield _on(REPLAYER, topic, "WRITE")
        yield _on(REPLAYER, topic, "DESCRIBE")


def _for_pages(topic: Topic) -> Iterator[Acl]:
    """Answers and decisions of people, and offsets for the page of operations; no record of any topic is read."""
    yield _on(DASHBOARD, topic, "DESCRIBE")
    yield Acl(DASHBOARD, "group", ANY, "DESCRIBE")
    if topic.name.startswith(topics.CONTROL):
        yield _on(DASHBOARD, topic, "WRITE")


def _on(principal: str, topic: Topic, operation: Operation) -> Acl:
    """A right on this topic; for a role on its whole family, so that an agency which joins changes no role's rights."""
    agency = agency_of(topic.name)
    own = principal in topic.writers and agency == topics.CENTRE and topic.name.startswith(topics.REPORTS)
    if agency is not None and principal in ROLES and not own:
        return Acl(principal, "topic", topic.name.removesuffix(agency), operation, prefixed=True)
    if topic.name.startswith(f"{HUB_APP}-"):
        return Acl(principal, "topic", f"{HUB_APP}-", operation, prefixed=True)
    return Acl(principal, "topic", topic.name, operation)


def plan_rights(
    federation: Federation, there: RightsThere, *, passwords: bool, keep: Collection[str] = ()
) -> RightsPlan:
    """What has to be done about users and rights; an agency that has ended (`active: false`) loses both.

    One that works for the hub's desk no more (`reviews: false`) loses what that gave it.

    Without `passwords` (certificates or tokens name the principals) no user is made. `keep` are the broker's own.
    """
    active = [agency.agency for agency in federation.agencies if agency.active]
    ended = {agency.agency for agency in federation.agencies if not agency.active}
    reviewers = [agency.agency for agency in federation.agencies if agency.active and agency.reviews]
    wanted = acls_for(all_topics(active), active, reviewers)
    principals = principals_for(active)
    over = {acl for acl in there.acls if acl.principal in ended} | (there.acls & _reviewing(active)) - set(wanted)
    strays = sorted(there.acls - set(wanted) - over)
    strangers = sorted(there.users - set(principals) - ended - set(keep))
    return RightsPlan(
        new_users=tuple(name for name in principals if passwords and name not in there.users),
        new_acls=tuple(acl for acl in wanted if acl not in there.acls),
        ended_users=tuple(sorted(there.users & ended)),
        ended_acls=tuple(sorted(over)),
        remarks=tuple(_remarks(strays, strangers, there.others)),
    )


def _remarks(strays: list[Acl], strangers: list[str], others: tuple[str, ...]) -> Iterator[str]:
    if strays:
        told = ", ".join(f"{acl.principal}: {acl}" for acl in strays[:NAMED_MAX])
        more = f" and {len(strays) - NAMED_MAX} more" if len(strays) > NAMED_MAX else ""
        yield f"The broker gives rights that no topic asks for: {told}{more}. They are left; take them away by hand."
    if strangers:
        told = ", ".join(strangers[:NAMED_MAX]) + (" and more" if len(strangers) > NAMED_MAX else "")
        yield f"The broker knows users that are no agency of the file and no role: {told}. They are left."

    if others:
        told = ", ".join(others[:NAMED_MAX]) + (f" and {len(others) - NAMED_MAX} more" * (len(others) > NAMED_MAX))
        yield f"The broker has rules that this bus never makes: {told}. They are left; look whether they are meant."


def by_principal(acls: Iterable[Acl]) -> Mapping[str, list[Acl]]:
    """The rights of each principal, both in their order."""
    found: dict[str, list[Acl]] = {}
    for acl in acls:
        found.setdefault(acl.principal, []).append(acl)
    return found
