"""The questions behind the figures: which records are counted, and out of how many. Each is one SELECT."""

from datetime import timedelta
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, Select, and_, distinct, exists, func, literal, or_, select

from fusionbus.consumers.oversight.folding import PKT, ROUTED
from fusionbus.consumers.oversight.tables import holds, keepings, records, sent
from fusionbus.contract.records import AuditEvent, RejectReason
from fusionbus.contract.vocabulary import AckAction, Form

FORGED: Final = tuple(
    reason.value
    for reason in (
        RejectReason.WRONG_AGENCY,
        RejectReason.WRONG_KEY,
        RejectReason.BAD_SIGNATURE,
        RejectReason.NOT_YOURS,
        RejectReason.UNKNOWN_AGENCY,
    )
)
_ALL: Final = "all"
_MESSAGES: Final = (*ROUTED, AuditEvent.REPORT_REPEATED, AuditEvent.MESSAGE_REJECTED)
_ORIGINS_CHANGE: Final = (*ROUTED, AuditEvent.REPORT_PURGED, AuditEvent.INCIDENT_MERGED, AuditEvent.INCIDENT_SPLIT)


class Span(Protocol):
    """A period."""

    @property
    def begin(self) -> Any:
        """Its first moment."""

    @property
    def end(self) -> Any:
        """The first moment after it."""


def received(period: Span) -> Select[Any]:
    """Deliveries in full form: a record for each recipient."""
    # JSON is read differently by each database; a list of recipients is not: each agency that was ever sent anything.
    recipients = select(sent.c.agency).distinct().subquery()
    named = literal('%"') + recipients.c.agency + literal(f'":["{Form.FULL.value}"%')
    return _rows(recipients.c.agency, records.join(recipients, records.c.told.like(named))).where(_in(period))


def received_counts(period: Span) -> Select[Any]:
    """By recipient its deliveries in full form, from the days' counts: as many as `received` lists."""
    full = sent.c.form == Form.FULL.value
    return _base(sent.c.agency, func.sum(sent.c["count"])).where(_days(period), full)


def sent_to(period: Span) -> Select[Any]:
    """By recipient its deliveries."""
    return _base(sent.c.agency, func.sum(sent.c["count"])).where(_days(period))


def overrides(period: Span) -> Select[Any]:
    """Reports that went past a refusal."""
    return _rows(records.c.agency).where(_in(period, *ROUTED), records.c.override)


def routed(period: Span) -> Select[Any]:
    """By originator its reports that were routed, each revision."""
    return _base(records.c.agency).where(_in(period, *ROUTED))


def no_predicate(period: Span) -> Select[Any]:
    """Reports refused because a criminal subject was named without predicate."""
    reason = records.c.reason == RejectReason.NO_PREDICATE.value
    return _rows(records.c.agency).where(_in(period, AuditEvent.MESSAGE_REJECTED), reason)


def errors(period: Span) -> Select[Any]:
    """Messages refused."""
    return _rows(records.c.agency).where(_in(period, AuditEvent.MESSAGE_REJECTED))


def forged(period: Span) -> Select[Any]:
    """Messages refused because they were in another's name."""
    return errors(period).where(records.c.reason.in_(FORGED))


def messages(period: Span) -> Select[Any]:
    """By writer its messages, refused or not."""
    return _base(records.c.agency).where(_in(period, *_MESSAGES))


def reviews_overdue(period: Span) -> Select[Any]:
    """Reports past their review at the end of the period."""
    return _kept().where(_in_force(period), keepings.c.review_due <= period.end)


def with_review(period: Span) -> Select[Any]:
    """By originator the reports that have a review date then."""
    return _base(keepings.c.agency).where(_in_force(period), keepings.c.review_due.is_not(None))


def breaches(period: Span) -> Select[Any]:
    """Reports that were kept past their retention at some moment of the period."""
    held = exists().where(
        holds.c.report_id == keepings.c.report_id,
        holds.c.since < period.end,
        or_(holds.c.until_at.is_(None), holds.c.until_at > keepings.c.breach_at),
    )
    late = or_(
        keepings.c.until_at.is_(None),
        and_(keepings.c.until_at > keepings.c.breach_at, keepings.c.until_at > period.begin),
    )
    return _kept().where(keepings.c.since < period.end, keepings.c.breach_at < period.end, late, ~held)


def with_retention(period: Span) -> Select[Any]:
    """By originator the reports that had a retention date at some moment of the period."""
    there = or_(keepings.c.until_at.is_(None), keepings.c.until_at > period.begin)
    return _base(keepings.c.agency).where(keepings.c.since < period.end, there, keepings.c.breach_at.is_not(None))


def false_alarms(period: Span) -> Select[Any]:
    """Answers that it was a false alarm: for each originator of the incident one."""
    return _answers(period).where(records.c.action == AckAction.FALSE_ALARM.value)


def answers(period: Span) -> Select[Any]:
    """By originator all answers on its incidents."""
    inner = _answers(period).subquery()
    return select(inner.c.about, func.count().label("count")).group_by(inner.c.about)


