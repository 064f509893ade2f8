"""What a person decides about which reports tell of one event, and what that makes of the incidents. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fusionbus.contract import ids
from fusionbus.contract.control import Judgement, Split, Verdict
from fusionbus.contract.incident import MEMBERS_MAX, Incident, Member
from fusionbus.contract.records import AuditEvent, RejectReason
from fusionbus.contract.vocabulary import Kind
from fusionbus.streams import merging
from fusionbus.streams.correlate.families import kind_family
from fusionbus.streams.incidents import member_of
from fusionbus.streams.values import Rejection

Look = Callable[[str], Incident | None]
"""The incident of an id in the zone's partition, as it is kept: a merged one as the name that is left of it."""

MERGES_FOLLOWED_MAX: Final = 1_000
"""Names followed to the incident they mean; only a ring, which cannot be made, is longer."""


@dataclass(frozen=True, slots=True)
class Move:
    """Reports that have another incident now."""

    home: Incident
    """Where they are."""
    left: Incident
    """Where they were; of a merge the name that is left."""
    reports: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """What was decided, in a sentence, and what it changed."""

    sentence: str
    event: AuditEvent
    incidents: tuple[str, str]
    """The two that were judged."""
    same: bool
    move: Move | None = None
    """None where nothing changed."""


def judge(message: Judgement, look: Look, now: datetime) -> Judged | Rejection:
    """What the decision makes of the incidents it is about. Told again, it changes nothing more."""
    return _verdict(message, look, now) if isinstance(message, Verdict) else _split(message, look, now)


def standing(incident_id: str, look: Look) -> Incident | None:
    """The incident that an id means today: of a merged one, the one it was merged into."""
    found = look(incident_id)
    for _ in range(MERGES_FOLLOWED_MAX):
        if found is None or found.merged_into is None:
            return found
        found = look(found.merged_into)
    raise AssertionError(f"incident {incident_id} is merged into itself")


def _verdict(message: Verdict, look: Look, now: datetime) -> Judged | Rejection:
    one, other = (standing(name, look) for name in message.incidents)
    if message.decision == "same" and one is not None and other is None and _would_make(one, message.incidents[1]):
        sentence = f"Incident {one.incident_id} stays as it is."
        return Judged(sentence, AuditEvent.PERSON_ACTION, message.incidents, same=True)
    for name, found in zip(message.incidents, (one, other), strict=True):
        if found is None or found.zone != message.zone:
            return _unknown(name, message.zone)
    assert one is not None and other is not None  # noqa: S101, PT018 - for the type checker; the loop lets no other through
    if message.decision == "same":
        return _same(message, one, other, now)
    if one.incident_id == other.incident_id:
        return _undone(message, one, look, now)
    sentence = f"{_named(message)} stay two incidents."
    return Judged(sentence, AuditEvent.PERSON_ACTION, message.incidents, same=False)


def _would_make(incident: Incident, incident_id: str) -> bool:
    """Whether a split of this incident would make one of that id: a person may say that it must not."""
    return any(ids.incident_id(incident.zone, member.report_id) == incident_id for member in incident.members)


def _same(message: Verdict, one: Incident, other: Incident, now: datetime) -> Judged | Rejection:
    if one.incident_id == other.incident_id:
        sentence = f"{_named(message)} are one incident already, {one.incident_id}."
        return Judged(sentence, AuditEvent.PERSON_ACTION, message.incidents, same=True)
    kept, gone = merging.elder_first(one, other)
    fault = _cannot_merge(kept, gone)
    if fault is not None:
        return Rejection(RejectReason.CONTENT_CHANGED, fault, "incidents")
    after, name = merging.merged(kept, gone, now)
    come = {member.report_id for member in gone.members}
    return Judged(
        sentence=f"{gone.incident_id} is part of {kept.incident_id} now.",
        event=AuditEvent.INCIDENT_MERGED,
        incidents=message.incidents,
        same=True,
        move=Move(after, name, tuple(member for member in after.members if member.report_id in come)),
    )


