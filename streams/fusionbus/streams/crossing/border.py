"""The part of the second hop that deals with other zones: what is shown, what met, what leaves and what arrives."""

from dataclasses import dataclass
from functools import partial
from typing import assert_never

from fusionbus.contract import ids, topics
from fusionbus.contract.codec import encode
from fusionbus.contract.control import Split
from fusionbus.contract.crossing import Arrival, Carried, Coincidence, Meeting, Offer, Probe
from fusionbus.contract.incident import Incident, Reason
from fusionbus.contract.records import (
    AcceptedAcknowledgement,
    AcceptedControl,
    AcceptedJudgement,
    AcceptedOrder,
    AcceptedReport,
    AuditEvent,
)
from fusionbus.streams import retell
from fusionbus.streams.correlate import OpenIncidents, correlate, correlate_member
from fusionbus.streams.correlate.meetings import meetings_of_member
from fusionbus.streams.crossing import reconcile
from fusionbus.streams.crossing.coinciding import coincide, told
from fusionbus.streams.crossing.comparing import MEET_MIN, met
from fusionbus.streams.crossing.moving import Mover
from fusionbus.streams.deconflict import Pointing
from fusionbus.streams.engine import Event
from fusionbus.streams.incidents import member_of
from fusionbus.streams.ingress import Work, arrival_of
from fusionbus.streams.judge import Judged, standing
from fusionbus.streams.shelf import Shelf
from fusionbus.streams.tell import doubtful
from fusionbus.streams.values import Candidate, Enriched, Fresh, Joined, Match
from fusionbus.streams.zones import Zones

Crossing = Probe | Meeting | Offer | Arrival | Carried | Coincidence
Followed = AcceptedAcknowledgement | AcceptedControl | AcceptedJudgement | AcceptedOrder


