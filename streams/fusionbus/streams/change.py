"""What each way of a report's end means for those who hear of it. Pure: incident in, rulings and log out."""

from collections.abc import Iterable, Sequence
from typing import Final

from fusionbus.contract.incident import Incident, Member, Relation
from fusionbus.contract.records import ReceiptOutcome
from fusionbus.contract.routing import Rule
from fusionbus.contract.sections import AssessmentSection
from fusionbus.contract.vocabulary import FindingKind, Form
from fusionbus.streams import incidents
from fusionbus.streams.deadlines import awaiting
from fusionbus.streams.lineage import origins_of, ring_of
from fusionbus.streams.registry import Registry, facets_of
from fusionbus.streams.route import form_for, narrower, route, with_grants, with_members, without_echo
from fusionbus.streams.values import Candidate, Change, Enriched, Joined, Ruling

_NARROWED: Final = "the originator has narrowed who may have this report: delete what you hold of it"
_WITHDRAWN: Final = "the report behind an alert that you received was withdrawn"
_TOLD_IT: Final = "you reported the same incident"
_HAD_IT: Final = "you had an earlier revision of this report"
_HOLDS_IT: Final = "you have had an alert on this incident"


def opened(
    enriched: Enriched,
    incident: Incident,
    registry: Registry,
    possible: tuple[Candidate, ...] = (),
) -> Change:
    """A report that nobody told before."""
    rulings = route(facets_of(enriched.report, enriched.claim, registry), registry)
    after, member = _logged(enriched, incident, incident.members[0], rulings, registry)
    return Change(ReceiptOutcome.NEW_INCIDENT, after, member, rulings, possible=possible)


def fused(enriched: Enriched, incident: Incident, match: Joined, registry: Registry) -> Change:
    """A report of something known: a further origin is news to all who may have it, an echo only to the uninformed.

    An echo is news to all where it shows that the word of others was less independent than they were told.
    """
    rulings, spared = joining(enriched, incident, match.relation, match.origin, registry)
    held = tuple(rulings)
    outcome = ReceiptOutcome.RELAY if match.relation is Relation.RELAY else ReceiptOutcome.CORROBORATION
    member = incidents.member_from(enriched, match).model_copy(update={"spared": spared})
    after, member = _logged(enriched, incident, member, held, registry)
    return Change(outcome, after, member, held)


def joining(
    enriched: Enriched, incident: Incident, relation: Relation, origin: str, registry: Registry
) -> tuple[Sequence[Ruling], tuple[str, ...]]:
    """The rulings on the newest report of an incident that others told of, and who is spared it as an echo."""
    report, facets = enriched.report, facets_of(enriched.report, enriched.claim, registry)
    rulings = route(facets, registry)
    if relation is Relation.RELAY and not (_adds_to_its_own(incident, origin, report.agency) or _weakened(incident)):
        informed, spared = _informed(incident, origin, report.report_id), tuple[str, ...]()
        if report.source.derived_from:
            spared = tuple(r.agency for r in rulings if r.agency in informed and r.form is not None and r.form.is_open)
        return without_echo(rulings, informed), spared
    return with_members(rulings, _holders(incident) | _tellers(incident), facets, registry), ()


def updated(enriched: Enriched, incident: Incident, before: Member, registry: Registry) -> Change:
    """A newer revision: to all who may have it, and a recall to those who had the old one and may not have this."""
    facets = facets_of(enriched.report, enriched.claim, registry)
    known = _tellers(incident, but=before.report_id) | dict.fromkeys(before.forms, _HAD_IT)
    rulings = with_members(route(facets, registry), known, facets, registry)
    if before.granted:
        rulings = with_grants(rulings, before.granted, facets, registry)
    if before.relation is Relation.RELAY and not _adds_to_its_own(incident, before.origin, before.agency):
        rulings = without_echo(rulings, _informed(incident, before.origin, before.report_id) - before.forms.keys())
    held = tuple(
        Ruling(ruling.agency, Rule.RECALL, Form.POINTER, _NARROWED)
        if ruling.form is None and ruling.agency in before.forms
        else ruling
        for ruling in rulings
    )
    revised = incidents.member_of(incident, before.report_id) or incidents.revision_of(before, enriched)
    after, member = _logged(enriched, incident, revised, held, registry)
    return Change(ReceiptOutcome.UPDATE, after, member, held)


