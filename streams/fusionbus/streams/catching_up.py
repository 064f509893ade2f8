"""The part of the second hop that walks through the zones with an agency that asks for what is open, turn by turn.

A turn looks at a few incidents and passes the request on, behind whatever else waits there: to the same zone until it
is through, then to the next. So there is one turn at a time, whatever is open, and one answer at the end.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from fusionbus.contract import ids, topics
from fusionbus.contract.agency import Subscription
from fusionbus.contract.codec import encode
from fusionbus.contract.control import CatchUp, catch_up_id
from fusionbus.contract.incident import Incident
from fusionbus.contract.records import (
    AcceptedCatchUp,
    AuditEvent,
    AuditRecord,
    Receipt,
    ReceiptOutcome,
    RejectReason,
    Tick,
)
from fusionbus.streams.catch_up import Asker, missed
from fusionbus.streams.correlate import OpenIncidents
from fusionbus.streams.engine import Event, Output
from fusionbus.streams.ingress import Work, arrival_of
from fusionbus.streams.reading import ZONES
from fusionbus.streams.shelf import Shelf
from fusionbus.streams.values import Rejection
from fusionbus.streams.written import audit_out, receipt_out

SETTLING: Final = timedelta(seconds=2)
"""So long a request waits before its first turn: a subscription made just before it is known to every worker by then,
which read it from the registry about 50 ms after it was written."""
BETWEEN: Final = timedelta(minutes=1)
"""Between two requests of one agency: each looks through all that is open."""
INCIDENTS_A_TURN: Final = 100
REPORTS_A_TURN: Final = 32
"""What a turn may cost others, about 30 ms: an incident is read in 0.1 ms, a report ruled on and told in 1 ms. An
incident is looked at as a whole, so with the last one it may be more."""


@dataclass(slots=True)
class CatchingUp:
    """Takes turns, one a batch and partition."""

    shelf: Shelf
    open_in: Callable[[int, str], OpenIncidents]
    store: Callable[[Work, Event, Incident], None]
    """Writes an incident to its table, its topic and the index."""
    _next: dict[int, Output | None] = field(default_factory=dict)
    """By partition, what follows the turn that was taken in this batch; the others stay in line before it."""
    _quiet: set[int] = field(default_factory=set)
    """Partitions in which no request waits for its first turn."""

    def forget(self) -> None:
        """Lets go of what may be another worker's by now; the next tick of a partition finds what waits there."""
        self._quiet.clear()

    def is_waiting(self, partition: int) -> bool:
        """Whether a tick is wanted there."""
        return partition not in self._quiet

    def hear(self, work: Work, event: Event, turn: AcceptedCatchUp) -> None:
        """A new request, or the next turn of one; a second turn in a batch goes to the end of the line.

        In its place among the reports: it makes revisions, and a replay may come in other batches.
        """
        if turn.step == 0:
            self._begin(work, event, turn)
        elif self._was_had(work, event, turn):
            pass
        elif event.partition in self._next:
            work.draft.outputs.append(_out(turn))
        else:
            self._next[event.partition] = self._take(work, event, turn)

    def pass_on(self, work: Work) -> None:
        """Ends a batch: what follows its turns, behind those that had none."""
        work.draft.outputs.extend(output for output in self._next.values() if output is not None)
        self._next.clear()

    def tick(self, work: Work, event: Event, tick: Tick) -> None:
        """Has those begin that have waited long enough."""
        if event.partition in self._quiet:
            return
        self._quiet.add(event.partition)
        for agency in work.registry.agencies:
            turn = self.shelf.turn(work.draft, event, agency)
            if turn is None or turn.step > 0:
                continue
            if turn.accepted_at + SETTLING <= tick.at:
                self.shelf.keep_turn(work.draft, event, turn.model_copy(update={"step": 1}))
                work.draft.outputs.append(_out(turn.model_copy(update={"step": 2})))
            else:
                self._quiet.discard(event.partition)

    def _begin(self, work: Work, event: Event, turn: AcceptedCatchUp) -> None:
        before = self.shelf.turn(work.draft, event, turn.catch_up.agency)
        if before is not None and before.catch_up == turn.catch_up:
            return  # read again after a crash
        if before is not None and turn.accepted_at < before.accepted_at + BETWEEN:
            why = "You asked for what is open less than a minute ago: wait for the answer, then ask again."
            self._refuse(work, event, turn.catch_up, Rejection(RejectReason.SETTLED, why))
            return
        self.shelf.keep_turn(work.draft, event, turn)
        self._quiet.discard(event.partition)

    def _was_had(self, work: Work, event: Event, turn: AcceptedCatchUp) -> bool:
        """Whether this turn was had before a crash, or a newer request has taken its place."""
        last = self.shelf.turn(work.draft, event, turn.catch_up.agency)
        if last is None or last.accepted_at < turn.accepted_at:
            return False
        if last.catch_up == turn.catch_up:
            return last.step >= turn.step
        work.draft.outputs.extend(_answer(turn, "A newer request of yours has taken its place.", work.now))
        return True

    def _take(self, work: Work, event: Event, turn: AcceptedCatchUp) -> Output | None:
        """What follows the turn, if anything does."""
        try:
            done = self._took(work, event, turn)
        except Exception as error:  # noqa: BLE001 - a request that breaks a step is put aside, its neighbours pass
            self._refuse(work, event, turn.catch_up, work.poison.failed(error))
            done = None
        self.shelf.keep_turn(work.draft, event, turn)
        return _out(done) if done is not None else None

    def _took(self, work: Work, event: Event, turn: AcceptedCatchUp) -> AcceptedCatchUp | None:
        """The next turn, or nothing after the last one."""
        asked, registry = turn.catch_up, work.registry
        only = registry.subscriptions.get(asked.subscription_id) if asked.subscription_id is not None else None
        if asked.subscription_id is not None and (only is None or only.agency != asked.agency):
            why = "This agency has no such subscription."
            self._refuse(work, event, asked, Rejection(RejectReason.NOT_YOURS, why, "subscription_id"))
            return None
        if not registry.knows(asked.agency):
            return None
        turn, is_through = self._looked(work, event, turn, only)
        if not is_through:
            return turn
        zone = ZONES.index(turn.zone) + 1
        if zone < len(ZONES):
            return turn.model_copy(update={"zone": ZONES[zone], "after": None})
        work.draft.outputs.extend(_answer(turn, _told(turn), work.now))
        return None

    def _looked(
        self, work: Work, event: Event, turn: AcceptedCatchUp, only: Subscription | None
    ) -> tuple[AcceptedCatchUp, bool]:
        """The request after this turn, and whether the zone is through with it."""
        asker = Asker(turn.catch_up.agency, only, work.registry, work.now)
        index = self.open_in(event.partition, turn.zone)
        names = index.heard_since(turn.catch_up.since, turn.after, INCIDENTS_A_TURN)
        at, looked_at, sent, of, textless = turn.after, 0, turn.sent, turn.incidents, turn.textless
        for name in names:
            at, incident = name, self.shelf.incident(work.draft, event, name)
            if incident is None or incident.zone != turn.zone:
                continue  # a guest: its own zone tells of it
            found = missed(incident, asker, partial(self.shelf.text, work.draft, event))
            if found.incident is not incident:
                self.store(work, event, found.incident)
            work.draft.outputs.extend(found.outputs)
            for ruling in found.rulings:
                work.tally["alert", ruling.agency, ruling.rule] += 1
            looked_at, sent, textless = (
                looked_at + found.looked_at,
                sent + len(found.rulings),
                textless + found.textless,
            )
            of += bool(found.rulings)
            if looked_at >= REPORTS_A_TURN:
                break
        through = len(names) < INCIDENTS_A_TURN and (not names or at == names[-1])
        changes = {"step": turn.step + 1, "after": at, "sent": sent, "incidents": of, "textless": textless}
        return turn.model_copy(update=changes), through

    def _refuse(self, work: Work, event: Event, asked: CatchUp, rejection: Rejection) -> None:
        arrival = replace(arrival_of(event), topic=topics.control_topic(asked.agency))
        work.refuse(event, arrival, replace(rejection, request_id=catch_up_id(asked)))


