"""Incidents of other zones as far as their reports were shown here: found like a zone's own, and kept elsewhere."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from operator import attrgetter
from sys import intern
from typing import Final, NamedTuple

from fusionbus.contract import codec
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.crossing import Probe
from fusionbus.contract.incident import Incident
from fusionbus.contract.vocabulary import Credibility
from fusionbus.streams.correlate import OpenIncidents
from fusionbus.streams.engine import Draft, Event, Paged
from fusionbus.streams.keeping import WHOLE
from fusionbus.streams.shelf import GUEST

_Read = Callable[[bytes], bytes | None]
_ACCEPTED_AT: Final = re.compile(rb'"accepted_at":"([^"]+)"')


class Shown(NamedTuple):
    """What is held of a guest: its reports lie in the table, for decoded they would take a worker's memory."""

    home: str
    reports: tuple[str, ...]


@dataclass(slots=True)
class Guests:
    """The guests of the partitions this worker owns, by partition and zone; a row of the table for each report."""

    table: Paged
    _held: dict[tuple[int, str], dict[str, Shown]] = field(default_factory=dict)

    def clear(self) -> None:
        """Forgets what may be another worker's by now."""
        self._held.clear()

    def read(self, partition: int, key: bytes, value: bytes, zones: dict[str, OpenIncidents]) -> None:
        """Takes in a row of a partition's table, if it is a guest's, and shows it in the index of its zone."""
        if key.startswith(GUEST):
            probe = _decoded(value)
            index = zones.setdefault(probe.zone, OpenIncidents())
            self._show(partition, probe, index, partial(self.table.read, partition))

    def home_of(self, partition: int, zone: str, incident_id: str) -> str | None:
        """Where the incident is kept, if it is a guest here."""
        shown = self._shown(partition, zone, incident_id)
        return None if shown is None else shown.home

    def of(self, draft: Draft, event: Event, zone: str, incident_id: str) -> Incident | None:
        """The incident of another zone, as far as it is shown in this one."""
        shown = self._shown(event.partition, zone, incident_id)
        if shown is None:
            return None
        probes = _probes(zone, shown.reports, incident_id, partial(draft.read, self.table, event))
        return _guest(probes) if probes else None

    def count(self) -> int:
        """How many incidents are guests somewhere here."""
        return sum(map(len, self._held.values()))

    def take(self, draft: Draft, event: Event, probe: Probe, index: OpenIncidents) -> None:
        """Shows a neighbour's report here, or shows it no more."""
        draft.mark(self.table, event, _key(probe.zone, probe.member.report_id), None if probe.gone else event.value)
        read = partial(draft.read, self.table, event)
        shown_as = index.incident_of(probe.member.report_id)
        if shown_as is not None and (probe.gone or shown_as != probe.incident_id):
            self._without(event.partition, probe, shown_as, index, read)
        if not probe.gone:
            self._show(event.partition, probe, index, read)

    def let_go(self, draft: Draft, event: Event, zone: str, incident_id: str) -> bool:
        """Deletes a guest that is over or comes to stay, if it is one; the index has let go of it, or is about to."""
        shown = self._held.get((event.partition, zone), {}).pop(incident_id, None)
        for report_id in shown.reports if shown is not None else ():
            draft.mark(self.table, event, _key(zone, report_id), None)
        return shown is not None

    def _shown(self, partition: int, zone: str, incident_id: str) -> Shown | None:
        return self._held.get((partition, zone), {}).get(incident_id)

    def _show(self, partition: int, probe: Probe, index: OpenIncidents, read: _Read) -> None:
        held = self._held.setdefault((partition, probe.zone), {})
        before = held.get(probe.incident_id)
        others = [name for name in before.reports if name != probe.member.report_id] if before is not None else []
        probes = sorted([*_probes(probe.zone, others, probe.incident_id, read), probe], key=_in_order)
        reports = tuple([each.member.report_id for each in probes])
        held[probe.incident_id] = Shown(intern(probe.home), reports)
        index.put(_guest(probes))

    def _without(self, partition: int, probe: Probe, incident_id: str, index: OpenIncidents, read: _Read) -> None:
        """Takes a report from the guest it was shown in; of a zone's own incident nothing is taken."""
        held = self._held.get((partition, probe.zone), {})
        shown = held.get(incident_id)
        if shown is None:
            return
        rest = tuple(name for name in shown.reports if name != probe.member.report_id)
        probes = _probes(probe.zone, rest, incident_id, read)
        if probes:
            held[incident_id] = shown._replace(reports=rest)
            index.put(_guest(probes))
        else:
            del held[incident_id]
            index.remove(incident_id)


def is_over(value: bytes, now: datetime) -> bool:
    """Whether a guest's row is older than what reports said is kept; no more than its bytes are read."""
    shown = _ACCEPTED_AT.search(value)
    return shown is not None and shown[1][:19] < (now - WHOLE).isoformat()[:19].encode()


def _probes(zone: str, reports: Iterable[str], incident_id: str, read: _Read) -> list[Probe]:
    """What is shown of these reports of an incident, in the order of their time."""
    rows = [row for name in reports if (row := read(_key(zone, name))) is not None]
    return sorted([each for each in map(_decoded, rows) if each.incident_id == incident_id], key=_in_order)


def _in_order(probe: Probe) -> tuple[datetime, str]:
    return probe.member.reported_at, probe.member.report_id


def _guest(probes: Sequence[Probe]) -> Incident:
    """The incident as far as it is shown; where it is and whether it is an exercise, by the newest word."""
    latest = max(probes, key=attrgetter("accepted_at"))
    return Incident(
        incident_id=latest.incident_id,
        zone=latest.home,
        status=latest.status,
        revision=1,
        opened_at=latest.opened_at,
        updated_at=latest.accepted_at,
        claim=probes[0].member.claim,
        credibility=Credibility.CANNOT_BE_JUDGED,
        independent_origins=1,
        members=tuple([each.member for each in probes]),
    )


def _key(zone: str, report_id: str) -> bytes:
    return GUEST + f"{zone}:{report_id}".encode()


def _decoded(value: bytes) -> Probe:
    probe = codec.decode(Probe, value)
    if isinstance(probe, Undecodable):
        raise AssertionError(f"a stored probe cannot be read: {probe.sentence}")  # noqa: TRY004 - our bug
    return probe
