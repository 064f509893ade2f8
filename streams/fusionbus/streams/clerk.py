"""The part of the second hop that hears what is said of reports that are here: answers, questions, and the time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from fusionbus.contract import topics
from fusionbus.contract.control import Acknowledgement, SharingAnswer, SharingRequest
from fusionbus.contract.incident import Incident
from fusionbus.contract.records import AcceptedControl, RejectReason, Tick
from fusionbus.streams import observing, outgoing, outgoing_sharing, sharing
from fusionbus.streams.acknowledge import acknowledge, may_answer
from fusionbus.streams.engine import Event
from fusionbus.streams.escalate import escalate
from fusionbus.streams.ingress import Work, arrival_of
from fusionbus.streams.judge import standing
from fusionbus.streams.shelf import Shelf
from fusionbus.streams.tell import alerts_of
from fusionbus.streams.values import Rejection
from fusionbus.streams.waiting import Waiting

DUE_MAX: Final = 200
"""Incidents looked at by one tick: after an outage many are late at once, and reports must not wait behind them all."""


@dataclass(frozen=True, slots=True)
class Clerk:
    """Hears, writes what it means for the incident, and tells whom it concerns."""

    shelf: Shelf
    waiting: Waiting
    store: Callable[[Work, Event, Incident], None]
    """Writes an incident to its table, its topic and the index."""

    def acknowledge(self, work: Work, about: str, messages: list[tuple[Event, Acknowledgement]]) -> None:
        """All acknowledgements of one incident in a batch at once: one write, one receipt a report."""
        event = messages[0][0]
        held = self.shelf.incident(work.draft, event, about)
        heard: list[Acknowledgement] = []
        for each, message in messages:
            if held is None or not may_answer(held, message):
                why = "No such alert on this incident was sent to this agency."
                _refuse(work, each, message.agency, Rejection(RejectReason.NOT_YOURS, why, "incident_id"))
            else:
                heard.append(message)
                work.draft.outputs.append(outgoing.answered(message, work.now))
                work.tally["acknowledged", message.agency, message.action] += 1
        after = acknowledge(held, heard) if held is not None else None
        if after is None or after == held:
            return
        self.store(work, event, after)
        newest = max(message.at for message in heard).isoformat()
        speakers = {message.agency for message in heard}
        for member in after.members:
            if speakers & member.forms.keys():
                work.draft.outputs.append(outgoing.acknowledged(after, member, newest, work.now))

    def tick(self, work: Work, event: Event, tick: Tick) -> None:
        """What became late by this tick, at most so many incidents; the next tick takes the rest."""
        for incident_id in self.waiting.take_due(event.partition, tick.at, DUE_MAX):
            held = self.shelf.incident(work.draft, event, incident_id)
            if held is None:
                continue
            after, outputs, late = escalate(held, work.registry, tick.at)
            after, over = sharing.lapse(after, tick.at)
            self.waiting.note(event.partition, after)
            if after != held:
                self.store(work, event, after)
            work.draft.outputs.extend(outputs)
            for question in over:
                work.draft.outputs.extend(outgoing_sharing.lapsed(after, question, tick.at))
            for agency in late:
                work.tally["escalated", agency] += 1

    def hear(self, work: Work, event: Event, accepted: AcceptedControl) -> None:
        """A question to an originator, or its answer."""
        message = accepted.control
        try:
            match message:
                case SharingRequest():
                    refusal = self._ask(work, event, accepted, message)
                case SharingAnswer():
                    refusal = self._answer(work, event, accepted, message)
        except Exception as error:  # noqa: BLE001 - a message that breaks a step is put aside, its neighbours pass
            refusal = work.poison.failed(error)
        if refusal is not None:
            _refuse(work, event, message.agency, replace(refusal, request_id=message.request_id))

    def _ask(self, work: Work, event: Event, accepted: AcceptedControl, request: SharingRequest) -> Rejection | None:
        held = self._standing(work, event, request.incident_id)
        if held is None:
            return Rejection(RejectReason.NOT_YOURS, "No such alert was sent to this agency.", "alert_id")
        found = sharing.subject_of(held, request)
        if isinstance(found, Rejection):
            return found
        body = self.shelf.body(work.draft, event, found[0].report_id)
        asked = sharing.ask(held, request, found, body=body, registry=work.registry, now=accepted.accepted_at)
        if isinstance(asked, Rejection):
            return asked
        if asked is not None and body is not None:
            self.store(work, event, asked.incident)
            work.draft.outputs.extend(outgoing_sharing.asked(asked, request, body.report, work.registry, work.now))
            work.tally["sharing", request.agency, "asked"] += 1
        return None

    def _answer(self, work: Work, event: Event, accepted: AcceptedControl, message: SharingAnswer) -> Rejection | None:
        held = self._standing(work, event, message.incident_id or "")
        question = sharing.question_of(held, message, accepted.accepted_at)
        if question is None or isinstance(question, Rejection):
            return question
        assert held is not None  # noqa: S101 - for the type checker: a question stands in an incident
        body = self.shelf.body(work.draft, event, question.report_id)
        done = sharing.answer(held, question, message, body=body, registry=work.registry, now=accepted.accepted_at)
        if isinstance(done, Rejection):
            return done
        self.store(work, event, done.incident)
        if done.change is not None:
            sent = alerts_of(done.enriched, done.change, accepted.accepted_at, work.registry, work.now)
            work.draft.outputs.extend(sent)
            work.draft.outputs.extend(observing.moved(done.incident, [done.change.member.report_id]))
        work.draft.outputs.extend(outgoing_sharing.answered(done, message, work.now))
        work.tally["sharing", message.agency, message.answer] += 1
        for ruling in done.rulings:
            if ruling.form is not None:
                work.tally["alert", ruling.agency, ruling.rule] += 1
        return None

    def _standing(self, work: Work, event: Event, incident_id: str) -> Incident | None:
        return standing(incident_id, partial(self.shelf.incident, work.draft, event))


def _refuse(work: Work, event: Event, agency: str, rejection: Rejection) -> None:
    work.refuse(event, replace(arrival_of(event), topic=topics.control_topic(agency)), rejection)
