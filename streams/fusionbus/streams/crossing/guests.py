"""Incidents of other zones as far as their reports were shown here: found like a zone's own, and kept elsewhere."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from fusionbus.contract import codec
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.crossing import Probe
from fusionbus.contract.incident import Incident, Member
from fusionbus.contract.vocabulary import Credibility
from fusionbus.streams.correlate import OpenIncidents
from fusionbus.streams.engine import Draft, Event, Paged
from fusionbus.streams.keeping import WHOLE
from fusionbus.streams.shelf import GUEST

_ACCEPTED_AT: Final = re.compile(rb'"accepted_at":"([^"]+)"')


@dataclass(slots=True)
class Guests:
    """The guests of the partitions this worker owns, by partition and zone; a row of the table for each report."""

    table: Paged
    _held: dict[tuple[int, str], dict[str, Incident]] = field(default_factory=dict)

    def clear(self) -> None:
        """Forgets what may be another worker's by now."""
        self._held.clear()

    def read(self, partition: int, key: bytes, value: bytes) -> None:
        """Takes in a row of a partition's table, if it is a guest's."""
        if key.startswith(GUEST):
            self._take(partition, _decoded(value))

    def shown_in(self, partition: int) -> Iterator[tuple[str, Incident]]:
        """The guests of a partition, each with the zone that it is shown in."""
        for (where, zone), held in self._held.items():
            if where == partition:
                yield from ((zone, guest) for guest in held.values())

    def home_of(self, partition: int, zone: str, incident_id: str) -> str | None:
        """Where the incident is kept, if it is a guest here."""
        guest = self.of(partition, zone, incident_id)
        return None if guest is None else guest.zone

    def of(self, partition: int, zone: str, incident_id: str) -> Incident | None:
        """The incident of another zone, as far as it is shown in this one."""
        return self._held.get((partition, zone), {}).get(incident_id)

    def count(self) -> int:
        """How many incidents are guests somewhere here."""
        return sum(map(len, self._held.values()))

    def take(self, draft: Draft, event: Event, probe: Probe, index: OpenIncidents) -> None:
        """Shows a neighbour's report here, or shows it no more."""
        draft.mark(self.table, event, _key(probe.zone, probe.member.report_id), None if probe.gone else event.value)
        shown_as = index.incident_of(probe.member.report_id)
        guest = self.of(event.partition, probe.zone, shown_as or "")
        if guest is not None and (probe.gone or guest.incident_id != probe.incident_id):
            self._without(event.partition, probe.zone, guest, probe.member.report_id, index)
        if not probe.gone:
            index.put(self._take(event.partition, probe))

    def let_go(self, draft: Draft, event: Event, zone: str, incident_id: str) -> bool:
        """Deletes a guest that is over or comes to stay, if it is one; the index has let go of it, or is about to."""
        guest = self._held.get((event.partition, zone), {}).pop(incident_id, None)
        for member in guest.members if guest is not None else ():
            draft.mark(self.table, event, _key(zone, member.report_id), None)
        return guest is not None

    def _take(self, partition: int, probe: Probe) -> Incident:
        held = self._held.setdefault((partition, probe.zone), {})
        before = held.get(probe.incident_id)
        others = [m for m in before.members if m.report_id != probe.member.report_id] if before is not None else []
        members = tuple(sorted([*others, probe.member], key=lambda each: (each.reported_at, each.report_id)))
        guest = held[probe.incident_id] = _guest(probe, members, before)
        return guest

    def _without(self, partition: int, zone: str, guest: Incident, report_id: str, index: OpenIncidents) -> None:
        rest = tuple(member for member in guest.members if member.report_id != report_id)
        held = self._held[partition, zone]
        if rest:
            held[guest.incident_id] = guest.model_copy(update={"members": rest})
            index.put(held[guest.incident_id])
        else:
            del held[guest.incident_id]
            index.remove(guest.incident_id)


def is_over(value: bytes, now: datetime) -> bool:
    """Whether a guest's row is older than what reports said is kept; no more than its bytes are read."""
    shown = _ACCEPTED_AT.search(value)
    return shown is not None and shown[1][:19] < (now - WHOLE).isoformat()[:19].encode()


def _guest(probe: Probe, members: tuple[Member, ...], before: Incident | None) -> Incident:
    return Incident(
        incident_id=probe.incident_id,
        zone=probe.home,
        status=probe.status,
        revision=1,
        opened_at=probe.opened_at,
        updated_at=probe.accepted_at if before is None else max(before.updated_at, probe.accepted_at),
        claim=members[0].claim,
        credibility=Credibility.CANNOT_BE_JUDGED,
        independent_origins=1,
        members=members,
    )


def _key(zone: str, report_id: str) -> bytes:
    return GUEST + f"{zone}:{report_id}".encode()


def _decoded(value: bytes) -> Probe:
    probe = codec.decode(Probe, value)
    if isinstance(probe, Undecodable):
        raise AssertionError(f"a stored probe cannot be read: {probe.sentence}")  # noqa: TRY004 - our bug
    return probe
