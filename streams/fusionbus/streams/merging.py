"""Two incidents made one, and one made two: what a person decides, undone as exactly as it was done. Pure."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from fusionbus.contract import ids
from fusionbus.contract.incident import Claim, Incident, Member, Relation
from fusionbus.streams import incidents
from fusionbus.streams.correlate.echo import echo_of
from fusionbus.streams.correlate.told import Open, told_of
from fusionbus.streams.keeping import bare


def elder_first(one: Incident, other: Incident) -> tuple[Incident, Incident]:
    """Both, the one whose id stays first: the same whichever is named first."""
    a, b = sorted((one, other), key=lambda incident: (incident.opened_at, incident.incident_id))
    return a, b


def merged(kept: Incident, gone: Incident, now: datetime) -> tuple[Incident, Incident]:
    """The incident with the reports of both, and the other as no more than a name for it.

    A report of the one that echoes a report of the other adds no origin. Told twice, it changes nothing.
    """
    here = {member.report_id for member in kept.members}
    new = [member for member in gone.members if member.report_id not in here]
    come = _as_echoes(kept.members, new)
    after = kept
    if come:
        after = incidents.with_members(kept, (*kept.members, *come), now).model_copy(
            update={
                "members_beyond": kept.members_beyond + gone.members_beyond,
                "closed": kept.closed and gone.closed,
                # Of another incident's revisions nothing can be said here but that they were read.
                "acknowledged": dict.fromkeys(gone.acknowledged, 0) | kept.acknowledged,
                "pointed_to": _union(kept.pointed_to, gone.pointed_to),
                "used_by": _union(kept.used_by, gone.used_by),
                "false_alarm_by": _union(kept.false_alarm_by, gone.false_alarm_by),
            }
        )
    return after, _tombstone(gone, kept.incident_id, now)


def restored(kept: Incident, name: Incident, now: datetime) -> tuple[Incident, Incident]:
    """The incident without the reports that came with the other, and the other as it would stand without the merge."""
    before = {member.report_id: member for member in name.members}
    theirs = [member for member in kept.members if member.report_id in before]
    back = [
        member.model_copy(
            update={"relation": before[member.report_id].relation, "origin": before[member.report_id].origin}
        )
        for member in theirs
    ]
    rest = _settled([member for member in kept.members if member.report_id not in before])
    smaller = _as_open_as(kept, incidents.with_members(kept, rest, now))
    again = _as_open_as(kept, incidents.with_members(name, _settled(back), now))
    return (
        smaller.model_copy(update={"members_beyond": max(0, kept.members_beyond - name.members_beyond)}),
        again.model_copy(update={"merged_into": None}),
    )


def parted(
    incident: Incident, reports: Collection[str], held: Incident | None, now: datetime
) -> tuple[Incident, Incident]:
    """The incident without these reports, and theirs; `held` is what is known under the id of theirs already.

    The part that holds the report after which the incident is named keeps its id, whichever was asked for.
    """
    out = [member for member in incident.members if member.report_id in reports]
    rest = [member for member in incident.members if member.report_id not in reports]
    if named_after(incident, out):
        out, rest = rest, out
    smaller = _as_open_as(incident, incidents.with_members(incident, _settled(rest), now))
    members = _settled(out)
    if held is None:
        new = incidents.of_members(incident, new_id(incident.zone, out), members, now)
        return smaller, _as_open_as(incident, new)
    revised = _as_open_as(incident, incidents.with_members(held, members, now))
    # A standing one was made by this very decision, before a crash: its revision was told already.
    revision = revised.revision if held.merged_into is not None else held.revision
    return smaller, revised.model_copy(update={"merged_into": None, "revision": revision})


def leaving(incident: Incident, reports: Collection[str]) -> list[Member]:
    """The members that get another incident when these reports are taken out; none where that is no split."""
    out = [member for member in incident.members if member.report_id in reports]
    rest = [member for member in incident.members if member.report_id not in reports]
    if not out or not rest:
        return []
    return rest if named_after(incident, out) else out


def new_id(zone: str, members: Sequence[Member]) -> str:
    """The id that an incident of these members has: that of its first."""
    return ids.incident_id(zone, members[0].report_id)


def named_after(incident: Incident, members: Iterable[Member]) -> bool:
    """Whether the incident has its id from one of these."""
    return any(ids.incident_id(incident.zone, each.report_id) == incident.incident_id for each in members)


def _tombstone(gone: Incident, kept_id: str, now: datetime) -> Incident:
    """Its names and lineage, so that it can be restored; what its reports say stands in the other alone."""
    members = tuple(bare(member) for member in gone.members)
    changes = {"members": members, "claim": Claim(), "closed": True, "merged_into": kept_id, "updated_at": now}
    return gone.model_copy(update=changes)


def _as_echoes(here: Sequence[Member], come: Sequence[Member]) -> list[Member]:
    """The members that come, those that echo one here as its relays; whoever echoes them goes back to it as well."""
    known = Open("")
    known.told = [told_of(member) for member in here]
    origins: dict[str, str] = {}
    for member in come:
        if member.origin == member.report_id:
            relation, origin = echo_of(told_of(member), known)
            if relation is Relation.RELAY:
                origins[member.report_id] = origin
    return [_as_come(member, origins.get(member.origin)) for member in come]


def _as_come(member: Member, origin: str | None) -> Member:
    if origin is not None:
        return member.model_copy(update={"relation": Relation.RELAY, "origin": origin})
    if member.relation is Relation.ORIGINAL:
        return member.model_copy(update={"relation": Relation.CORROBORATION})
    return member


def _settled(members: Sequence[Member]) -> tuple[Member, ...]:
    """The members as an incident of their own: where an origin stayed behind, the first that goes back to it is it."""
    here = {member.report_id for member in members}
    stands_for: dict[str, str] = {}
    for member in members:
        if member.origin not in here:
            stands_for.setdefault(member.origin, member.report_id)
    return tuple(_settle(member, stands_for, first=at == 0) for at, member in enumerate(members))


def _settle(member: Member, stands_for: dict[str, str], *, first: bool) -> Member:
    origin = stands_for.get(member.origin, member.origin)
    own = origin == member.report_id
    relation = member.relation
    if own:
        relation = Relation.ORIGINAL if first else Relation.CORROBORATION
    if (origin, relation) == (member.origin, member.relation):
        return member
    return member.model_copy(update={"origin": origin, "relation": relation})


def _as_open_as(before: Incident, after: Incident) -> Incident:
    """The incident closed if the one it comes from was: taking apart what is over does not open it again."""
    return after.model_copy(update={"closed": after.closed or before.closed})


def _union(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))
