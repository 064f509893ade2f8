"""Echo or confirmation: whose word a report repeats, if it repeats somebody's."""

from collections.abc import Iterator

from fusionbus.contract.incident import Relation
from fusionbus.streams.correlate.told import Open, Told

SAME_TEXT_MIN = 0.85
"""Share of words in common (Jaccard) from which one text was copied from the other."""
SAME_TEXT_TERMS_MIN = 8
"""Below this many words two people write the same sentence by themselves."""


def echo_of(told: Told, linked: tuple[str, ...], incident: Open) -> tuple[Relation, str]:
    """What the report is to the incident, and the report its origin goes back to."""
    echoed = next(_echoed(told, linked, incident.told), None)
    return (Relation.CORROBORATION, told.report_id) if echoed is None else (Relation.RELAY, echoed.origin)


def _echoed(told: Told, linked: tuple[str, ...], members: list[Told]) -> Iterator[Told]:
    """The members whose word this is; a stated lineage goes before what only looks like one."""
    yield from (member for member in members if member.report_id in linked)
    if told.source is not None:
        yield from (member for member in members if member.source == told.source)
    # An agency cannot confirm itself, unless it says that this came from someone else.
    yield from (member for member in members if member.agency == told.agency and not _two_sources(told, member))
    if len(told.terms) >= SAME_TEXT_TERMS_MIN:
        yield from (member for member in members if _same_text(told, member) and not _two_sources(told, member))


def _two_sources(told: Told, member: Told) -> bool:
    return told.source is not None and member.source is not None and told.source != member.source


def _same_text(told: Told, member: Told) -> bool:
    shared = len(set(told.terms).intersection(member.terms))
    return shared >= SAME_TEXT_MIN * (len(told.terms) + len(member.terms) - shared)