def cancelled(enriched: Enriched, incident: Incident, before: Member, registry: Registry) -> Change:
    """A withdrawal: to everyone who had the report, in the form they had it, and to whoever had or told an echo.

    The words of the withdrawal itself go no further than its own markings let them: beyond, it is a pointer.
    """
    facets = facets_of(enriched.report, enriched.claim, registry)
    echoes = [m for m in incident.members if not m.withdrawn and _is_made_of(m, before.report_id)]
    tellers, readers = {echo.agency for echo in echoes}, {agency for echo in echoes for agency in echo.forms}
    rulings = []
    for ruling in route(facets, registry):
        agency = ruling.agency
        if agency == enriched.report.agency:
            rulings.append(Ruling(agency, Rule.ECHO))
        elif agency in before.forms:
            form = ruling.form or Form.POINTER
            if ruling.rule is Rule.NO_INTEREST:
                form = form_for(registry.agencies[agency], facets)
            less = narrower(form, before.forms[agency])
            rulings.append(Ruling(agency, Rule.RECALL, less, _WITHDRAWN))
        elif agency in readers or (agency in tellers and ruling.rule is not Rule.STATUS):
            rulings.append(Ruling(agency, Rule.RECALL, Form.POINTER, _WITHDRAWN))
        else:
            rulings.append(Ruling(agency, Rule.NO_INTEREST))
    held = tuple(rulings)
    member = incidents.member_of(incident, before.report_id) or incidents.withdrawal_of(
        before, enriched.report.revision
    )
    member = incidents.told_in(member, incident.incident_id, incident.revision)
    after = incidents.disseminated(incident, member)
    after = awaiting(after, held, enriched.report.severity, registry.deadlines)
    return Change(ReceiptOutcome.CANCELLED, after, member, held)


def purged(incident: Incident, member: Member, why: str, registry: Registry) -> Change:
    """A purge: everyone who was told of the report is told to erase it.

    Its originator too, where it was told of other reports: the summaries of the incident held its own.
    """
    heard = member.forms.keys() | incident.awaited.keys() | incident.acknowledged.keys()
    told = member.forms.keys() | ({member.agency} & heard)
    held = tuple(
        Ruling(agency, Rule.RECALL, Form.POINTER, why) if agency in told else Ruling(agency, Rule.NO_INTEREST)
        for agency in registry.agencies
    )
    after = awaiting(incident, held, member.severity, registry.deadlines)
    return Change(ReceiptOutcome.PURGED, after, member, held)


def granted(  # noqa: PLR0917 - who gets what of which report
    enriched: Enriched, incident: Incident, member: Member, rulings: tuple[Ruling, ...], most: Form, registry: Registry
) -> Change:
    """A report that its originator lets further agencies have: from now on they hear of its changes too."""
    let = {ruling.agency: most for ruling in rulings if ruling.form is not None}
    known = member.model_copy(update={"granted": (member.granted or {}) | let})
    after, told = _logged(enriched, incident, known, rulings, registry)
    return Change(ReceiptOutcome.CONTROL_DONE, after, told, rulings)


def _is_made_of(member: Member, report_id: str) -> bool:
    """Whether it was made out of this report, wholly or among others."""
    return member.report_id != report_id and (member.origin == report_id or report_id in member.derived_from)


def _adds_to_its_own(incident: Incident, origin: str, agency: str) -> bool:
    """Whether a report goes back to a report of its own agency: that is no further origin, but it is no echo either.

    Held back, a second attack that was taken for the first would reach nobody.
    """
    return any(member.report_id == origin and member.agency == agency for member in incident.members)


def _weakened(incident: Incident) -> bool:
    """Whether the last report closed a ring or led two origins back to one."""
    before = incident.members[:-1]
    return len(incident.echo_ring) > len(ring_of(before)) or incident.independent_origins < len(origins_of(before))


def _holders(incident: Incident) -> dict[str, str]:
    """Who has a report of the incident that stands: whoever knows of it also hears that it is confirmed."""
    return {agency: _HOLDS_IT for m in incident.members if not m.withdrawn for agency in m.forms}


def _tellers(incident: Incident, but: str | None = None) -> dict[str, str]:
    """Who told of the incident, each with why it hears of it again."""
    return {m.agency: _TOLD_IT for m in incident.members if not m.withdrawn and m.report_id != but}


def _informed(incident: Incident, origin: str, but: str) -> frozenset[str]:
    """Who has the news of this origin: those who told of it and those who were told."""
    return frozenset(
        agency
        for member in incident.members
        if member.origin == origin and member.report_id != but
        for agency in (member.agency, *member.forms)
    )


def _logged(
    enriched: Enriched, incident: Incident, member: Member, rulings: Iterable[Ruling], registry: Registry
) -> tuple[Incident, Member]:
    """The incident and the member with this dissemination, and the acknowledgements now awaited."""
    held = tuple(rulings)
    forms = member.forms | {ruling.agency: ruling.form for ruling in held if ruling.form is not None}
    for ruling in held:
        if ruling.rule is Rule.RECALL:
            del forms[ruling.agency]  # it is to delete what it holds: from now on it knows nothing of it
    logged = incidents.told_in(member, incident.incident_id, incident.revision).model_copy(update={"forms": forms})
    after = incidents.disseminated(incident, logged)
    if _awaits_no_answer(enriched):
        held = tuple(ruling for ruling in held if ruling.rule is Rule.RECALL)
    return awaiting(after, held, enriched.report.severity, registry.deadlines), logged


def _awaits_no_answer(enriched: Enriched) -> bool:
    """Whether nobody has to answer: a forecast comes every day and says what may be, it calls for no act by a time."""
    section = enriched.report.section
    return isinstance(section, AssessmentSection) and section.finding is FindingKind.FORECAST