def echoes(period: Span) -> Select[Any]:
    """Of each incident the first record by which confirmations turned out to be echoes."""
    before: dict[str, Any] = {
        "partition_by": records.c.incident_id,
        "order_by": (records.c.at, records.c.partition, records.c.offset),
    }
    acts = (
        select(
            *_columns(literal(_ALL)),
            records.c.origins,
            func.lag(records.c.origins).over(**before).label("had"),
            records.c.ringed,
        )
        .where(records.c.incident_id.is_not(None), records.c.event.in_([one.value for one in _ORIGINS_CHANGE]))
        .subquery()
    )
    # A withdrawal lowers the number lawfully: its own record is not counted, and the next one compares with it.
    shown = and_(acts.c.event == AuditEvent.REPORT_ROUTED.value, or_(acts.c.had > acts.c.origins, acts.c.ringed))
    turn = func.row_number().over(
        partition_by=acts.c.incident_id, order_by=(acts.c.at, acts.c.partition, acts.c.offset)
    )
    first = select(acts, turn.label("turn")).where(shown).subquery()
    names = ("about", "partition", "offset", "audit_id", "at", "event", "report_id", "incident_id")
    inside = and_(first.c.at >= period.begin, first.c.at < period.end)
    return select(*(first.c[name] for name in names)).where(first.c.turn == 1, inside)


def confirmed(period: Span) -> Select[Any]:
    """How many incidents had two origins or more, or a ring, in the period."""
    several = or_(records.c.origins > 1, records.c.ringed)
    return _base(literal(_ALL), func.count(distinct(records.c.incident_id)), group=False).where(
        _in(period, *ROUTED), several
    )


def unanswered(period: Span) -> Select[Any]:
    """Questions about sharing to which the originator has not said yes or no by the end of the period."""
    told = records.alias("decided")
    decided = exists().where(
        told.c.event == AuditEvent.SHARING_DECIDED.value,
        told.c.request_id == records.c.request_id,
        told.c.answer != "lapsed",
        told.c.at < period.end,
    )
    return _questions(period).where(~decided)


def asked(period: Span) -> Select[Any]:
    """By originator the questions it was asked."""
    inner = _questions(period).subquery()
    return select(inner.c.about, func.count().label("count")).group_by(inner.c.about)


def redress_overdue(period: Span) -> Select[Any]:
    """Requests for redress whose deadline passed in the period, and that are not answered by its end."""
    later = records.alias("later")
    since = exists().where(
        later.c.event == AuditEvent.REDRESS_ANSWERED.value,
        later.c.request_id == records.c.request_id,
        later.c.report_id == records.c.report_id,
        later.c.answer != "lapsed",
        later.c.at < period.end,
    )
    lapsed = _in(period, AuditEvent.REDRESS_ANSWERED), records.c.answer == "lapsed"
    return _of_originators().where(*lapsed, ~since)


def redress_asked(period: Span) -> Select[Any]:
    """By originator the requests for redress."""
    inner = _of_originators().where(_in(period, AuditEvent.REDRESS_ASKED)).subquery()
    return select(inner.c.about, func.count().label("count")).group_by(inner.c.about)


def silent(period: Span) -> Select[Any]:
    """Deadlines that passed without an acknowledgement."""
    return _rows(records.c.agency).where(_in(period, AuditEvent.ALERT_ESCALATED))


def _questions(period: Span) -> Select[Any]:
    """Questions asked, each for the originator of the report."""
    return _of_originators().where(_in(period, AuditEvent.SHARING_ASKED))


def _of_originators() -> Select[Any]:
    """Records, each for the originator of its report."""
    owner = (
        select(records.c.report_id, func.max(records.c.agency).label("agency"))
        .where(records.c.event.in_([one.value for one in ROUTED]))
        .group_by(records.c.report_id)
        .subquery()
    )
    joined = records.outerjoin(owner, owner.c.report_id == records.c.report_id)
    return _rows(owner.c.agency, joined)


def _answers(period: Span) -> Select[Any]:
    """Answers on alerts, each once for every originator of its incident; the index by incident finds these."""
    told = records.alias("told")
    reported = and_(told.c.incident_id == records.c.incident_id, told.c.event.in_([one.value for one in ROUTED]))
    return (
        _rows(told.c.agency, records.join(told, reported)).where(_in(period, AuditEvent.ALERT_ACKNOWLEDGED)).distinct()
    )


def _kept() -> Select[Any]:
    """The records by which dates of reports came into force."""
    same = and_(records.c.partition == keepings.c.partition, records.c.offset == keepings.c.offset)
    return _rows(keepings.c.agency, keepings.join(records, same))


def _in_force(period: Span) -> ColumnElement[bool]:
    """Whether these dates were in force at the end of the period."""
    there = or_(keepings.c.until_at.is_(None), keepings.c.until_at >= period.end)
    return and_(keepings.c.since < period.end, there)


def _in(period: Span, *events: AuditEvent) -> ColumnElement[bool]:
    inside = and_(records.c.at >= period.begin, records.c.at < period.end)
    return and_(inside, records.c.event.in_([one.value for one in events])) if events else inside


def _days(period: Span) -> ColumnElement[bool]:
    """The days of Pakistan that begin within the period; a month is made of whole ones."""
    last = (period.end - timedelta(microseconds=1)).astimezone(PKT).date().isoformat()
    return and_(sent.c.day >= period.begin.astimezone(PKT).date().isoformat(), sent.c.day <= last)


def _columns(about: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    names = ("partition", "offset", "audit_id", "at", "event", "report_id", "incident_id")
    return (about.label("about"), *(records.c[name] for name in names))


def _rows(about: ColumnElement[Any], source: Any = records) -> Select[Any]:
    return select(*_columns(about)).select_from(source)


def _base(about: ColumnElement[Any], count: Any = None, *, source: Any = None, group: bool = True) -> Select[Any]:
    counted = func.count() if count is None else count
    made = select(about.label("about"), counted.label("count"))
    made = made if source is None else made.select_from(source)
    return made.group_by(about) if group else made