@dataclass(slots=True)
class Border:
    """What crosses between zones, whether or not they share a partition."""

    shelf: Shelf
    zones: Zones
    mover: Mover

    def take(self, work: Work, event: Event, message: Crossing) -> None:
        """What another zone, or the reconciler, has to say."""
        self.zones.of(event.partition)
        try:
            self._take(work, event, message)
        except Exception as error:  # noqa: BLE001 - a message that breaks a step is put aside, its neighbours pass
            work.refuse(event, arrival_of(event), work.poison.failed(error))

    def _take(self, work: Work, event: Event, message: Crossing) -> None:
        match message:
            case Probe():
                self._probe(work, event, message)
            case Meeting():
                self._meet(work, event, message)
            case Offer():
                self.mover.offer(work, event, message)
            case Arrival():
                self.mover.arrive(work, event, message)
            case Carried():
                self.mover.carry(work, event, message)
            case Coincidence():
                self._coincided(work, event, message)
            case _:
                assert_never(message)

    def match(self, work: Work, event: Event, enriched: Enriched, accepted: AcceptedReport) -> Match | None:
        """Where a new report belongs; None if it was passed on to the zone that keeps its incident."""
        match = correlate(enriched, self.zones.open_in(event.partition, accepted.zone), work.now)
        if not isinstance(match, Joined):
            return match
        home = self._home_of(event, accepted.zone, match.incident_id)
        for name in match.also:
            met(work, (match.incident_id, name), (home, self._home_of(event, accepted.zone, name)), match.reasons)
        if home == accepted.zone:
            return match
        if match.probability < MEET_MIN:
            return Fresh((Candidate(match.incident_id, match.probability, _unnamed(match.reasons)),))
        if accepted.passed_by is not None:
            # What it was passed on for has gone on as well: never passed on twice, it opens an incident that follows.
            mine = ids.incident_id(enriched.zone, enriched.report.report_id)
            met(work, (mine, match.incident_id), (enriched.zone, home), match.reasons)
            return Fresh()
        self._pass_on(work, event, accepted, home)
        return None

    def _home_of(self, event: Event, zone: str, incident_id: str) -> str:
        """Where an incident of this zone's index is kept."""
        return self.zones.guests.home_of(event.partition, zone, incident_id) or zone

    def look(self, work: Work, event: Event, zone: str, incident_id: str) -> Incident | None:
        """An incident in a zone's index: one that is shown there, or its own."""
        guest = self.zones.guests.of(work.draft, event, zone, incident_id)
        return guest or self.shelf.incident(work.draft, event, incident_id)

    def follow(self, work: Work, event: Event, accepted: AcceptedReport, name: str | None) -> bool:
        """Whether a report that is known under this name went on to the zone it is in today."""
        home = None if name is None else self.shelf.home_of(work.draft, event, accepted.zone, name)
        if home is None or home == accepted.zone:
            return False
        self._pass_on(work, event, accepted, home)
        return True

    def forward(self, work: Work, event: Event, accepted: Followed) -> bool:
        """Whether what is said of an incident or report went on to the zone where that is today."""
        for name in self._names_in(work, event, accepted):
            home = self.shelf.home_of(work.draft, event, accepted.zone, name)
            if home is not None and home != accepted.zone:
                on = accepted.model_copy(update={"zone": home})
                if isinstance(on, AcceptedJudgement):
                    on = on.model_copy(update={"judgement": on.judgement.model_copy(update={"zone": home})})
                work.draft.send(topics.ACCEPTED, home.encode(), encode(on))
                return True
        return False

    def _names_in(self, work: Work, event: Event, accepted: Followed) -> tuple[str, ...]:
        match accepted:
            case AcceptedAcknowledgement(acknowledgement=message):
                return (message.incident_id,)
            case AcceptedControl(control=control):
                return (control.incident_id,) if control.incident_id is not None else ()
            case AcceptedJudgement(judgement=judgement):
                return (judgement.incident_id,) if isinstance(judgement, Split) else judgement.incidents
            case AcceptedOrder(order=order):
                name, _ = self.shelf.report(work.draft, event, order.report_id)
                return (name,) if name is not None else ()
            case _:
                assert_never(accepted)

    def _pass_on(self, work: Work, event: Event, accepted: AcceptedReport, home: str) -> None:
        on = accepted.model_copy(update={"zone": home, "passed_by": accepted.passed_by or accepted.zone})
        work.draft.send(topics.ACCEPTED, home.encode(), encode(on))
        self.shelf.pass_on(work.draft, event, accepted.report.report_id, home, work.now)
        work.tally["crossed", "passed_on"] += 1

    def _probe(self, work: Work, event: Event, probe: Probe) -> None:
        """Shows the report here and sees whether an incident of this zone tells of the same."""
        work.tally["crossed", "probe"] += 1
        index = self.zones.open_in(event.partition, probe.zone)
        held = self.shelf.incident(work.draft, event, probe.incident_id)
        if held is not None and held.zone == probe.zone and not probe.gone:
            return  # it has come here in the meantime
        if not probe.gone:
            self._compare(work, event, probe, index)
        self.zones.guests.take(work.draft, event, probe, index)
        met = [] if probe.gone else meetings_of_member(probe.member, probe.status, index)
        guest = self.zones.guests.of(work.draft, event, probe.zone, probe.incident_id) if met else None
        if guest is not None:
            pointing = Pointing(guest, work.registry, work.now)
            self._point(work, event, coincide(probe, met, partial(self.look, work, event, probe.zone), pointing))

    def _coincided(self, work: Work, event: Event, message: Coincidence) -> None:
        """Another zone found what coincides with a report that is here, or was."""
        name, unlisted = self.shelf.report(work.draft, event, message.report_id)
        name = name or message.incident_id
        if self.mover.went_on(work, event, message, name):
            return
        held = standing(name, partial(self.shelf.incident, work.draft, event))
        if held is not None:
            theirs = member_of(held, message.report_id) or unlisted
            self._point(work, event, told(message, theirs, Pointing(held, work.registry, work.now)))

    def _point(self, work: Work, event: Event, pointed: Pointing) -> None:
        for incident in pointed.others.values():
            self.mover.store(work, event, incident)
        work.draft.outputs.extend(pointed.outputs)
        work.tally.update(pointed.tally)

    def _compare(self, work: Work, event: Event, probe: Probe, index: OpenIncidents) -> None:
        match = correlate_member(probe.member, probe.incident_id, probe.status, index)
        candidates = match.possible if isinstance(match, Fresh) else (match,)
        for found in candidates:
            held = self.shelf.incident(work.draft, event, found.incident_id)
            if held is None or held.zone != probe.zone:
                continue  # a guest like it: the two meet where one of them is kept
            if found.probability >= MEET_MIN:
                met(work, (held.incident_id, probe.incident_id), (probe.zone, probe.home), found.reasons)
            else:
                candidate = Candidate(probe.incident_id, found.probability, _unnamed(found.reasons))
                work.draft.outputs.append(doubtful("possible", held, candidate, probe.accepted_at))

    def _meet(self, work: Work, event: Event, meeting: Meeting) -> None:
        """The reconciler."""
        pair = reconcile.pair_of(meeting.verdict)
        done = reconcile.reconcile(meeting, self.shelf.pair(work.draft, event, pair))
        if done.known is not None:
            self.shelf.keep_pair(work.draft, event, pair, done.known)
        if done.offer is not None:
            work.draft.send(topics.ACCEPTED, done.offer.zone.encode(), encode(done.offer))
        if done.apart:
            verdict = meeting.verdict
            sentence = f"{' and '.join(verdict.incidents)} stay two incidents."
            judged = Judged(sentence, AuditEvent.PERSON_ACTION, verdict.incidents, same=False)
            work.draft.outputs.append(retell.link_of(judged, verdict, work.now))
            work.draft.outputs.extend(retell.receipts(judged, verdict, work.now))
            work.draft.outputs.extend(retell.audit_of(judged, verdict, (), work.now))


def _unnamed(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """The reasons without what the two reports say: links are kept longer than reports."""
    return tuple(each.model_copy(update={"said": each.said.partition(": ")[0]}) for each in reasons)
