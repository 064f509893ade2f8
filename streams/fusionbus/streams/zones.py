"""The open incidents of the partitions a worker owns, zone by zone: a shadow of the table, thrown away each epoch."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from fusionbus.contract.incident import Incident
from fusionbus.streams.correlate import OpenIncidents
from fusionbus.streams.crossing.guests import Guests
from fusionbus.streams.engine import pages_of
from fusionbus.streams.shelf import Shelf, live
from fusionbus.streams.waiting import Waiting


@dataclass(slots=True)
class Zones:
    """By partition and zone: zones that happen to share a partition see no more of each other than others."""

    shelf: Shelf
    waiting: Waiting
    guests: Guests = field(init=False)
    _open: dict[int, dict[str, OpenIncidents]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.guests = Guests(self.shelf.table)

    def forget(self) -> None:
        """Lets go of what may be another worker's by now."""
        self._open.clear()
        self.guests.clear()
        self.waiting.clear()
        self.shelf.forget()

    def is_read(self, partition: int) -> bool:
        """Whether the partition's table was read in this epoch."""
        return partition in self._open

    def count(self) -> int:
        """Incidents open in the partitions that were read; guests are counted where they are kept."""
        return sum(len(index) for zones in self._open.values() for index in zones.values()) - self.guests.count()

    def open_in(self, partition: int, zone: str) -> OpenIncidents:
        """The open incidents of a zone."""
        zones = self.of(partition)
        held = zones.get(zone)
        if held is None:
            held = zones[zone] = OpenIncidents()
        return held

    def put(self, partition: int, incident: Incident) -> None:
        """Brings the index of the incident's zone up to date, and what is waited for."""
        index = self.open_in(partition, incident.zone)
        if incident.closed:
            index.remove(incident.incident_id)
        else:
            index.put(incident)
        self.waiting.note(partition, incident)

    def of(self, partition: int) -> dict[str, OpenIncidents]:
        """The indexes of a partition by zone."""
        for _ in self.reading(partition):
            pass
        return self._open[partition]

    def reading(self, partition: int) -> Iterator[None]:
        """Reads the indexes of a partition from its table, slice by slice, unless that was done in this epoch."""
        if partition in self._open:
            return
        zones: dict[str, OpenIncidents] = {}
        for rows in pages_of(self.shelf.table, partition):
            for key, value in rows:
                self.guests.read(partition, key, value, zones)
                incident = live(key, value)
                if incident is None:
                    continue
                if not incident.closed:
                    zones.setdefault(incident.zone, OpenIncidents()).put(incident)
                self.waiting.note(partition, incident)
            yield
        self._open[partition] = zones
