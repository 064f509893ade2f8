"""The open incidents of one partition, as features with an index over them; rebuilt from incidents after a restart.

What it answers depends on the open incidents alone, never on what was open before or on the order they came in: a
worker that reads on after a crash decides as it would have without.
"""

import heapq
from bisect import insort
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from operator import attrgetter

from fusionbus.contract.incident import Claim, Incident, Member
from fusionbus.contract.vocabulary import Status
from fusionbus.streams.correlate.families import kind_family
from fusionbus.streams.correlate.frequencies import Frequencies
from fusionbus.streams.correlate.told import DAY_S, Open, Told, compared_of, told_of

_IN_ORDER = attrgetter("reported_s", "report_id")
_GONE_MAX = 4
"""Index entries to one that stands from which a key's list is cleaned when it is read, before the sweep."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the search."""

    window_days: float = 7.0
    """An incident closes this long after its last report. Source: every pair of reports on one attack in the measured
    sources lies within seven days, 99 % within four."""
    candidates_max: int = 6
    """Incidents scored in full for one report: from 6 to 10 pairwise F1 on simulated traffic moved by 0.001."""
    postings_max: int = 80
    """Index entries read for one report, rarest key first: bounds the cost however many incidents are open. From 60 to
    240 pairwise F1 on simulated traffic moved by 0.001."""
    key_postings_max: int = 24
    """Index entries read of one key, newest first: of a common word only recent reports are worth a look."""
    all_below: int = 12
    """With fewer open incidents than this all are scored, no index read."""


class Block:
    """Incidents that may meet: one status, one family of kinds. Traffic of another block is never looked at."""

    __slots__ = ("dead", "frequencies", "open", "postings")

    def __init__(self) -> None:
        self.open: dict[str, Open] = {}
        self.frequencies = Frequencies()
        self.postings: dict[str, list[Told]] = {}
        """The reports under each key, in the order of their time; what is gone stays until the next sweep."""
        self.dead = 0

    def add(self, told: Told) -> None:
        """Finds the report under its keys from now on."""
        self.frequencies.count(told.keys)
        postings, reported_s = self.postings, told.reported_s
        for key in told.keys:
            if key not in postings:
                postings[key] = [told]
            elif (held := postings[key])[-1].reported_s < reported_s:
                held.append(told)
            else:
                insort(held, told, key=_IN_ORDER)

    def drop(self, told: Told) -> None:
        """Finds the report no more."""
        self.frequencies.uncount(told.keys)
        told.open, told.keys = None, ()
        self.dead += 1

    def newest(self, key: str, count: int) -> list[Open]:
        """The incidents of the newest reports under this key, one for each of as many reports, the oldest first."""
        held = self.postings[key]
        found = [told.open for told in held[-count:] if told.open is not None]
        alive = self.frequencies.of(key)
        if len(found) == min(count, alive):
            return found
        # Some of the newest are gone: revised, withdrawn, or the key grows rare.
        if len(held) > _GONE_MAX * alive:
            held[:] = [told for told in held if told.open is not None]
        standing = (told.open for told in reversed(held) if told.open is not None)
        return list(islice(standing, count))[::-1]

    def sweep(self) -> None:
        """Drops index entries of gone reports, once they are as many as the open ones."""
        if self.dead <= max(1_000, len(self.frequencies)):
            return
        kept = {key: [told for told in held if told.open is not None] for key, held in self.postings.items()}
        self.postings = {key: held for key, held in kept.items() if held}
        self.dead = 0