def _out(turn: AcceptedCatchUp) -> Output:
    return Output(topics.ACCEPTED, turn.zone.encode(), encode(turn))


def _told(turn: AcceptedCatchUp) -> str:
    since = f"{turn.catch_up.since:%Y-%m-%d %H:%M} UTC"
    sentence = (
        f"Of what is open and was heard of since {since} you have all that the rules send you; nothing was missing."
    )
    if turn.sent:
        sentence = f"Alerts sent to you: {turn.sent:,}, on {turn.incidents:,} open incidents heard of since {since}."
    return sentence


def _answer(turn: AcceptedCatchUp, sentence: str, now: datetime) -> list[Output]:
    """The receipt that says what came of the request, and the audit record."""
    asked, name = turn.catch_up, catch_up_id(turn.catch_up)
    receipt = Receipt(
        receipt_id=ids.receipt_id(name, ReceiptOutcome.CONTROL_DONE, asked.at.isoformat()),
        agency=asked.agency,
        at=now,
        outcome=ReceiptOutcome.CONTROL_DONE,
        request_id=name,
        sentence=sentence,
    )
    note = f"{sentence} Reports that could not be judged, for their text is gone: {turn.textless:,}."
    record = AuditRecord(
        audit_id=ids.audit_id(name, AuditEvent.CAUGHT_UP),
        at=now,
        event=AuditEvent.CAUGHT_UP,
        agency=asked.agency,
        note=note,
    )
    return [receipt_out(receipt, name), audit_out(record, name)]
