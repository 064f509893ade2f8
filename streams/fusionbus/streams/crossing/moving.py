"""How an incident comes to another zone: asked for, handed over whole, taken in, joined as by a person's decision."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from fusionbus.contract import ids, topics
from fusionbus.contract.codec import encode
from fusionbus.contract.crossing import Arrival, Carried, Coincidence, Offer
from fusionbus.contract.incident import Incident
from fusionbus.contract.records import AcceptedReport, RejectReason
from fusionbus.contract.report import REPORT_BYTES_MAX
from fusionbus.streams import observing, retell
from fusionbus.streams.crossing import probing, reconcile
from fusionbus.streams.crossing.comparing import compare
from fusionbus.streams.engine import Event
from fusionbus.streams.ingress import Work
from fusionbus.streams.judge import standing
from fusionbus.streams.judging import carry_out
from fusionbus.streams.shelf import Shelf
from fusionbus.streams.values import Rejection
from fusionbus.streams.zones import Zones

ARRIVAL_BYTES_MAX: Final = REPORT_BYTES_MAX
"""What may travel at once; larger incidents stay where they are, and a person is asked."""


@dataclass(slots=True)
class Mover:
    """Moves incidents between zones, whether or not they share a partition."""

    shelf: Shelf
    zones: Zones
    store: Callable[[Work, Event, Incident], None]
    """Writes an incident to its table, its topic and the index."""

    def offer(self, work: Work, event: Event, offer: Offer) -> None:
        """Hands over the incident asked for, if it is the younger; else asks for the other."""
        away = self.shelf.home_of(work.draft, event, offer.zone, offer.incident_id)
        if away is not None and away != offer.zone:
            left = self.shelf.incident(work.draft, event, offer.incident_id)
            if left is not None and left.zone == offer.zone:
                self._leave(work, event, left, away)  # a worker died after the signpost
            work.draft.send(topics.ACCEPTED, away.encode(), encode(offer.model_copy(update={"zone": away})))
            return
        look = partial(self.shelf.incident, work.draft, event)
        mine = standing(offer.incident_id, look)
        if mine is None:
            self._cannot(work, offer, f"Zone {offer.zone} has no incident {offer.incident_id}.")
            return
        into = standing(offer.into, look)
        if into is not None and into.zone == mine.zone:
            self._join(work, event, offer, None)  # the other has come here meanwhile, or they are one already
            return
        gone_to = self.shelf.home_of(work.draft, event, offer.home, offer.into) if offer.home == mine.zone else None
        if offer.home == mine.zone and gone_to is None:
            self._cannot(work, offer, f"Zone {offer.home} has no incident {offer.into}.")
            return
        offer = offer.model_copy(update={"home": gone_to or offer.home})
        back = reconcile.answer(offer, mine)
        if back is not None:
            work.draft.send(topics.ACCEPTED, back.zone.encode(), encode(back))
        else:
            self._hand_over(work, event, offer, mine)

    def _hand_over(self, work: Work, event: Event, offer: Offer, mine: Incident) -> None:
        others = {name for member in mine.members for name in member.told} - {mine.incident_id}
        held = [self.shelf.incident(work.draft, event, name) for name in sorted(others)]
        names = tuple(each for each in held if each is not None and each.merged_into is not None)
        arrival = Arrival(
            zone=offer.home,
            into=offer.into,
            incident=mine,
            names=names,
            verdict=offer.verdict,
            by_hub=offer.by_hub,
            accepted_at=offer.accepted_at,
        )
        value = encode(arrival)
        if mine.members_beyond or not mine.members or len(value) > ARRIVAL_BYTES_MAX:
            self._cannot(work, offer, f"Incident {mine.incident_id} is too large to move to zone {offer.home}.")
            return
        for member in mine.members:
            self._send_text(work, event, offer, member.report_id)
        work.draft.send(topics.ACCEPTED, offer.home.encode(), value)
        for each in (*names, mine):
            self._leave(work, event, each, offer.home)
        work.tally["crossed", "handed_over"] += 1

    def _send_text(self, work: Work, event: Event, offer: Offer, report_id: str) -> None:
        text = self.shelf.text(work.draft, event, report_id)
        if text is None:
            return
        carried = Carried(
            zone=offer.home,
            into=offer.into,
            report=text.report,
            published_at=text.published_at,
            accepted_at=text.accepted_at,
            controlled=self.shelf.body(work.draft, event, report_id) is not None,
        )
        work.draft.send(topics.ACCEPTED, offer.home.encode(), encode(carried))
        self.shelf.let_go_of_body(work.draft, event, report_id)

    def went_on(self, work: Work, event: Event, message: Arrival | Carried | Coincidence, name: str) -> bool:
        """Whether the incident of this name is in another zone today; the message goes there then."""
        home = self.shelf.home_of(work.draft, event, message.zone, name)
        if home is None or home == message.zone:
            return False
        work.draft.send(topics.ACCEPTED, home.encode(), encode(message.model_copy(update={"zone": home})))
        return True

    def carry(self, work: Work, event: Event, carried: Carried) -> None:
        """Keeps the text of a report whose incident comes behind it."""
        if self.went_on(work, event, carried, carried.into):
            return
        text = AcceptedReport(
            zone=carried.zone,
            accepted_at=carried.accepted_at,
            published_at=carried.published_at,
            report=carried.report,
        )
        self.shelf.keep_text(work.draft, event, text, controlled=carried.controlled)

    def _leave(self, work: Work, event: Event, incident: Incident, home: str) -> None:
        """Deletes an incident that goes to another zone, from its table and the index."""
        self.shelf.leave(work.draft, event, incident, home, work.now)
        self.zones.open_in(event.partition, incident.zone).remove(incident.incident_id)
        self.zones.waiting.note(event.partition, incident.model_copy(update={"awaited": {}, "sharing": None}))

    def _cannot(self, work: Work, offer: Offer, why: str) -> None:
        """A person is told why not; of the hub's own finding nothing is left but what it said of the pair before."""
        if not offer.by_hub:
            rejection = Rejection(RejectReason.CONTENT_CHANGED, why, "incidents")
            work.draft.outputs.extend(retell.refusal(offer.verdict, rejection, work.now))

    def arrive(self, work: Work, event: Event, arrival: Arrival) -> None:
        """Takes in an incident of another zone, once, and joins it to the one it came for."""
        gone = arrival.incident
        if self.went_on(work, event, arrival, arrival.into):
            return
        name = ids.move_id(gone.incident_id, gone.revision, gone.zone)
        if self.shelf.was_judged(work.draft, event, name):
            return
        self.zones.guests.let_go(work.draft, event, arrival.zone, gone.incident_id)
        self.zones.open_in(event.partition, arrival.zone).remove(gone.incident_id)
        for each in (gone, *arrival.names):
            self.shelf.come(work.draft, event, arrival.zone, each.incident_id)
        for tombstone in arrival.names:
            self.store(work, event, tombstone.model_copy(update={"zone": arrival.zone}))
        self._join(work, event, arrival, gone.model_copy(update={"zone": arrival.zone}))
        self.shelf.keep_judgement(work.draft, event, name)

    def _join(self, work: Work, event: Event, asked: Offer | Arrival, come: Incident | None) -> None:
        """Makes two incidents of this zone one, as if a person had said so; what cannot join stays by itself, here."""

        def look(name: str) -> Incident | None:
            here = self.shelf.incident(work.draft, event, name)
            return come if come is not None and name == come.incident_id else here

        mine = come.incident_id if come is not None else asked.incident_id if isinstance(asked, Offer) else ""
        verdict = asked.verdict.model_copy(update={"incidents": (mine, asked.into), "zone": asked.zone})
        done = carry_out(verdict, look, work.registry, work.now, by_hub=asked.by_hub)
        if done.home is not None and done.left is not None:
            self.store(work, event, done.home)
            self.shelf.move_reports(work.draft, event, done.moved, done.home.incident_id)
            self.store(work, event, done.left)
            here, moved = done.home, set(done.moved)
        elif come is not None:
            self.store(work, event, come)
            self.shelf.move_reports(work.draft, event, [m.report_id for m in come.members], come.incident_id)
            here, moved = come, set[str]()
        else:
            here, moved = None, set[str]()
        if here is not None:
            reports = moved | {member.report_id for member in (come.members if come is not None else ())}
            work.draft.outputs.extend(probing.moved(here, reports, work.now))
            work.draft.outputs.extend(observing.moved(here, reports))
            compare(work, event, self.zones, here, [m for m in here.members if m.report_id in reports])
        work.draft.outputs.extend(done.outputs)
        work.tally.update(done.tally)
