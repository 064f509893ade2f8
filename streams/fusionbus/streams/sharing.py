"""Originator control: a recipient asks, the originator answers, and the answer is what happens. Pure.

The originator alone can lift its own control, and nothing but that: clearance, TLP and releasable_to hold as for every
report. Nobody learns from a question or an answer what it did not know: not the asker whose report it is, not the
originator which of its recipients asks unless it named that one itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from fusionbus.contract import ids
from fusionbus.contract.control import SharingAnswer, SharingRequest
from fusionbus.contract.incident import Incident, Member, Sharing
from fusionbus.contract.records import AcceptedReport, RejectReason
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import Form, MsgType
from fusionbus.streams import incidents
from fusionbus.streams.change import granted
from fusionbus.streams.deadlines import unanswered
from fusionbus.streams.enrich import enrich
from fusionbus.streams.registry import Registry, facets_of
from fusionbus.streams.route import HUB_AGENCY, granted_to
from fusionbus.streams.values import Change, Enriched, Rejection, Ruling

QUESTIONS_MAX: Final = 50
"""Questions kept of one incident, 300 bytes each; the oldest that are settled go first."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that goes to the originator."""

    incident: Incident
    member: Member
    question: Sharing
    revision: int
    """The incident's revision that told the asker."""
    names_asker: bool
    """Whether the originator may know who asks: an agency it named as a recipient, or the centre, which all know of."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that is in force."""

    incident: Incident
    member: Member
    question: Sharing
    enriched: Enriched
    rulings: tuple[Ruling, ...]
    """On each agency that was asked for, one; none where the originator denied."""
    change: Change | None
    """Where somebody gets something."""


def subject_of(incident: Incident, request: SharingRequest) -> tuple[Member, int] | Rejection:
    """The report behind the alert that is asked about, and the incident's revision that told of it."""
    for member in incident.members:
        for revision in member.told.get(request.incident_id, ()):
            if request.alert_id == ids.alert_id(request.incident_id, revision, request.agency):
                return _held(member, revision, request.agency)
    return Rejection(RejectReason.NOT_YOURS, "No such alert was sent to this agency.", "alert_id")


def _held(member: Member, revision: int, asker: str) -> tuple[Member, int] | Rejection:
    if member.withdrawn:
        return Rejection(RejectReason.WITHDRAWN, "The report behind this alert was withdrawn: pass nothing on.")
    if asker not in member.forms:
        why = "The report behind this alert was recalled from this agency: pass nothing on."
        return Rejection(RejectReason.NOT_YOURS, why, "alert_id")
    return member, revision


def ask(
    incident: Incident,
    request: SharingRequest,
    subject: tuple[Member, int],
    *,
    body: AcceptedReport | None,
    registry: Registry,
    now: datetime,
) -> Asked | Rejection | None:
    """The question as it goes to the originator, why it may not be asked, or None where it was asked by this message.

    `subject` is what `subject_of` found; `body` is the report as the hub keeps it while it is under originator control.
    """
    member, revision = subject
    if body is None:
        why = "This report is not under originator control: who may have it is settled by its markings; subscribe."
        return Rejection(RejectReason.NOT_OFFERED, why, "alert_id")
    to = tuple(dict.fromkeys(request.to))
    fault = _unfit(to, request.agency, registry)
    if fault is not None:
        return fault
    same = next((one for one in incident.sharing or () if one.request_id == request.request_id), None)
    if same is not None and (same.asked_by, same.asked_at, same.to) == (request.agency, request.at, to):
        return None
    open_ones = unanswered(incident)
    mine = (one for one in open_ones if one.asked_by == request.agency and one.report_id == member.report_id)
    if same is not None or any(set(to) & set(one.to) for one in mine):
        why = "This question is with the originator already: its answer comes as a receipt."
        return Rejection(RejectReason.SETTLED, why, "request_id")
    if len(open_ones) >= QUESTIONS_MAX:
        why = f"{QUESTIONS_MAX} questions about this incident are open: call the hub's desk."
        return Rejection(RejectReason.NOT_OFFERED, why)
    question = Sharing(
        request_id=request.request_id,
        report_id=member.report_id,
        asked_by=request.agency,
        to=to,
        asked_at=request.at,
        answer_by=now + registry.deadlines.sharing,
    )
    names_asker = request.agency in (*body.report.handling.releasable_to, HUB_AGENCY)
    return Asked(_with(incident, question), member, question, revision, names_asker)


