"""What is due for review, past its retention, held or purged; and how far topics may be cut. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from fusionbus.contract import topics
from fusionbus.contract.incident import Incident, Member
from fusionbus.contract.keeping import Keeping
from fusionbus.shell.moments import Place

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Kept:
    """One report with what is noted of its keeping."""

    report_id: str
    agency: str
    reported_at: datetime
    keeping: Keeping
    recipients: int

    def states(self, now: datetime) -> tuple[str, ...]:
        """In words, the most pressing first."""
        return tuple(_states(self.keeping, now))

    def is_pressing(self, now: datetime) -> bool:
        """Whether somebody has something to do about it."""
        due = self.keeping.review_due
        told = self.keeping.review_told is not None or (due is not None and due <= now)
        return self.keeping.purged_at is None and (told or bool(self.keeping.holds) or _is_past(self.keeping, now))


def kept(incidents: Iterable[Incident]) -> list[Kept]:
    """Every report of which something is noted, the one that must go soonest first."""
    found = [_kept(member, member.keeping) for one in incidents for member in one.members if member.keeping is not None]
    return sorted(found, key=lambda one: (one.keeping.retention_until or _NEVER, one.report_id))


def _kept(member: Member, keeping: Keeping) -> Kept:
    return Kept(member.report_id, member.agency, member.reported_at, keeping, len(member.forms))


def _states(keeping: Keeping, now: datetime) -> Iterator[str]:
    if keeping.purged_at is not None:
        yield f"purged {keeping.purged_at:%Y-%m-%d}"
        return
    if keeping.holds:
        yield f"held by {', '.join(keeping.holds)}"
    if keeping.retention_until is not None:
        yield f"{'past' if _is_past(keeping, now) else 'until'} {keeping.retention_until:%Y-%m-%d}"
    if keeping.review_told is not None:
        yield f"review due since {keeping.review_told:%Y-%m-%d}, its originator was told"
    if keeping.review_due is not None:
        yield f"review due {keeping.review_due:%Y-%m-%d}"


def _is_past(keeping: Keeping, now: datetime) -> bool:
    return keeping.retention_until is not None and keeping.retention_until <= now


@dataclass(frozen=True, slots=True)
class Cut:
    """How far a topic's partition may be cut: all its readers have read what lies before."""

    place: Place
    before: int
    records: int


def cuts(
    spans: Mapping[Place, tuple[int, int]], committed: Mapping[str, Mapping[Place, int]]
) -> tuple[list[Cut], list[str]]:
    """What may go of the topics that carry reports, and the topics that nobody is known to have read."""
    found, unread = [], []
    for place, (begin, end) in sorted(spans.items()):
        readers = {
            group: offsets[place]
            for group, offsets in committed.items()
            if _reads(group, place[0]) and place in offsets
        }
        if begin == end:
            continue
        # What only the centre's threat database has read, its agency has not.
        if all(group.startswith(topics.THREAT_DATABASE) for group in readers):
            unread.append(place[0])
        elif (before := min(readers.values())) > begin:
            found.append(Cut(place, before, before - begin))
    return found, sorted(set(unread))


def carries_reports(topic: str) -> bool:
    """Whether reports lie on the topic, whole or in part, as they came or went."""
    return topic in {topics.ACCEPTED, topics.OBSERVATIONS} or topic.startswith((topics.REPORTS, topics.ALERTS))


def _reads(group: str, topic: str) -> bool:
    if topic.startswith(topics.ALERTS):
        readers = (f"{topics.agency_of(topic)}.", f"{topics.agency_of(topic)}-", f"{topics.THREAT_DATABASE}.")
        return group.startswith(readers)
    return group == topics.HUB_APP
