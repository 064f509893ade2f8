"""The parts of an incident's page: its recipient reads its alerts, the hub's desk also what the hub holds. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fusionbus.consumers.threats.found import IncidentPage, StoredAlert
from fusionbus.consumers.web.pages import (
    acts,
    findings,
    incident_accounts,
    incident_facts,
    incident_sending,
    incident_ties,
)
from fusionbus.consumers.web.people import Person, Right
from fusionbus.contract.incident import Incident, Link
from fusionbus.contract.records import Receipt
from fusionbus.contract.sections import AssessmentSection

SECTIONS: Final = (
    "Known",
    "Finding",
    "Accounts",
    "Reports",
    "Why one event",
    "Origins and echoes",
    "Sent and answered",
    "History",
    "Related",
)


@dataclass(frozen=True, slots=True)
class Read:
    """All that is read for one look at an incident."""

    incident_id: str
    told: IncidentPage | None
    """As the reader's agency was told; of an incident of which it was told nothing, None."""
    held: Incident | None
    """As the hub holds it; for those who work for its desk."""
    links: tuple[Link, ...] = ()
    receipts: tuple[Receipt, ...] = ()

    @property
    def is_there(self) -> bool:
        """Whether there is anything to show."""
        return self.told is not None or self.held is not None

    @property
    def newest(self) -> StoredAlert | None:
        """The alert that told of the event last."""
        events = [stored for stored in self.told.alerts if stored.alert.kind.tells_of_event] if self.told else []
        return events[-1] if events else None


def title_of(read: Read) -> str:
    """What the incident is called."""
    line = read.told.incident if read.told else None
    return (line and line.headline) or (read.held and read.held.claim.headline) or f"Incident {read.incident_id[:8]}"


def head(read: Read) -> str:
    """The first lines."""
    if read.told is not None and read.newest is not None:
        return incident_facts.head(read.told.incident, read.newest.alert)
    return incident_facts.head_of_held(read.held) if read.held else ""


def buttons(read: Read, person: Person) -> str:
    """The buttons that this person may press, and no others."""
    shown = ""
    if read.newest is not None and person.may(Right.ACKNOWLEDGE):
        shown += acts.answer_buttons(read.newest.alert.alert_id)
    if read.held is not None and read.held.merged_into is None and person.may(Right.REVIEW):
        shown += acts.review_buttons(read.held, joined(read))
    return shown


def joined(read: Read) -> list[str]:
    """The incidents that a person joined to this one, by the last word on each pair."""
    last: dict[frozenset[str], Link] = {}
    for link in sorted(read.links, key=lambda each: each.at):
        if link.type in ("same", "split"):
            last[frozenset(link.incidents)] = link
    found = [name for link in last.values() if link.type == "same" for name in link.incidents]
    return [name for name in dict.fromkeys(found) if name != read.incident_id]


def sections(read: Read, now: datetime, agency: str) -> dict[str, str]:
    """What stands in each part of the page, by its name; a part with nothing to say is left out."""
    parts = _told(read, now, agency)
    if read.held is not None:
        parts |= _held(read.held, now)
    if read.receipts:
        receipts = incident_sending.receipts(read.receipts)
        parts["Sent and answered"] += f"<h3>Receipts of {agency}</h3>{receipts}"
    related = read.told.related if read.told else ()
    parts["Related"] = incident_ties.related(related, read.links, read.incident_id)
    return {name: parts[name] for name in SECTIONS if name in parts}


def _told(read: Read, now: datetime, agency: str) -> dict[str, str]:
    if read.told is None or read.newest is None:
        return {}
    view = read.newest.alert.incident
    further = max(0, view.reports - view.independent_origins)
    section = read.newest.alert.body.section
    found = {"Finding": findings.finding(section)} if isinstance(section, AssessmentSection) else {}
    return found | {
        "Known": incident_facts.known(read.told.incident, read.newest.alert),
        "Reports": incident_facts.reports(read.told.alerts),
        "Why one event": incident_ties.waterfall(view.reasons),
        "Origins and echoes": incident_ties.graph(incident_ties.told_origins(view.independent_origins), further),
        "Sent and answered": incident_sending.mine(read.told.alerts, agency),
        "History": incident_sending.history(read.told.alerts, now),
        **incident_accounts.parts(read.newest.alert),
    }


def _held(held: Incident, now: datetime) -> dict[str, str]:
    return {
        "Why one event": incident_ties.members(held),
        "Origins and echoes": incident_ties.graph(incident_ties.origins_of(held), held.members_beyond),
        "Sent and answered": incident_sending.held(held, now),
    }
