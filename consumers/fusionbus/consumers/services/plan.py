"""What an alert means for each contact: now, later, in a digest, and who is next if nobody answers. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from fusionbus.consumers.formats import telling
from fusionbus.consumers.services.config import AlertServices, Digest, Filter, QuietHours, Service
from fusionbus.contract.alert import Alert
from fusionbus.contract.vocabulary import AlertMsgType, Severity, Urgency

RANK: Final = {severity: rank for rank, severity in enumerate(reversed(Severity))}
"""Unknown lowest, as for subscriptions; but see `_passes`: what does not say its severity is not held back for it."""
DAY: Final = timedelta(days=1)


class Way(StrEnum):
    """How a delivery comes about."""

    ALERT = "alert"
    DIGEST = "digest"
    ESCALATION = "escalation"


@dataclass(frozen=True, slots=True)
class Told:
    """What a contact knows of an incident."""

    sent: bool = False
    waiting_until: datetime | None = None
    """When the digest is due in which it is going to be told of it."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One delivery."""

    contact: str
    way: Way
    due_at: datetime
    service: str
    step: int = 0
    """Of an escalation: whom in the list, from 1."""
    word: str = ""
    """What is said before the alert."""


@dataclass(frozen=True, slots=True)
class _Clock:
    now: datetime
    zone: ZoneInfo


def plan(alert: Alert, config: AlertServices, now: datetime, told: Mapping[str, Told]) -> list[Planned]:
    """The deliveries of a new alert, at most one that is no escalation for each contact.

    Whoever was told of an incident is told of every change of it, whatever its filter says but for TLP: a correction
    or a withdrawal must not miss who acted on the first news.
    """
    first: dict[str, Planned] = {}
    escalations: list[Planned] = []
    for service in config.services:
        passes = _passes(alert, service.filter)
        for contact in service.to:
            known = told.get(contact, Told())
            if not (passes or (_knows(known) and _tlp_passes(alert, service.filter))):
                continue
            one = _delivery(alert, service, contact, known, _Clock(now, config.zone))
            if contact not in first or one.due_at < first[contact].due_at:
                first[contact] = one
        if passes and service.escalation and _awaits_answer(alert) and not _goes_into_digest(alert, service):
            escalations += _escalations(service, min(first[contact].due_at for contact in service.to))
    return [*first.values(), *escalations]


def is_urgent(alert: Alert) -> bool:
    """Whether it waits for nothing: neither for the end of quiet hours nor for a digest."""
    return alert.body.severity is Severity.EXTREME or alert.body.urgency is Urgency.IMMEDIATE


def quiet_until(quiet: QuietHours, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours end that `now` lies in; None outside of them."""
    local = now.astimezone(zone)
    start, end = time.fromisoformat(quiet.start), time.fromisoformat(quiet.end)
    at = local.time().replace(tzinfo=None)
    inside = start <= at < end if start < end else at >= start or at < end
    return _next(end, now, zone) if inside else None


def next_digest(digest: Digest, now: datetime, zone: ZoneInfo) -> datetime:
    """The first of the digest's times after `now`."""
    return min(_next(time.fromisoformat(at), now, zone) for at in digest.at)


def _next(at: time, now: datetime, zone: ZoneInfo) -> datetime:
    """The next moment after `now` at which clocks in the zone show this time."""
    today = datetime.combine(now.astimezone(zone).date(), at, zone)
    found = today if today > now else datetime.combine((today + DAY).date(), at, zone)
    return found.astimezone(UTC)


def _delivery(alert: Alert, service: Service, contact: str, known: Told, clock: _Clock) -> Planned:
    if _goes_into_digest(alert, service) and service.digest and not known.sent:
        return Planned(
            contact, Way.DIGEST, next_digest(service.digest, clock.now, clock.zone), service.name, word=service.name
        )
    if known.waiting_until and not known.sent and alert.msg_type is AlertMsgType.CANCEL:
        # It was told nothing yet: the withdrawal stands in the digest behind what it withdraws.
        return Planned(contact, Way.DIGEST, known.waiting_until, service.name, word=service.name)
    held = service.quiet_hours and not is_urgent(alert) and quiet_until(service.quiet_hours, clock.now, clock.zone)
    return Planned(contact, Way.ALERT, held or clock.now, service.name)


def _goes_into_digest(alert: Alert, service: Service) -> bool:
    """An alert that does not say its severity is not low."""
    if service.digest is None or is_urgent(alert) or alert.body.severity is Severity.UNKNOWN:
        return False
    return RANK[alert.body.severity] <= RANK[service.digest.severity_max]


def _escalations(service: Service, told_at: datetime) -> Iterator[Planned]:
    """Counted from when the first contact is told: nobody can answer before."""
    assert service.escalation  # noqa: S101 - for the type checker
    pause = service.escalation.after_min
    for step, contact in enumerate(service.escalation.to, start=1):
        word = f"Nobody has answered for {pause * step} min"
        yield Planned(contact, Way.ESCALATION, told_at + timedelta(minutes=pause * step), service.name, step, word)


def _awaits_answer(alert: Alert) -> bool:
    return not alert.kind.is_notice


def _knows(known: Told) -> bool:
    return known.sent or known.waiting_until is not None


def _passes(alert: Alert, wanted: Filter) -> bool:
    category, place = telling.category_of(alert), telling.place_of(alert)
    severity = alert.body.severity
    return (
        _tlp_passes(alert, wanted)
        and (not wanted.statuses or alert.status in wanted.statuses)
        and (not wanted.kinds or alert.kind in wanted.kinds)
        and (not wanted.categories or category is None or category in wanted.categories)
        and (not wanted.provinces or place is None or place.province is None or place.province in wanted.provinces)
        and (wanted.severity_min is None or severity is Severity.UNKNOWN or RANK[severity] >= RANK[wanted.severity_min])
    )


def _tlp_passes(alert: Alert, wanted: Filter) -> bool:
    return wanted.tlp_max is None or alert.handling.tlp.level <= wanted.tlp_max.level