def _cannot_merge(kept: Incident, gone: Incident) -> str | None:
    if kept.status is not gone.status:
        return f"One is {kept.status} and the other {gone.status}: these never meet."
    if not kept.members or not gone.members:
        return "One of them has no report left."
    if Kind.ASSESSMENT in {incident.members[0].kind for incident in (kept, gone)}:
        return "What the centre found is one matter each, and never one event with another."
    families = {kind_family(incident.members[0].kind) for incident in (kept, gone)}
    if len(families) > 1:
        return f"One tells of {' and the other of '.join(sorted(families))}: these are never one event."
    together = {member.report_id for incident in (kept, gone) for member in incident.members}
    if len(together) > MEMBERS_MAX:
        return f"Together they would list {len(together)} reports, and {MEMBERS_MAX} is the limit."
    return None


def _undone(message: Verdict, held: Incident, look: Look, now: datetime) -> Judged | Rejection:
    """Takes the younger of two merged incidents out again."""
    names = [found for name in message.incidents if (found := look(name)) is not None and found.merged_into is not None]
    name = max(names, key=lambda each: (each.opened_at, each.incident_id))
    kept, again = merging.restored(held, name, now)
    if not kept.members or not again.members:
        why = "One of the two would have no report left: take single reports out with `fusionbus split`."
        return Rejection(RejectReason.CONTENT_CHANGED, why, "incidents")
    return Judged(
        sentence=f"{again.incident_id} stands by itself again, apart from {kept.incident_id}.",
        event=AuditEvent.INCIDENT_SPLIT,
        incidents=message.incidents,
        same=False,
        move=Move(again, kept, again.members),
    )


def _split(message: Split, look: Look, now: datetime) -> Judged | Rejection:
    held = standing(message.incident_id, look)
    if held is None or held.zone != message.zone:
        return _unknown(message.incident_id, message.zone)
    reports = frozenset(message.reports)
    missing = [name for name in message.reports if member_of(held, name) is None]
    if missing:
        return _not_there(message, held, missing, look)
    out = merging.leaving(held, reports)
    if not out:
        why = "These are all of its reports: a split leaves at least one where it is."
        return Rejection(RejectReason.CONTENT_CHANGED, why, "reports")
    left, home = merging.parted(held, reports, look(merging.new_id(held.zone, out)), now)
    return Judged(
        sentence=f"{len(out)} of the reports of {left.incident_id} are incident {home.incident_id} now.{_untold(out)}",
        event=AuditEvent.INCIDENT_SPLIT,
        incidents=(left.incident_id, home.incident_id),
        same=False,
        move=Move(home, left, home.members),
    )


def _untold(members: list[Member]) -> str:
    """What to do about reports that were taken for echoes and held back."""
    held_back = sum(not member.forms and not member.withdrawn for member in members)
    if not held_back:
        return ""
    return f" {held_back} of them reached nobody, as echoes: their originators are asked to send them again."


def _not_there(message: Split, held: Incident, missing: list[str], look: Look) -> Judged | Rejection:
    """Reports that are not in the incident: taken out already, or never there."""
    apart = look(ids.incident_id(message.zone, missing[0]))
    if apart is not None and len(missing) == len(message.reports) and _holds_all(apart, missing):
        sentence = f"They are incident {apart.incident_id} already."
        pair = (held.incident_id, apart.incident_id)
        return Judged(sentence, AuditEvent.PERSON_ACTION, pair, same=False)
    why = f"Incident {held.incident_id} does not list report {missing[0]}: `fusionbus review show` lists its reports."
    return Rejection(RejectReason.UNKNOWN_REPORT, why, "reports")


def _holds_all(incident: Incident, reports: list[str]) -> bool:
    here: Mapping[str, Member] = {member.report_id: member for member in incident.members}
    return incident.merged_into is None and all(name in here for name in reports)


def _unknown(incident_id: str, zone: str) -> Rejection:
    why = f"Zone {zone} has no incident {incident_id}: copy id and zone from `fusionbus review`."
    return Rejection(RejectReason.UNKNOWN_REPORT, why, "incidents")


def _named(message: Verdict) -> str:
    return " and ".join(message.incidents)