def _unfit(to: Iterable[str], asker: str, registry: Registry) -> Rejection | None:
    for name in to:
        if name == asker:
            return Rejection(RejectReason.SCHEMA, "`to` names the asker, who has the report.", "to")
        if not registry.knows(name):
            return Rejection(RejectReason.UNKNOWN_AGENCY, f"{name} is not an active agency of this federation.", "to")
    return None


def question_of(incident: Incident | None, message: SharingAnswer, now: datetime) -> Sharing | Rejection | None:
    """The open question that is answered, why it cannot be, or None where this very message has answered it."""
    asked = (incident.sharing or ()) if incident is not None else ()
    question = next((one for one in asked if one.request_id == message.request_id), None)
    if incident is None or question is None or question.report_id != message.report_id:
        why = "There is no such question about this report: copy the ids from the alert that asked."
        return Rejection(RejectReason.UNKNOWN_REQUEST, why, "request_id")
    member = incidents.member_of(incident, question.report_id)
    if member is None or member.agency != message.agency:
        why = "Only the originator of the report answers for it."
        return Rejection(RejectReason.NOT_YOURS, why, "request_id")
    if question.answer == "lapsed" or (question.answer is None and now > question.answer_by):
        why = f"This question lapsed at {question.answer_by:%Y-%m-%d %H:%M} UTC: the asker must ask again."
        return Rejection(RejectReason.EXPIRED, why, "request_id")
    if question.answer is not None:
        if (question.answer, question.answered_at) == (message.answer, message.at):
            return None
        why = f"This question was answered already ({question.answer}); to take a grant back, send an update."
        return Rejection(RejectReason.SETTLED, why, "answer")
    if member.withdrawn:
        return Rejection(RejectReason.WITHDRAWN, "This report was withdrawn: nothing of it is passed on.", "report_id")
    return question


def answer(
    incident: Incident,
    question: Sharing,
    message: SharingAnswer,
    *,
    body: AcceptedReport | None,
    registry: Registry,
    now: datetime,
) -> Answered | Rejection:
    """What the originator's answer to this open question does, or why it cannot be given."""
    member = incidents.member_of(incident, question.report_id)
    if member is None or body is None:
        why = "This report is not under originator control any more: its markings say who may have it."
        return Rejection(RejectReason.NOT_OFFERED, why, "report_id")
    if message.answer == "tearline" and body.report.tearline is None:
        why = "This report has no tearline: grant a form, deny, or send an update that has one."
        return Rejection(RejectReason.NOT_OFFERED, why, "answer")
    settled = question.model_copy(update={"answer": message.answer, "answered_at": message.at})
    noted = _with(incident, settled)
    enriched = replace(incidents.as_masked_as(member, enrich(body.report)), zone=incident.zone)
    if message.answer == "deny":
        return Answered(noted, member, settled, enriched, (), None)
    form = Form.TEARLINE if message.answer == "tearline" else message.form
    facets = facets_of(enriched.report, enriched.claim, registry)
    rulings = tuple(granted_to(name, form, facets, registry, member.forms.get(name)) for name in question.to)
    if not any(ruling.form for ruling in rulings):
        return Answered(noted, member, settled, enriched, rulings, None)
    change = granted(enriched, incidents.raised(noted, now), member, rulings, form, registry)
    return Answered(change.incident, change.member, settled, enriched, rulings, change)


def lapse(incident: Incident, at: datetime) -> tuple[Incident, tuple[Sharing, ...]]:
    """The incident after the questions whose time is over, and these."""
    over = tuple(
        one.model_copy(update={"answer": "lapsed", "answered_at": at})
        for one in unanswered(incident)
        if one.answer_by <= at
    )
    for question in over:
        incident = _with(incident, question)
    return incident, over


def _with(incident: Incident, question: Sharing) -> Incident:
    """The incident with this question in place of the one with its id, or as the newest."""
    held = list(incident.sharing or ())
    places = [place for place, one in enumerate(held) if one.request_id == question.request_id]
    if places:
        held[places[0]] = question
    else:
        held.append(question)
    while len(held) > QUESTIONS_MAX:
        held.remove(next(one for one in held if one.answer is not None))
    return incident.model_copy(update={"sharing": tuple(held)})


def needs_body(report: ThreatReport) -> bool:
    """Whether the hub keeps the text of this report, to send it on where its originator lets it."""
    return report.handling.originator_control and report.msg_type is not MsgType.CANCEL
