"""Echo or confirmation: whose word a report repeats, if it repeats somebody's."""

from collections.abc import Iterator

from fusionbus.contract.incident import Relation
from fusionbus.streams.correlate.told import Open, Told

SAME_TEXT_MIN = 0.85
"""Share of words in common (Jaccard) from which one text was copied from the other."""
SAME_TEXT_TERMS_MIN = 8
"""Below this many words two people write the same sentence by themselves."""


def echo_of(told: Told, incident: Open) -> tuple[Relation, str]:
    """What the report is to the incident, and the report its origin goes back to."""
    echoed = next(_echoed(told, incident.told), None)
    if echoed is not None:
        return Relation.RELAY, echoed.origin
    # The original after its echo: it is its own origin, and no further one.
    cited = any(told.report_id in member.derived for member in incident.told)
    return (Relation.RELAY if cited else Relation.CORROBORATION), told.report_id


def _echoed(told: Told, members: list[Told]) -> Iterator[Told]:
    """The members whose word this is; a stated lineage goes before what only looks like one."""
    if told.derived:
        yield from (member for member in members if member.report_id in told.derived)
        # Two that quote a third which is not here, or not yet, have one origin.
        yield from (member for member in members if not set(told.derived).isdisjoint(member.derived))
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
