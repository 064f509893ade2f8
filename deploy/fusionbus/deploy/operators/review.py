"""What waits for a person's decision: doubtful pairs of incidents, likeliest first. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from fusionbus.contract.codec import decode
from fusionbus.contract.control import Judgement, Split, Verdict
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.incident import Incident, Link
from fusionbus.deploy.operators.bus import Written

ASKED: Final = ("possible", "possible_split")
DECIDED: Final = ("same", "split")
BITS_MAX: Final = 60.0
SAID: Final = {"same": "same", "not-same": "not_same"}


@dataclass(frozen=True, slots=True)
class Pair:
    """A link that asks a question, with what it is about."""

    link: Link
    incidents: tuple[Incident, ...]
    """Those that are there; what a split would make is not."""
    decided: str | None = None
    """What a person said of the pair last, and who."""

    @property
    def probability(self) -> float:
        """How likely they are one event: the reasons' bits sum to its log-odds."""
        bits = sum(reason.bits for reason in self.link.reasons)
        return 1.0 / (1.0 + 2.0 ** -max(-BITS_MAX, min(bits, BITS_MAX)))

    @property
    def question(self) -> str:
        """What is asked."""
        if self.link.type == "possible_split":
            return f"does report {self.link.report_id} still belong to it?"
        return "are they one event?"

    @property
    def is_open(self) -> bool:
        """Whether an answer is still wanted."""
        return self.decided is None and any(not incident.closed for incident in self.incidents)


def links_of(records: Iterable[Written]) -> list[Link]:
    """Every link as it was written last, in the order of their first writing."""
    newest: dict[str, Link] = {}
    for record in records:
        link = decode(Link, record.value) if record.value else None
        if isinstance(link, Link):
            newest[link.link_id] = link
    return list(newest.values())


def incidents_of(records: Iterable[Written], wanted: frozenset[str]) -> dict[str, Incident]:
    """The wanted incidents as they stand."""
    newest: dict[str, bytes] = {}
    for record in records:
        name = (record.key or b"").decode(errors="replace")
        if name in wanted:
            newest[name] = record.value or b""
    read = {name: decode(Incident, value) for name, value in newest.items() if value}
    return {name: incident for name, incident in read.items() if isinstance(incident, Incident)}


def asked(links: Iterable[Link]) -> frozenset[str]:
    """The incidents that some link asks about."""
    return frozenset(name for link in links if link.type in ASKED for name in link.incidents)


def pairs(links: Iterable[Link], incidents: Mapping[str, Incident]) -> list[Pair]:
    """What is asked, likeliest first; with it what was decided, by whoever decided last."""
    held = list(links)
    decided: dict[frozenset[str], Link] = {}
    for link in sorted(held, key=lambda each: each.at):
        if link.type in DECIDED:
            decided[frozenset(link.incidents)] = link
    found = []
    for link in held:
        there = tuple(incidents[name] for name in link.incidents if name in incidents)
        if link.type in ASKED and there:
            said = decided.get(frozenset(link.incidents))
            found.append(Pair(link, there, None if said is None else f"{said.type}, {said.decided_by}"))
    return sorted(found, key=lambda pair: -pair.probability)


def zones_of(one: Incident, other: Incident) -> dict[str, str]:
    """Where a pair lies, as a verdict says it: the first one's zone, and the other's where that is another."""
    return {"zone": one.zone} if one.zone == other.zone else {"zone": one.zone, "other_zone": other.zone}


def related(links: Iterable[Link], incident_id: str) -> list[str]:
    """What is tied to an incident without being the same event, a line each, in the order of their ids."""
    found = []
    for link in links:
        if link.type not in (*ASKED, *DECIDED) and incident_id in link.incidents:
            others = ", ".join(name for name in link.incidents if name != incident_id)
            why = "; ".join(reason.said for reason in link.reasons)
            found.append(f"{link.type.replace('_', ' ')}: {others} ({why}{', capped' if link.capped else ''})")
    return sorted(found)


def named(found: Iterable[Pair], begins: str) -> Pair:
    """The pair whose link's id begins so. Raises: Misconfigured where there is none or several."""
    fitting = [pair for pair in found if pair.link.link_id.startswith(begins.strip().lower())]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise Misconfigured(f"{len(fitting)} links begin with {begins[:40]!r}: write more of the id.")
    raise Misconfigured(f"No link that asks something begins with {begins[:40]!r}: `fusionbus review` lists them.")


def message_for(pair: Pair, word: str, **head: object) -> Judgement:
    """The message that says it to the hub. Raises: Misconfigured."""
    if word not in SAID:
        raise Misconfigured(f"{word[:40]!r} is no decision: say same or not-same.")
    first = pair.incidents[0]
    fields: dict[str, object] = {"zone": first.zone, **head}
    if pair.link.type == "possible_split" and word == "not-same":
        return Split.model_validate({"incident_id": first.incident_id, "reports": (pair.link.report_id,), **fields})
    if len(pair.incidents) > 1:
        fields |= zones_of(first, pair.incidents[1])
    return Verdict.model_validate({"incidents": pair.link.incidents, "decision": SAID[word], **fields})


def told(incident: Incident) -> str:
    """The incident in a line: when, where, what, how well known."""
    claim = incident.claim
    place = claim.place
    parts = [
        claim.occurred.start.strftime("%Y-%m-%d %H:%MZ") if claim.occurred else "no time",
        ", ".join(str(part) for part in (place.name, place.district, place.province) if part) if place else "no place",
        str(claim.category or "no category"),
        f"killed {claim.killed.low}-{claim.killed.high}" if claim.killed else "",
        f"{len(incident.members) + incident.members_beyond} reports of {incident.independent_origins} origins",
        "closed" if incident.closed else "",
        f"merged into {incident.merged_into}" if incident.merged_into else "",
        f"“{claim.headline}”" if claim.headline else "",
    ]
    return "; ".join(part for part in parts if part)