class OpenIncidents:
    """The incidents that a report may still belong to."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._blocks: dict[tuple[Status, str], Block] = {}
        self._block_of: dict[str, Block] = {}
        self._of_report: dict[str, Open] = {}
        self._by_age: list[tuple[float, str]] = []
        self._decided: tuple[Claim, Told] | None = None

    def __len__(self) -> int:
        return len(self._block_of)

    def incident_of(self, report_id: str) -> str | None:
        """The open incident that holds this report."""
        found = self._of_report.get(report_id)
        return None if found is None else found.incident_id

    def put(self, incident: Incident) -> None:
        """Adds an incident, or brings it up to date, member by member; a closed one goes."""
        if incident.closed or not incident.members:
            self.remove(incident.incident_id)
            return
        block = self._block(incident)
        held = block.open.get(incident.incident_id)
        if held is None:
            held = block.open[incident.incident_id] = Open(incident.incident_id)
            self._block_of[incident.incident_id] = block
        self._take(block, held, incident.members)
        held.compared = compared_of(held.told)
        held.latest_s = incident.updated_at.timestamp()
        held.revision = incident.revision
        heapq.heappush(self._by_age, (held.latest_s, held.incident_id))

    def remove(self, incident_id: str) -> None:
        """Forgets an incident, if it is here."""
        block = self._block_of.pop(incident_id, None)
        if block is not None:
            held = block.open.pop(incident_id)
            self._forget(block, held, held.told)
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

    def heard_since(self, at: datetime, after: str | None, count: int) -> list[str]:
        """Incidents last changed since then, at most so many, in the order of their ids and after that one."""
        since_s = at.timestamp()
        found = (
            name
            for name, block in self._block_of.items()
            if (after is None or name > after) and block.open[name].latest_s >= since_s
        )
        return heapq.nsmallest(count, found)

    def holding(self, report_id: str) -> Open | None:
        """The open incident that holds this report, with its features."""
        return self._of_report.get(report_id)

    def block(self, status: Status, family: str) -> Block | None:
        """The incidents of this status and family of kinds."""
        return self._blocks.get((status, family))

    def blocks_of(self, status: Status) -> list[Block]:
        """The incidents of this status, by family of kinds."""
        return [block for (of, _), block in self._blocks.items() if of is status]

    def decided(self, claim: Claim, told: Told) -> None:
        """Keeps the features of the report just decided on: it will be put next, and need not be read again."""
        self._decided = claim, told

    def told_just_now(self, claim: Claim) -> Told | None:
        """The features of the report just decided on, if this is its claim."""
        return self._decided[1] if self._decided is not None and self._decided[0] is claim else None

    def _block(self, incident: Incident) -> Block:
        key = (incident.status, kind_family(incident.members[0].kind))
        block = self._blocks.get(key)
        if block is None:
            block = self._blocks[key] = Block()
        return block

    def _take(self, block: Block, held: Open, members: tuple[Member, ...]) -> None:
        """Reads the members that are new or changed, and only those."""
        before = held.told
        pairs = zip(before, members, strict=False)
        changed = [index for index, (told, member) in enumerate(pairs) if not _is(told, member)]
        changed += range(len(before), len(members))
        if len(changed) > len(members) - len(before):
            self._forget(block, held, [before[index] for index in changed if index < len(before)])
        if len(members) < len(before):
            self._forget(block, held, before[len(members) :])
            del before[len(members) :]
        for index in changed:
            told = self._told(members[index])
            before[index : index + 1] = [told]
            told.open = held
            self._of_report[told.report_id] = held
            if not told.withdrawn:
                block.add(told)

    def _told(self, member: Member) -> Told:
        decided, self._decided = self._decided, None
        if decided is not None:
            claim, told = decided
            if claim is member.claim and told.report_id == member.report_id and told.revision == member.revision:
                if member.origin != told.report_id:
                    told.origin = member.origin
                told.withdrawn = member.withdrawn
                return told
        return told_of(member)

    def _forget(self, block: Block, held: Open, gone: list[Told]) -> None:
        for told in gone:
            if self._of_report.get(told.report_id) is held:
                del self._of_report[told.report_id]
            if told.withdrawn:
                told.open = None
            else:
                block.drop(told)


def _is(told: Told, member: Member) -> bool:
    return (
        told.report_id == member.report_id and told.revision == member.revision and told.withdrawn == member.withdrawn
    )
