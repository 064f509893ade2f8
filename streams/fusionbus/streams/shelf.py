"""How incidents and reports lie in the `fused` table: open and closed incidents, and each report's whereabouts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

from fusionbus.contract import codec, topics
from fusionbus.contract.base import Message
from fusionbus.contract.codec import Undecodable, encode
from fusionbus.contract.incident import Incident, Member
from fusionbus.contract.records import AcceptedCatchUp, AcceptedReport, AcceptedSighting
from fusionbus.contract.vocabulary import MsgType
from fusionbus.streams.engine import Draft, Event, Paged
from fusionbus.streams.incidents import member_of
from fusionbus.streams.sightings import sighted
from fusionbus.streams.values import Change

M = TypeVar("M", bound=Message)

INCIDENT_BYTES_MAX: Final = 524_288
"""Half of the broker's message limit: an incident past it lists no further reports, it counts them."""
UNMEASURED_MEMBERS_MAX: Final = 16
"""Reports that fit in any case: the largest member that `incidents` makes has about 25 kB."""
RECENT_MAX: Final = 2_000
"""Incidents kept decoded, about 10 kB each; past it all are let go and read again."""

OPEN, CLOSED, REPORT, TOKEN, GUEST, SIGNPOST = b"i:", b"c:", b"r:", b"t:", b"g:", b"s:"
"""How the keys of the table begin: an open incident, a closed one, where a report is, where a token was seen, a
neighbour's report, where an incident went, …"""
_JUDGED, _BODY, _TEXT, _TURN, _PAIR = b"d:", b"o:", b"x:", b"u:", b"n:"
"""… what a person decided, the text of a report under originator control, of another report of an open incident, how
far an agency has caught up, what the reconciler knows of a pair."""
_PASSED_ON: Final = b"@"
"""How the row of a report begins that was passed on: then its zone follows, and no incident."""


def is_too_large(incident: Incident) -> bool:
    """Whether the incident would come too near to the broker's limit with all its reports listed."""
    return len(incident.members) > UNMEASURED_MEMBERS_MAX and len(encode(incident)) > INCIDENT_BYTES_MAX


