"""What of an open incident an agency was not sent and would have been, had its wishes and rights always been so. Pure.

Each report is ruled on by the same steps as when it came, as if it came now: in the order in which the incident heard
of them, each beside those before it and none after.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from fusionbus.contract import ids
from fusionbus.contract.agency import Subscription
from fusionbus.contract.incident import Incident, Member, Relation
from fusionbus.contract.records import AcceptedReport, AuditEvent, AuditRecord, ReceiptOutcome
from fusionbus.contract.vocabulary import Form, Severity
from fusionbus.streams import incidents
from fusionbus.streams.change import joining
from fusionbus.streams.deadlines import awaiting
from fusionbus.streams.engine import Output
from fusionbus.streams.enrich import enrich
from fusionbus.streams.registry import Registry, facets_of, wants
from fusionbus.streams.route import narrower, route, with_grants
from fusionbus.streams.shelf import is_too_large
from fusionbus.streams.tell import alerts_of
from fusionbus.streams.values import Change, Enriched, Ruling
from fusionbus.streams.written import audit_out

Texts = Callable[[str], AcceptedReport | None]
"""The text of a report, where the hub keeps it."""

_OUTCOMES: Final = {
    Relation.ORIGINAL: ReceiptOutcome.NEW_INCIDENT,
    Relation.CORROBORATION: ReceiptOutcome.CORROBORATION,
    Relation.RELAY: ReceiptOutcome.RELAY,
}
_ASKED_FOR: Final = Severity.UNKNOWN
"""How soon it is to be acknowledged: the desk asked for it and may have hundreds to read, so it has longest."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, for what, by which registry, when."""

    agency: str
    only: Subscription | None
    """Only what this subscription asks for."""
    registry: Registry
    now: datetime


@dataclass(slots=True)
class Missed:
    """What the agency is sent of one incident, and the incident after it."""

    incident: Incident
    outputs: list[Output] = field(default_factory=list)
    rulings: list[Ruling] = field(default_factory=list)
    """One for each report that is sent."""
    looked_at: int = 0
    textless: int = 0


def missed(incident: Incident, asker: Asker, texts: Texts) -> Missed:
    """What the agency lacks of this incident; each report sent is a revision, for alert ids are made from it."""
    found = Missed(incident)
    for at, member in enumerate(incident.members):
        if member.withdrawn or member.agency == asker.agency or member.forms.get(asker.agency) is Form.FULL:
            continue
        kept = texts(member.report_id)
        if kept is None:
            found.textless += 1
            continue
        found.looked_at += 1
        enriched = replace(incidents.as_masked_as(member, enrich(kept.report)), zone=incident.zone)
        _send(found, at, enriched, asker)
    return found


def _send(found: Missed, at: int, enriched: Enriched, asker: Asker) -> None:
    member, agency, registry = found.incident.members[at], asker.agency, asker.registry
    if asker.only is not None and not wants(asker.only, facets_of(enriched.report, enriched.claim, registry)):
        return
    ruling, is_spared = _ruling_on(found.incident, at, enriched, agency, registry)
    if is_spared and agency not in member.spared:
        spared = member.model_copy(update={"spared": (*member.spared, agency)})
        found.incident = incidents.disseminated(found.incident, spared)
    if ruling.form is None or not _tells_more(ruling.form, member.forms.get(agency)):
        return
    after, told = _logged(found.incident, member, ruling, asker)
    if is_too_large(after):
        return
    found.incident = after
    found.rulings.append(ruling)
    change = Change(_OUTCOMES[member.relation], after, told, (ruling,))
    found.outputs.extend(alerts_of(enriched, change, asker.now, registry, asker.now))
    found.outputs.append(_audit(after, told, ruling, asker.now))


def _ruling_on(incident: Incident, at: int, enriched: Enriched, agency: str, registry: Registry) -> tuple[Ruling, bool]:
    """The ruling on this agency as if the report came now, and whether it is spared it as an echo."""
    member = incident.members[at]
    facets = facets_of(enriched.report, enriched.claim, registry)
    spared: tuple[str, ...] = ()
    rulings: Sequence[Ruling] = route(facets, registry)
    if member.relation is not Relation.ORIGINAL:
        then = incidents.with_members(incident, incident.members[: at + 1], incident.updated_at)
        rulings, spared = joining(enriched, then, member.relation, member.origin, registry)
    ruling = rulings[registry.position_of(agency)]
    if member.granted:
        (ruling,) = with_grants([ruling], member.granted, facets, registry)
    return ruling, agency in spared


def _tells_more(form: Form, than: Form | None) -> bool:
    return than is None or (form is not than and narrower(form, than) is than)


def _logged(incident: Incident, member: Member, ruling: Ruling, asker: Asker) -> tuple[Incident, Member]:
    """The incident one revision on, with this dissemination and the acknowledgement awaited.

    It was heard of no later for it: when it closes is for reports to say.
    """
    assert ruling.form is not None  # noqa: S101 - for the type checker; nothing else is sent
    raised = incidents.raised(incident, asker.now)
    told = incidents.told_in(member, raised.incident_id, raised.revision).model_copy(
        update={"forms": member.forms | {ruling.agency: ruling.form}}
    )
    after = awaiting(incidents.disseminated(raised, told), [ruling], _ASKED_FOR, asker.registry.deadlines)
    return after.model_copy(update={"updated_at": incident.updated_at}), told


def _audit(incident: Incident, member: Member, ruling: Ruling, now: datetime) -> Output:
    assert ruling.form is not None  # noqa: S101 - as above
    alert = ids.alert_id(incident.incident_id, incident.revision, ruling.agency)
    record = AuditRecord(
        audit_id=ids.audit_id(alert, AuditEvent.CAUGHT_UP),
        at=now,
        event=AuditEvent.CAUGHT_UP,
        agency=ruling.agency,
        report_id=member.report_id,
        revision=member.revision,
        incident_id=incident.incident_id,
        decisions={ruling.rule: (ruling.agency,)},
        forms={ruling.form: (ruling.agency,)},
    )
    return audit_out(record, member.report_id)
