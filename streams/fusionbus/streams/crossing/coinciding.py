"""A planned operation and what coincides with it, each kept in a zone of its own: both sides learn whom to call.

An operation is shown wherever something that meets it may lie (`probing`), so the other side's zone finds each pair,
whichever comes first. It tells its own side, and the operation's zone of it; that tells its side, once.
"""

from collections.abc import Callable, Iterable

from fusionbus.contract import ids
from fusionbus.contract.crossing import Coincidence, Probe
from fusionbus.contract.incident import Incident, Member
from fusionbus.streams.deconflict import PAIRS_KEPT_MAX, POINTED_MAX, Pointing, desk_of
from fusionbus.streams.incidents import member_of


def coincide(
    probe: Probe, met: Iterable[tuple[str, str]], look: Callable[[str], Incident | None], pointing: Pointing
) -> Pointing:
    """The pointers that another zone's report leads to where it is shown, by what it `met` there.

    `pointing` has its incident as shown here.
    """
    desks: dict[str, str] = {}
    for incident_id, report_id in met:
        held = pointing.others.get(incident_id) or look(incident_id)
        theirs = member_of(held, report_id) if held is not None else None
        if held is None or theirs is None or held.zone != probe.zone:
            continue  # a guest like it: the two meet where one of them is kept
        pair = ids.link_id("deconfliction", probe.member.report_id, report_id)
        if pair in held.pointed_to or len(held.pointed_to) >= PAIRS_KEPT_MAX:
            continue
        if len(desks) == POINTED_MAX:
            break
        desks[pair] = desk_of(theirs, probe.member.agency, pointing.registry)
        pointing.tell_other(held, theirs, {pair: desk_of(probe.member, theirs.agency, pointing.registry)})
    if desks:
        pointing.tell_elsewhere(pointing.incident, probe.member, desks)
    return pointing


def told(coincidence: Coincidence, theirs: Member | None, pointing: Pointing) -> Pointing:
    """The pointer that a zone makes of what another found; `pointing` has the incident of the report, `theirs`."""
    held = pointing.incident
    room = PAIRS_KEPT_MAX - len(held.pointed_to)
    new = [pair for pair in coincidence.desks if pair not in held.pointed_to][:room]
    if theirs is not None and not theirs.withdrawn and new:
        pointing.tell_other(held, theirs, {pair: coincidence.desks[pair] for pair in new})
    return pointing
