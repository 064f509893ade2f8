"""The newest alerts, incidents and dead letters, a line each; what is told to many is told once. Pure."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from fusionbus.contract import topics
from fusionbus.contract.alert import Alert, AlertBody
from fusionbus.contract.codec import Undecodable, decode
from fusionbus.contract.incident import Claim, Incident
from fusionbus.contract.records import DeadLetter
from fusionbus.contract.vocabulary import Severity, Status

KEPT_MAX: Final = 50
"""Lines of each sort that are remembered: more than a screen shows."""
NAMED_MAX: Final = 4
GRAVE: Final = {Severity.EXTREME, Severity.SEVERE}


@dataclass(frozen=True, slots=True)
class Item:
    """One line: when, what sort, who is concerned, and what it says."""

    key: str
    at: datetime
    sort: str
    who: tuple[str, ...]
    said: str
    grave: bool = False


def item(topic: str, value: bytes) -> Item | None:
    """The line of a record; None where it tells of nothing, or cannot be read."""
    if topic.startswith(topics.ALERTS):
        alert = decode(Alert, value)
        return None if isinstance(alert, Undecodable) else _of_alert(alert)
    if topic == topics.INCIDENTS:
        incident = decode(Incident, value)
        return None if isinstance(incident, Undecodable) or incident.merged_into else _of_incident(incident)
    letter = decode(DeadLetter, value)
    return None if isinstance(letter, Undecodable) else _of_letter(letter)


@dataclass(slots=True)
class News:
    """The newest items by sort."""

    _items: dict[str, OrderedDict[str, Item]] = field(default_factory=dict)

    def add(self, one: Item) -> None:
        """Keeps it in the place of what it says anew, its readers beside those known."""
        held = self._items.setdefault(one.sort, OrderedDict())
        before = held.get(one.key)
        if before is not None:
            one = replace(one, at=max(one.at, before.at), who=tuple(dict.fromkeys((*before.who, *one.who))))
        held[one.key] = one
        if len(held) > KEPT_MAX:
            oldest = min(held.values(), key=lambda item: item.at)
            del held[oldest.key]

    def newest(self, sort: str, limit: int) -> list[Item]:
        """Newest first."""
        found = sorted(self._items.get(sort, {}).values(), key=lambda item: (item.at, item.key), reverse=True)
        return found[:limit]


def named(who: tuple[str, ...]) -> str:
    """The names, or the first of many and how many more."""
    more = len(who) - NAMED_MAX
    return ", ".join(who) if more <= 0 else f"{', '.join(who[:NAMED_MAX])} and {more} more"


def _of_alert(alert: Alert) -> Item:
    body = alert.body
    unreal = () if alert.status is Status.ACTUAL else (alert.status.upper(),)
    told = " · ".join((*unreal, alert.kind.replace("_", " "), body.severity, *_event(body)))
    key = f"{alert.incident_id} {alert.incident_revision} {alert.kind}"
    return Item(key, alert.issued_at, "alert", (alert.recipient,), told, body.severity in GRAVE)


def _of_incident(incident: Incident) -> Item:
    reports, origins = len(incident.members) + incident.members_beyond, incident.independent_origins
    head = f"{reports} report{'s' * (reports != 1)}, {origins} independent origin{'s' * (origins != 1)}"
    agencies = tuple(dict.fromkeys(one.agency for one in incident.members if not one.masked))
    severe = any(one.severity in GRAVE for one in incident.members)
    return Item(
        incident.incident_id,
        incident.updated_at,
        "incident",
        agencies,
        " · ".join((head, *_event(incident.claim))),
        severe,
    )


def _of_letter(letter: DeadLetter) -> Item:
    who = () if letter.agency is None else (letter.agency,)
    return Item(letter.dead_letter_id, letter.at, "dead letter", who, f"{letter.reason}: {letter.sentence}")


def _event(told: AlertBody | Claim) -> Iterator[str]:
    place = told.place
    if told.headline or told.category:
        yield told.headline or str(told.category).replace("_", " ")
    where = [] if place is None else [part for part in (place.name, place.district, place.province) if part]
    if where:
        yield ", ".join(map(str, where))
