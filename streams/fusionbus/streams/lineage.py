"""Whose word stands behind an incident: its independent origins, and agencies that quote each other in a ring."""

from collections.abc import Iterable, Mapping

from fusionbus.contract.incident import Member


def origins_of(members: Iterable[Member]) -> set[str]:
    """The independent origins that still stand, each by the id of a report.

    A report made out of others goes back to what they go back to, whichever came first; reports that were made out of
    each other have one origin together; an echo of a withdrawn report has none.
    """
    held = list(members)
    gone = {member.report_id for member in held if member.withdrawn}
    if not any(member.derived_from for member in held):
        return {member.origin for member in held if not member.withdrawn and member.origin not in gone}
    sources = _sources(held)
    found = (_ends(member.report_id, sources, gone) for member in held if not member.withdrawn)
    return set[str]().union(*found)


def ring_of(members: Iterable[Member]) -> frozenset[str]:
    """The agencies whose word came back to them through others: nobody in such a ring confirms anybody."""
    standing = {member.report_id: member for member in members if not member.withdrawn}
    quoted: dict[str, set[str]] = {}
    for member in standing.values():
        for source in member.derived_from:
            if source in standing and standing[source].agency != member.agency:
                quoted.setdefault(member.agency, set()).add(standing[source].agency)
    if len(quoted) < 2:  # noqa: PLR2004 - a ring has two who quote
        return frozenset()
    return frozenset(agency for agency in quoted if agency in _reached(agency, quoted))


def _sources(members: list[Member]) -> dict[str, set[str]]:
    """By report, the others it goes back to: those it names that are here, and the origin that was found."""
    here = {member.report_id for member in members}
    return {
        member.report_id: ((here & set(member.derived_from)) | {member.origin}) - {member.report_id}
        for member in members
    }


def _ends(report_id: str, sources: Mapping[str, set[str]], gone: set[str]) -> set[str]:
    """Where the ways back from this report end; of a ring, from which no way leads on, one of its reports."""
    reached = _reached(report_id, sources) | {report_id}
    ends = {one for one in reached if not sources.get(one)}
    if ends:
        return ends - gone
    ring = {one for one in reached - gone if one in _reached(one, sources)}
    return {min(ring)} if ring else set()


def _reached(start: str, onward: Mapping[str, set[str]]) -> set[str]:
    """Everything that one comes to from here; the start itself only by a ring."""
    reached: set[str] = set()
    left = [start]
    while left:
        new = onward.get(left.pop(), set()) - reached
        reached |= new
        left.extend(new)
    return reached
