"""What lies at one place and time with a planned operation, or is about the same subject, and is another agency's."""

from collections.abc import Iterator
from heapq import nlargest
from operator import attrgetter
from typing import Final

from fusionbus.contract.incident import Member
from fusionbus.contract.vocabulary import Kind, Status
from fusionbus.streams.correlate.families import kind_family, plain
from fusionbus.streams.correlate.open_incidents import Block, OpenIncidents
from fusionbus.streams.correlate.told import DAY_S, Told, Where, told_by, told_of
from fusionbus.streams.reading import districts_around
from fusionbus.streams.reading.gazetteer import distance_km
from fusionbus.streams.values import Enriched

OPERATIONS_LOOKED_AT_MAX: Final = 500
"""Open operations of a zone that a report is held against, newest first: 2 µs each."""
KEY_POSTINGS_MAX: Final = 200
"""Reports under one key that a new operation is held against, newest first; operations are rare."""
OPERATIONS_APART_S: Final = 3_600.0
"""Two plans an hour apart still meet: parties come early and leave late. Our own choice."""
REPORT_APART_S: Final = DAY_S
"""What was seen within a day of an operation may be the other party's work. Our own choice."""
VAGUE_KM: Final = 10.0
"""A report whose place is no nearer known does not lie at the place of an operation: half a district would meet it."""
REACH_KM_MAX: Final = 50.0
"""An operation's own circle counts up to here."""


def meetings(enriched: Enriched, held: OpenIncidents) -> list[tuple[str, str]]:
    """Incident and report of each meeting, the newest first; none is the report's own agency's."""
    report = enriched.report
    if not _is_worth_it(report.kind, report.status, held):
        return []
    return _meetings(held.told_just_now(enriched.claim) or told_by(enriched), report.status, held)


def meetings_of_member(member: Member, status: Status, held: OpenIncidents) -> list[tuple[str, str]]:
    """The same for a report that an incident holds, wherever that is kept."""
    return _meetings(told_of(member), status, held) if _is_worth_it(member.kind, status, held) else []


def _is_worth_it(kind: Kind, status: Status, held: OpenIncidents) -> bool:
    """Whether anything may meet at all: mostly there is no operation, and nothing need be read of the report."""
    if kind in {Kind.ASSESSMENT, Kind.OPERATION}:
        return kind is Kind.OPERATION
    plans = held.block(status, kind_family(Kind.OPERATION))
    return plans is not None and bool(plans.open)


def _meetings(told: Told, status: Status, held: OpenIncidents) -> list[tuple[str, str]]:
    found: dict[str, Told] = {}
    if told.kind is Kind.OPERATION:
        for block in held.blocks_of(status):
            found |= {other.report_id: other for other in _near(told, block) if _meet(told, other)}
    elif (plans := held.block(status, kind_family(Kind.OPERATION))) is not None:
        newest = nlargest(OPERATIONS_LOOKED_AT_MAX, plans.open.values(), key=attrgetter("latest_s", "incident_id"))
        theirs = (other for incident in newest for other in incident.told)
        found = {other.report_id: other for other in theirs if _meet(other, told)}
    latest = sorted(found.values(), key=lambda other: (-other.reported_s, other.report_id))
    return [(other.open.incident_id, other.report_id) for other in latest if other.open is not None]


def _near(plan: Told, block: Block) -> Iterator[Told]:
    """The reports that share a subject with the operation, or a place or district that its circle may reach into."""
    keys = [*("in:" + name for name in _names(plan.where)), *plan.tokens]
    for key in dict.fromkeys(keys):
        for incident in dict.fromkeys(block.newest(key, KEY_POSTINGS_MAX)) if key in block.postings else ():
            yield from incident.told


def _names(where: Where | None) -> list[str]:
    if where is None:
        return []
    names = [name for name in (where.district, where.name) if name is not None]
    if where.lat is not None and where.lon is not None:
        reach_km = min(where.uncertainty_km, REACH_KM_MAX) + REACH_KM_MAX
        names += map(plain, districts_around(where.lat, where.lon, reach_km))
    return names


def _meet(plan: Told, other: Told) -> bool:
    """Whether another agency's report coincides with the operation."""
    if other.kind is Kind.ASSESSMENT:
        return False
    if other.agency == plan.agency or other.withdrawn or plan.withdrawn or other.report_id == plan.report_id:
        return False
    if plan.tokens and not set(plan.tokens).isdisjoint(other.tokens):
        return True
    if plan.where is None or other.where is None or plan.start_s is None or plan.end_s is None:
        return False
    start_s = other.reported_s if other.start_s is None else other.start_s
    end_s = other.reported_s if other.end_s is None else other.end_s
    apart_s = OPERATIONS_APART_S if other.kind is Kind.OPERATION else REPORT_APART_S
    if start_s > plan.end_s + apart_s or end_s < plan.start_s - apart_s:
        return False
    return _at_one_place(plan.where, other.where, both_plans=other.kind is Kind.OPERATION)


def _at_one_place(plan: Where, other: Where, *, both_plans: bool) -> bool:
    if plan.lat is None or plan.lon is None or other.lat is None or other.lon is None:
        return plan.name is not None and plan.name == other.name and plan.district == other.district
    if not both_plans and other.uncertainty_km > VAGUE_KM:
        return False
    reach_km = min(plan.uncertainty_km, REACH_KM_MAX) + min(other.uncertainty_km, REACH_KM_MAX)
    return distance_km(plan.lat, plan.lon, other.lat, other.lon) <= reach_km
