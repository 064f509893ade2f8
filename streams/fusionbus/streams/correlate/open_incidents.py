"""The open incidents of one partition, as features with an index over them; rebuilt from incidents after a restart."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from fusionbus.contract.incident import Incident, Member
from fusionbus.contract.vocabulary import Status
from fusionbus.streams.correlate.families import kind_family
from fusionbus.streams.correlate.frequencies import Frequencies
from fusionbus.streams.correlate.told import DAY_S, Told, told_of


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the search."""

    window_days: float = 7.0
    """An incident closes this long after its last report. Source: every pair of reports on one attack in the measured
    sources lies within seven days, 99 % within four."""
    candidates_max: int = 10
    """Incidents scored in full for one report: from 8 to 24 pairwise F1 on simulated traffic moved by 0.003."""
    postings_max: int = 240
    """Index entries read for one report, rarest key first: bounds the cost however many incidents are open."""
    key_postings_max: int = 48
    """Index entries read of one key, newest first: of a common word only recent reports are worth a look."""
    all_below: int = 12
    """With fewer open incidents than this all are scored, no index read."""


class Open:
    """One open incident."""

    __slots__ = ("alive", "incident_id", "latest_s", "revision", "told")

    def __init__(self, incident_id: str) -> None:
        self.incident_id = incident_id
        self.told: list[Told] = []
        self.latest_s = 0.0
        self.revision = 0
        self.alive = True


class Block:
    """Incidents that may meet: one status, one family of kinds. Traffic of another block is never looked at."""

    __slots__ = ("dead", "open", "postings")

    def __init__(self) -> None:
        self.open: dict[str, Open] = {}
        self.postings: dict[str, list[Open]] = {}
        self.dead = 0

    def add(self, key: str, incident: Open) -> None:
        """Finds the incident under this key from now on."""
        held = self.postings.get(key)
        if held is None:
            self.postings[key] = [incident]
        elif held[-1] is not incident:
            held.append(incident)

    def sweep(self) -> None:
        """Drops index entries of gone incidents, once they are as many as the open ones."""
        if self.dead <= max(1_000, len(self.open)):
            return
        kept = {key: [i for i in held if i.alive] for key, held in self.postings.items()}
        self.postings = {key: held for key, held in kept.items() if held}
        self.dead = 0


class OpenIncidents:
    """The incidents that a report may still belong to."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.frequencies = Frequencies()
        self._blocks: dict[tuple[Status, str], Block] = {}
        self._block_of: dict[str, Block] = {}
        self._of_report: dict[str, Open] = {}
        self._by_age: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._block_of)

    def incident_of(self, report_id: str) -> str | None:
        """The open incident that holds this report."""
        found = self._of_report.get(report_id)
        return None if found is None else found.incident_id

    def put(self, incident: Incident) -> None:
        """Adds an incident, or brings it up to date; a closed one goes."""
        if incident.closed or not incident.members:
            self.remove(incident.incident_id)
            return
        block = self._block(incident)
        held = block.open.get(incident.incident_id)
        if held is not None and not _goes_on(held.told, incident.members):
            self._drop(block, held)
            known = {told.report_id for told in held.told}
            held = None
        else:
            known = set()
        if held is None:
            held = block.open[incident.incident_id] = Open(incident.incident_id)
            self._block_of[incident.incident_id] = block
        self._take(block, held, incident.members, known)
        held.latest_s = incident.updated_at.timestamp()
        held.revision = incident.revision
        heapq.heappush(self._by_age, (held.latest_s, held.incident_id))

    def remove(self, incident_id: str) -> None:
        """Forgets an incident, if it is here."""
        block = self._block_of.get(incident_id)
        if block is not None:
            self._drop(block, block.open[incident_id])
            block.sweep()

    def expire(self, now: datetime) -> list[str]:
        """The incidents whose last report is further back than the window, oldest first; they are gone."""
        before_s = now.timestamp() - self.limits.window_days * DAY_S
        gone = []
        while self._by_age and self._by_age[0][0] < before_s:
            latest_s, incident_id = heapq.heappop(self._by_age)
            block = self._block_of.get(incident_id)
            if block is not None and block.open[incident_id].latest_s == latest_s:
                gone.append(incident_id)
                self.remove(incident_id)
        return gone

    def holding(self, report_id: str) -> Open | None:
        """The open incident that holds this report, with its features."""
        return self._of_report.get(report_id)

    def block(self, status: Status, family: str) -> Block | None:
        """The incidents of this status and family of kinds."""
        return self._blocks.get((status, family))

    def _block(self, incident: Incident) -> Block:
        key = (incident.status, kind_family(incident.members[0].kind))
        block = self._blocks.get(key)
        if block is None:
            block = self._blocks[key] = Block()
        return block

    def _take(self, block: Block, held: Open, members: Iterable[Member], known: set[str]) -> None:
        for member in islice(members, len(held.told), None):
            told = told_of(member)
            held.told.append(told)
            self._of_report[told.report_id] = held
            if told.report_id not in known:
                self.frequencies.count(counted(told))
            if not told.withdrawn:
                for key in keys(told):
                    block.add(key, held)

    def _drop(self, block: Block, held: Open) -> None:
        held.alive = False
        block.dead += 1
        del block.open[held.incident_id]
        del self._block_of[held.incident_id]
        for told in held.told:
            if self._of_report.get(told.report_id) is held:
                del self._of_report[told.report_id]


def _goes_on(told: list[Told], members: tuple[Member, ...]) -> bool:
    """Whether the members begin with exactly what was told, so that only the rest is new."""
    if len(members) < len(told):
        return False
    return all(
        one.report_id == member.report_id and one.revision == member.revision and one.withdrawn == member.withdrawn
        for one, member in zip(told, members, strict=False)
    )


def counted(told: Told) -> Iterator[str]:
    """What of a report is counted to know how rare it is."""
    yield from told.terms
    where = told.where
    if where is not None and (name := where.district or where.name) is not None:
        yield "in:" + name
    if told.actor is not None:
        yield "actor:" + told.actor
    for person in told.persons:
        yield from person.names


def keys(told: Told) -> Iterator[str]:
    """What a report is found by."""
    yield from counted(told)
    yield from told.tokens
    if told.source is not None:
        yield told.source
    where = told.where
    if where is not None and where.name is not None and where.district is not None:
        yield "in:" + where.name
    if where is not None and where.district is not None and told.family is not None:
        yield f"act:{told.family} {where.district}"
    if told.killed is not None and told.killed[0] > 1:
        yield f"killed:{told.killed[0]}"
    if told.injured is not None and told.injured[0] > 1:
        yield f"injured:{told.injured[0]}"