@dataclass(slots=True)
class Shelf:
    """The table as incidents and reports; a decision in the making is read before the table."""

    table: Paged
    _recent: dict[tuple[int, str], Incident] = field(default_factory=dict)
    """As last stored in this epoch: what is told of next was mostly told of just now."""

    def forget(self) -> None:
        """Lets go of what may be another worker's by now."""
        self._recent.clear()

    def incident(self, draft: Draft, event: Event, incident_id: str) -> Incident | None:
        """The incident of this id in the partition of the event, open or closed."""
        recent = self._recent.get((event.partition, incident_id))
        if recent is not None:
            return recent
        for prefix in (OPEN, CLOSED):
            value = draft.read(self.table, event, prefix + incident_id.encode())
            if value is not None:
                return _decoded(value)
        return None

    def keep(self, draft: Draft, event: Event, incident: Incident) -> None:
        """Writes the incident to the table and tells the hub's own topic."""
        name, value = incident.incident_id.encode(), encode(incident)
        here, there = (CLOSED, OPEN) if incident.closed else (OPEN, CLOSED)
        draft.mark(self.table, event, here + name, value)
        if draft.read(self.table, event, there + name) is not None:
            draft.mark(self.table, event, there + name, None)
        draft.send(topics.INCIDENTS, name, value)
        if len(self._recent) >= RECENT_MAX:
            self._recent.clear()
        self._recent[event.partition, incident.incident_id] = incident

    def keep_sighting(self, draft: Draft, event: Event, sighting: AcceptedSighting) -> None:
        """Writes where a token was seen, and tells what it relates."""
        key = f"{sighting.status}:{sighting.token}".encode()
        before = draft.read(self.table, event, TOKEN + key)
        after, links = sighted(before, sighting)
        if after != before:
            draft.mark(self.table, event, TOKEN + key, after)
        for link in links:
            draft.send(topics.LINKS, link.link_id.encode(), encode(link))

    def keep_report(self, draft: Draft, event: Event, change: Change) -> None:
        """Writes where the report is; one that its incident does not list is kept here as the member it would be."""
        listed = member_of(change.incident, change.member.report_id) is not None
        if listed:
            key = REPORT + change.member.report_id.encode()
            draft.mark(self.table, event, key, change.incident.incident_id.encode())
        else:
            self.keep_unlisted(draft, event, change.incident.incident_id, change.member)

    def keep_unlisted(self, draft: Draft, event: Event, incident_id: str, member: Member) -> None:
        """Writes a report that its incident only counts."""
        row = incident_id.encode() + b"\n" + encode(member)
        draft.mark(self.table, event, REPORT + member.report_id.encode(), row)

    def let_go(self, draft: Draft, event: Event, incident: Incident) -> None:
        """Deletes a closed incident and its reports' rows, here and in the hub's own topic; the rows first.

        After a crash in between the incident is still there, and is found again.
        """
        name = incident.incident_id.encode()
        for member in incident.members:
            if self.report(draft, event, member.report_id)[0] == incident.incident_id:  # not if it was moved
                self.let_go_of_report(draft, event, member.report_id)
        draft.mark(self.table, event, CLOSED + name, None)
        draft.send(topics.INCIDENTS, name, None)
        self._recent.pop((event.partition, incident.incident_id), None)

    def let_go_of_report(self, draft: Draft, event: Event, report_id: str) -> None:
        """Deletes where a report is, and its text if that was kept."""
        self.let_go_of_body(draft, event, report_id)
        draft.mark(self.table, event, REPORT + report_id.encode(), None)

    def report(self, draft: Draft, event: Event, report_id: str) -> tuple[str | None, Member | None]:
        """The id of the incident a report is in, and the report itself where the incident does not list it."""
        row = draft.read(self.table, event, REPORT + report_id.encode())
        if row is None:
            return None, None
        incident_id, _, unlisted = row.partition(b"\n")
        if not unlisted:
            return incident_id.decode(), None
        member = codec.decode(Member, unlisted)
        if isinstance(member, Undecodable):
            raise AssertionError(f"stored report {report_id} cannot be read: {member.sentence}")  # noqa: TRY004 - our bug
        return incident_id.decode(), member

    def move_reports(self, draft: Draft, event: Event, report_ids: Iterable[str], incident_id: str) -> None:
        """Writes that these reports are in another incident, which lists them."""
        for report_id in report_ids:
            draft.mark(self.table, event, REPORT + report_id.encode(), incident_id.encode())

    def pass_on(self, draft: Draft, event: Event, report_id: str, zone: str, now: datetime) -> None:
        """Writes that this report is in another zone."""
        draft.mark(self.table, event, REPORT + report_id.encode(), _PASSED_ON + f"{zone} {now:%Y-%m-%d}".encode())

    def leave(self, draft: Draft, event: Event, incident: Incident, home: str, now: datetime) -> None:
        """Leaves a signpost and deletes an incident that goes to another zone; its topic hears of it from there."""
        name = incident.incident_id.encode()
        # First the signpost: without it, what is told again after a crash would find nothing and lead nowhere.
        draft.mark(self.table, event, _signpost(incident.zone, incident.incident_id), f"{home} {now:%Y-%m-%d}".encode())
        for prefix in (OPEN, CLOSED):
            draft.mark(self.table, event, prefix + name, None)
        self._recent.pop((event.partition, incident.incident_id), None)

    def come(self, draft: Draft, event: Event, zone: str, incident_id: str) -> None:
        """Takes away the signpost of an incident that is back."""
        if draft.read(self.table, event, _signpost(zone, incident_id)) is not None:
            draft.mark(self.table, event, _signpost(zone, incident_id), None)

    def home_of(self, draft: Draft, event: Event, zone: str, name: str) -> str | None:
        """The zone that an incident, or a report that was passed on, went to from this one; none if it did not."""
        value = name.encode()
        if not value.startswith(_PASSED_ON):
            found = draft.read(self.table, event, _signpost(zone, name))
            if found is None:
                return None
            value = found
        return value.removeprefix(_PASSED_ON).decode().partition(" ")[0]

    def pair(self, draft: Draft, event: Event, pair: str) -> str | None:
        """What the reconciler knows of two incidents."""
        value = draft.read(self.table, event, _PAIR + pair.encode())
        return None if value is None else value.decode()

    def keep_pair(self, draft: Draft, event: Event, pair: str, known: str) -> None:
        """Writes what the reconciler knows of two incidents."""
        draft.mark(self.table, event, _PAIR + pair.encode(), known.encode())

    def was_judged(self, draft: Draft, event: Event, judgement_id: str) -> bool:
        """Whether this decision of a person was carried out."""
        return draft.read(self.table, event, _JUDGED + judgement_id.encode()) is not None

    def keep_judgement(self, draft: Draft, event: Event, judgement_id: str) -> None:
        """Writes that the decision was carried out; after everything else of it."""
        draft.mark_done(self.table, event, _JUDGED + judgement_id.encode(), b"1")

    def keep_body(
        self, draft: Draft, event: Event, accepted: AcceptedReport, *, controlled: bool, listed: bool
    ) -> None:
        """Keeps the report's own text, as the event brought it, while it is wanted; else lets go of what was kept."""
        report = accepted.report
        standing = listed and report.msg_type is not MsgType.CANCEL
        keep = _BODY if controlled else _TEXT if standing else None
        if report.revision > 1:
            self._let_go(draft, event, report.report_id, *(each for each in (_BODY, _TEXT) if each != keep))
        if keep is not None:
            draft.mark(self.table, event, keep + report.report_id.encode(), event.value)

    def keep_text(self, draft: Draft, event: Event, accepted: AcceptedReport, *, controlled: bool) -> None:
        """Keeps the text of a report that comes from another zone."""
        key = (_BODY if controlled else _TEXT) + accepted.report.report_id.encode()
        draft.mark(self.table, event, key, encode(accepted))

    def let_go_of_body(self, draft: Draft, event: Event, report_id: str) -> None:
        """Deletes the report's own text, if it was kept."""
        self._let_go(draft, event, report_id, _BODY, _TEXT)

    def let_go_of_texts(self, draft: Draft, event: Event, incident: Incident) -> None:
        """Deletes what is kept of an incident's reports only while it is open."""
        for member in incident.members:
            self._let_go(draft, event, member.report_id, _TEXT)

    def _let_go(self, draft: Draft, event: Event, report_id: str, *prefixes: bytes) -> None:
        for prefix in prefixes:
            key = prefix + report_id.encode()
            if draft.read(self.table, event, key) is not None:
                draft.mark(self.table, event, key, None)

    def body(self, draft: Draft, event: Event, report_id: str) -> AcceptedReport | None:
        """The text of a report under originator control, where it is kept."""
        return self._kept(AcceptedReport, draft, event, _BODY + report_id.encode())

    def text(self, draft: Draft, event: Event, report_id: str) -> AcceptedReport | None:
        """The text of any report, where it is kept: while its incident is open."""
        found = self._kept(AcceptedReport, draft, event, _TEXT + report_id.encode())
        return found if found is not None else self.body(draft, event, report_id)

    def turn(self, draft: Draft, event: Event, agency: str) -> AcceptedCatchUp | None:
        """The last turn here of the agency's newest request for what is open."""
        return self._kept(AcceptedCatchUp, draft, event, _TURN + agency.encode())

    def keep_turn(self, draft: Draft, event: Event, turn: AcceptedCatchUp) -> None:
        """Writes that this turn was had; after everything else of it."""
        draft.mark(self.table, event, _TURN + turn.catch_up.agency.encode(), encode(turn))

    def _kept(self, model: type[M], draft: Draft, event: Event, key: bytes) -> M | None:
        value = draft.read(self.table, event, key)
        if value is None:
            return None
        found = codec.decode(model, value)
        if isinstance(found, Undecodable):
            raise AssertionError(f"the row {key.decode()} cannot be read: {found.sentence}")  # noqa: TRY004 - our bug
        return found


