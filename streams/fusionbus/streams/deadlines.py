"""How long an answer may take, in one place; and which answers an incident awaits. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fusionbus.contract.incident import Awaited, Incident, Sharing
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import Severity
from fusionbus.streams.values import Ruling


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The time to answer. Source: our own choice; every federation may set its own (`FUSION_ACKNOWLEDGE_…`)."""

    extreme: timedelta = timedelta(minutes=15)
    """Lives may hang on it: a quarter of an hour is one patrol's way."""
    severe: timedelta = timedelta(minutes=30)
    other: timedelta = timedelta(hours=4)
    """Half a shift: whoever is on duty has seen it before handing over."""
    recall: timedelta = timedelta(hours=1)
    """A recalled alert may be acted on right now, so a recall never has longer than this."""
    sharing: timedelta = timedelta(days=3)
    """An originator may have to ask its source; after a long weekend the question would be about old news."""

    def of_alert(self, severity: Severity) -> timedelta:
        """The time to acknowledge an alert."""
        if severity is Severity.EXTREME:
            return self.extreme
        return self.severe if severity is Severity.SEVERE else self.other

    def of_recall(self, severity: Severity) -> timedelta:
        """The time to acknowledge a recall."""
        return min(self.of_alert(severity), self.recall)


DEFAULT: Final = Deadlines()


def awaiting(incident: Incident, rulings: Iterable[Ruling], severity: Severity, deadlines: Deadlines) -> Incident:
    """The incident with an acknowledgement awaited from everyone who is told of its newest revision.

    News of something that is still unanswered does not buy time: the earlier deadline holds. A recall sets its own.
    """
    sent_at, revision = incident.updated_at, incident.revision
    alert = Awaited(revision=revision, sent_at=sent_at, acknowledge_by=sent_at + deadlines.of_alert(severity))
    recall: Awaited | None = None
    told, kept = {}, dict[tuple[int, bool], Awaited]()
    for ruling in rulings:
        if ruling.form is None:
            continue
        is_recall = ruling.rule is Rule.RECALL
        if is_recall and recall is None:
            by = sent_at + deadlines.of_recall(severity)
            recall = alert.model_copy(update={"recall": True, "acknowledge_by": by})
        fresh = alert if recall is None or not is_recall else recall
        before = incident.awaited.get(ruling.agency)
        if before is not None:
            # Those who were told together have one value in common: a copy for each would cost more than the alert.
            same = id(before), is_recall
            fresh = kept[same] if same in kept else kept.setdefault(same, _kept(before, fresh))
        told[ruling.agency] = fresh
    return incident.model_copy(update={"awaited": incident.awaited | told})


def _kept(before: Awaited, fresh: Awaited) -> Awaited:
    if before.escalated_at is not None or (fresh.recall and not before.recall):
        return fresh
    earlier, later = deadline_of(before), deadline_of(fresh)
    if later <= earlier and fresh.recall == before.recall:
        return fresh
    return fresh.model_copy(update={"acknowledge_by": min(earlier, later), "recall": before.recall})


def deadline_of(awaited: Awaited) -> datetime:
    """When the acknowledgement is late; what an older hub wrote had the longest time."""
    return awaited.acknowledge_by or awaited.sent_at + DEFAULT.other


def is_over(incident: Incident) -> bool:
    """Whether it ended by itself and waits for nobody; a withdrawal does wait: its recall must be read."""
    return incident.closed and any(not member.withdrawn for member in incident.members)


def overdue(incident: Incident, at: datetime) -> dict[str, Awaited]:
    """Who has let a deadline pass by now that was not escalated yet."""
    if is_over(incident):
        return {}
    return {
        agency: awaited
        for agency, awaited in incident.awaited.items()
        if awaited.escalated_at is None and deadline_of(awaited) <= at
    }


def unanswered(incident: Incident) -> tuple[Sharing, ...]:
    """The questions to originators that are neither answered nor lapsed."""
    return tuple(one for one in incident.sharing or () if one.answer is None)


def next_due(incident: Incident) -> datetime | None:
    """When something about the incident is late next, if anything will be."""
    moments = [one.answer_by for one in unanswered(incident)]
    if not is_over(incident):
        shared = {id(one): one for one in incident.awaited.values()}  # mostly one for all
        moments += [deadline_of(one) for one in shared.values() if one.escalated_at is None]
    return min(moments, default=None)
