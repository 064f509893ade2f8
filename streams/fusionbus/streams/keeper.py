"""Keeps reports no longer than they may be kept: obeys orders, and finds what time has made due, beside the traffic."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, assert_never

from fusionbus.contract import topics
from fusionbus.contract.incident import Incident, Member
from fusionbus.contract.keeping import AnswerRedress, AnyOrder, AskRedress, LegalHold, Purge, ReleaseHold
from fusionbus.contract.records import AcceptedOrder, AcceptedSighting, RejectReason
from fusionbus.streams import change, incidents, keeping, observing, outgoing_keeping, redress
from fusionbus.streams.crossing import guests, probing
from fusionbus.streams.engine import Event
from fusionbus.streams.ingress import Work, arrival_of
from fusionbus.streams.orders import no_such_report
from fusionbus.streams.purge_alerts import purge_alerts
from fusionbus.streams.route import HUB_AGENCY
from fusionbus.streams.shelf import CLOSED, GUEST, OPEN, REPORT, SIGNPOST, TOKEN, Shelf, is_forgotten, points_on
from fusionbus.streams.sightings import is_over, sightings_of
from fusionbus.streams.sweep import Sweep
from fusionbus.streams.values import Rejection

_ORDERED: Final = "a report on this incident was purged by its originator: erase what you hold of it"
_ENDED: Final = "the time for which a report on this incident may be kept has ended: erase what you hold of it"
_DATES: Final = re.compile(rb'"(?:retention_until|review_due|redress_due)":"([^"]+)"')
_UPDATED_AT: Final = re.compile(rb'"updated_at":"([^"]+)"')
_PURGED, _REDUCED = b'"purged_at":"', b'"reduced":true'
SETTLING: Final = timedelta(days=3)
"""So long a purged incident is written again at each round of the sweep: a quiet partition whose last record is the
purge is never compacted, for Kafka rolls a segment only when something is appended to it (KIP-354)."""


@dataclass(slots=True)
class Keeper:
    """The part of the second hop that takes away."""

    shelf: Shelf
    sweep: Sweep
    store: Callable[[Work, Event, Incident], None]
    """Writes an incident to its table, its topic and the index."""
    find: Callable[[Work, Event, str, str], tuple[Incident | None, Member | None]]
    """The incident a report is in, and the report as its member."""
    whole: timedelta = keeping.WHOLE
    _scrubbed: dict[int, datetime] = field(default_factory=dict)

    def take(self, work: Work, event: Event, accepted: AcceptedOrder | AcceptedSighting) -> None:
        """An order about a report, or where one of its tokens was seen."""
        if isinstance(accepted, AcceptedSighting):
            self.shelf.keep_sighting(work.draft, event, accepted)
        else:
            self.obey(work, event, accepted.zone, accepted.order)

    def obey(self, work: Work, event: Event, zone: str, order: AnyOrder) -> None:
        """Does what an agency has ordered about a report, or refuses it."""
        try:
            refusal = self._obeyed(work, event, zone, order)
        except Exception as error:  # noqa: BLE001 - an order that breaks a step is put aside, its neighbours pass
            refusal = work.poison.failed(error)
        if refusal is not None:
            arrival = replace(arrival_of(event), topic=topics.reports_topic(order.agency))
            work.refuse(event, arrival, refusal)

    def _obeyed(self, work: Work, event: Event, zone: str, order: AnyOrder) -> Rejection | None:
        held, member = self.find(work, event, zone, order.report_id)
        if held is None or member is None or order.agency not in (member.agency, HUB_AGENCY):
            return no_such_report(order)
        match order:
            case Purge():
                return self._purge_ordered(work, event, held, member, order)
            case LegalHold() | ReleaseHold():
                return self._hold(work, event, held, member, order)
            case AskRedress():
                return self._redress(work, event, held, redress.asked(member, order), order)
            case AnswerRedress():
                return self._redress(work, event, held, redress.answered(member, order), order)
            case _:
                assert_never(order)

    def look(self, work: Work, event: Event) -> None:
        """Looks through the next page of the event's partition, if it is time for one."""
        for key, value in self.sweep.page(event.partition, work.now):
            try:
                self._look_at_row(work, event, key, value)
            except Exception:  # noqa: BLE001 - what stands beside the traffic must not stop it; a metric tells
                work.tally["sweep_failed",] += 1

    def _look_at_row(self, work: Work, event: Event, key: bytes, value: bytes) -> None:
        kind, name = key[:2], key[2:].decode()
        if kind == SIGNPOST or (kind == REPORT and points_on(value)):
            over = is_forgotten(value, work.now - keeping.AT_ALL)
        else:
            over = (kind == TOKEN and is_over(value, work.now)) or (kind == GUEST and guests.is_over(value, work.now))
        if over:
            work.draft.mark(self.shelf.table, event, key, None)
        elif kind == REPORT:
            self._look_at_report(work, event, name, value)
        elif kind in (OPEN, CLOSED) and self._is_of_interest(kind, value, work.now):
            incident = self.shelf.incident(work.draft, event, name)
            if incident is not None:
                self._look_at(work, event, incident)

    def _look_at(self, work: Work, event: Event, incident: Incident) -> None:
        for member in incident.members:
            now_held = self.shelf.incident(work.draft, event, incident.incident_id)
            self._look_at_member(work, event, now_held or incident, member)
        now_held = self.shelf.incident(work.draft, event, incident.incident_id) or incident
        age = work.now - now_held.updated_at
        over = now_held.closed and not keeping.is_held(now_held)
        if over and age > keeping.AT_ALL:
            self.shelf.let_go(work.draft, event, now_held)
            work.tally["let_go",] += 1
        elif over and age > self.whole and not now_held.reduced:
            for member in now_held.members:
                self.shelf.let_go_of_body(work.draft, event, member.report_id)
            self.store(work, event, keeping.reduced(now_held))
        else:
            purged_at = max(filter(None, map(_purged_at, now_held.members)), default=None)
            # What is purged just now is not written yet.
            if purged_at is not None and timedelta(0) < work.now - purged_at < SETTLING:
                self._settle(work, event, now_held, purged_at)

    def _settle(self, work: Work, event: Event, incident: Incident, purged_at: datetime) -> None:
        """Sees to it that what the purge replaced goes from the disks: from the broker's, and once from ours."""
        self.store(work, event, incident)
        scrubbed_at = self._scrubbed.get(event.partition)
        if scrubbed_at is None or scrubbed_at <= purged_at:
            self._scrubbed[event.partition] = work.now
            self.shelf.table.scrub(event.partition)

    def _look_at_member(self, work: Work, event: Event, incident: Incident, member: Member) -> None:
        if keeping.is_past_retention(member, work.now):
            self._purge(work, event, incident, member)
        elif redress.is_overdue(member, work.now):
            silent = redress.lapsed(member, work.now)
            self._keep(work, event, incident, silent)
            work.draft.outputs.extend(redress.tell_settled(silent, work.now))
        elif keeping.is_review_due(member, work.now):
            self._keep(work, event, incident, keeping.reminded(member))
            work.draft.outputs.extend(outgoing_keeping.review_due(member, work.now))
            work.tally["review_due", member.agency] += 1

    def _look_at_report(self, work: Work, event: Event, report_id: str, value: bytes) -> None:
        """Of reports' own rows, only those matter whose incident does not list them."""
        if b"\n" not in value:
            return
        incident_id, member = self.shelf.report(work.draft, event, report_id)
        if incident_id is None or member is None:
            return
        if work.now - member.reported_at > keeping.AT_ALL and not keeping.holders(member):
            self.shelf.let_go_of_report(work.draft, event, report_id)
            return
        incident = self.shelf.incident(work.draft, event, incident_id)
        if incident is not None:
            self._look_at_member(work, event, incident, member)

    def _is_of_interest(self, kind: bytes, value: bytes, now: datetime) -> bool:
        """Whether there may be something to do, read from the bytes: decoding takes fifty times as long."""
        if any(date <= _iso(now) for date in _DATES.findall(value)):
            return True
        written = _UPDATED_AT.search(value)
        assert written is not None  # noqa: S101 - for the type checker: every incident has one
        if _PURGED in value and written[1] > _iso(now - SETTLING):
            return True
        age = keeping.AT_ALL if _REDUCED in value else self.whole
        return kind == CLOSED and written[1] <= _iso(now - age)

    def _purge_ordered(
        self, work: Work, event: Event, held: Incident, member: Member, order: Purge
    ) -> Rejection | None:
        if keeping.is_purged(member):
            work.draft.outputs.extend(outgoing_keeping.done(order, member, "It is purged already.", work.now))
            return None
        holders = keeping.holders(member)
        if holders:
            whose = "you hold it" if holders == (order.agency,) else f"it is held by {', '.join(holders)}"
            why = f"The report is not purged: {whose} (legal hold). Purge it once the hold is released."
            return Rejection(RejectReason.LEGAL_HOLD, why, "report_id", order.report_id)
        self._purge(work, event, held, member, order)
        return None

    def _purge(
        self,
        work: Work,
        event: Event,
        held: Incident,
        member: Member,
        order: Purge | None = None,
    ) -> None:
        """Purges by order or, without one, because the time has come."""
        self.shelf.let_go_of_body(work.draft, event, member.report_id)
        after = incidents.purged(held, member.report_id, work.now)
        tombstone = incidents.member_of(after, member.report_id) or keeping.tombstone_of(member, work.now)
        done = change.purged(after, tombstone, _ENDED if order is None else _ORDERED, work.registry)
        work.draft.outputs.extend(purge_alerts(done, work.registry, work.now))
        work.draft.outputs.extend(outgoing_keeping.purged(done, order, work.now))
        work.draft.outputs.extend(sightings_of(member, held.incident_id, held.status, work.now, gone=True))
        work.draft.outputs.extend(probing.hidden(held, member, work.now))
        work.draft.outputs.extend(observing.gone(member, held, work.now, purged=True))
        settled = redress.after_purge(member, tombstone, work.now)
        work.draft.outputs.extend(redress.tell_settled(settled, work.now))
        self._keep(work, event, done.incident, settled)
        work.tally["purged", member.agency, "retention" if order is None else "order"] += 1

    def _hold(
        self, work: Work, event: Event, held: Incident, member: Member, order: LegalHold | ReleaseHold
    ) -> Rejection | None:
        if keeping.is_purged(member):
            why = "The report was purged: nothing of it is left to be held."
            return Rejection(RejectReason.PURGED, why, "report_id", order.report_id)
        holds = isinstance(order, LegalHold)
        if not holds and order.agency not in keeping.holders(member):
            why = "This agency does not hold the report: who holds it, releases it."
            return Rejection(RejectReason.NOT_YOURS, why, "report_id", order.report_id)
        after = keeping.with_hold(member, order.agency, holds=holds)
        self._keep(work, event, held, after)
        others = ", ".join(keeping.holders(after))
        sentence = "The report is held: it will not be purged." if holds else "Your hold is released."
        if not holds and others:
            sentence += f" It is still held by {others}."
        work.draft.outputs.extend(outgoing_keeping.done(order, member, sentence, work.now))
        work.tally["hold", order.agency, "held" if holds else "released"] += 1
        return None

    def _redress(
        self, work: Work, event: Event, held: Incident, after: Member | Rejection, order: AskRedress | AnswerRedress
    ) -> Rejection | None:
        if isinstance(after, Rejection):
            return after
        self._keep(work, event, held, after)
        match order:
            case AskRedress():
                work.draft.outputs.extend(redress.tell_asked(after, order, work.now))
            case AnswerRedress():
                work.draft.outputs.extend(redress.tell_answered(after, order, work.now))
        return None

    def _keep(self, work: Work, event: Event, incident: Incident, member: Member) -> None:
        """Writes the member where it is kept: in its incident, or in its own row."""
        if incidents.member_of(incident, member.report_id) is None:
            self.shelf.keep_unlisted(work.draft, event, incident.incident_id, member)
        self.store(work, event, incidents.disseminated(incident, member))


def _iso(at: datetime) -> bytes:
    """The time as the models write it, in whole seconds: near enough to compare as text."""
    return at.strftime("%Y-%m-%dT%H:%M:%S").encode()


def _purged_at(member: Member) -> datetime | None:
    return member.keeping.purged_at if member.keeping is not None else None