def live(key: bytes, value: bytes) -> Incident | None:
    """The incident in this row, if it is an open one, or a closed one that still waits for an answer."""
    if key.startswith(OPEN) or (key.startswith(CLOSED) and _may_wait(value)):
        return _decoded(value)
    return None


def _signpost(zone: str, incident_id: str) -> bytes:
    return SIGNPOST + f"{zone}:{incident_id}".encode()


def is_forgotten(value: bytes, before: datetime) -> bool:
    """Whether a signpost, or the row of a report that was passed on, is from before that day."""
    return value.rpartition(b" ")[2] < f"{before:%Y-%m-%d}".encode()


def points_on(value: bytes) -> bool:
    """Whether the row of a report says that it was passed on."""
    return value.startswith(_PASSED_ON)


def _may_wait(closed: bytes) -> bool:
    """Whether a closed incident, as it lies here, may wait for somebody: for the answer to a recall or to a question.

    None of these marks can stand inside a text, for JSON escapes its quotation marks.
    """
    recalled = b'"awaited":{}' not in closed and b'"withdrawn":false' not in closed
    return recalled or b'"sharing":[' in closed


def _decoded(value: bytes) -> Incident:
    incident = codec.decode(Incident, value)
    if isinstance(incident, Undecodable):
        raise AssertionError(f"a stored incident cannot be read: {incident.sentence}")  # noqa: TRY004 - our bug
    return incident
