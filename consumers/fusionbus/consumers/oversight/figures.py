"""The figures of oversight: what each counts, out of what, in which law that lies; and the records behind it.

A figure's numerator is the number of rows of its own list, so that the drill-down shows exactly what was counted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, func, select

from fusionbus.consumers.oversight import counting
from fusionbus.contract.errors import Misconfigured

ALL: Final = "all"
"""Stands for the agency where a figure is not by agency."""
UNKNOWN: Final = "unknown"
"""Stands for the agency where the hub could not tell who wrote."""


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment up to another, which is not part of it; states are as of its end."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure counts."""

    key: str
    title: str
    by: str
    """Whose agency a row is of."""
    counted: str
    out_of: str
    meaning: str
    law: str
    behind: Callable[[Any], Select[Any]] | None = None
    """The records counted, with `about`: whose they are; None where they are not on the audit."""
    base: Callable[[Any], Select[Any]] | None = None
    """By `about` the `count` of what it is out of."""
    counts: Callable[[Any], Select[Any]] | None = None
    """By `about` the `count` of the records, where that is kept: listing them takes longer."""


@dataclass(frozen=True, slots=True)
class Count:
    """One line of a figure."""

    about: str
    count: int
    of: int

    @property
    def share(self) -> float | None:
        """The count as a share of what it is out of, 0 to 1; None out of nothing."""
        return self.count / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure for a period."""

    definition: Definition
    rows: tuple[Count, ...]

    @property
    def total(self) -> Count:
        """Over all lines."""
        return Count(ALL, sum(row.count for row in self.rows), sum(row.of for row in self.rows))


@dataclass(frozen=True, slots=True)
class Behind:
    """One record behind a figure: by partition and offset anybody finds it on the audit again."""

    about: str
    at: datetime
    event: str
    partition: int
    offset: int
    audit_id: str
    report_id: str | None
    incident_id: str | None


_SUSPICION: Final = "28 CFR 23.20(a), (c): only on reasonable suspicion"
DEFINITIONS: Final[tuple[Definition, ...]] = (
    Definition(
        "received",
        "Received in full",
        "recipient",
        "deliveries in full form",
        "deliveries in any form",
        "What an agency was sent of reports, alerts of corrections and purges too; full form may name persons.",
        "28 CFR 23.20(e), (g): need to know, right to know, and a record of each dissemination",
        counting.received,
        counting.sent_to,
        counting.received_counts,
    ),
    Definition(
        "overrides",
        "Need to know overridden",
        "originator",
        "reports that imminent danger to life sent past a refusal",
        "reports routed",
        "Each went only as tearline or pointer, to the agency on whose ground the danger was.",
        "28 CFR 23.20(f)(2): to avoid imminent danger to life or property",
        counting.overrides,
        counting.routed,
    ),
    Definition(
        "no_predicate",
        "Named as criminal subject without predicate",
        "originator",
        "reports refused for it",
        "messages",
        "None of them entered; their number shows which agency needs to be taught.",
        _SUSPICION,
        counting.no_predicate,
        counting.messages,
    ),
    Definition(
        "reviews_overdue",
        "Reviews overdue",
        "originator",
        "reports past their review date at the end of the period",
        "reports that have a review date",
        "Neither revised with a new date nor purged since.",
        "28 CFR 23.20(h): periodic review, with reviewer, date and reason",
        counting.reviews_overdue,
        counting.with_review,
    ),
    Definition(
        "retention_breaches",
        "Kept past their retention",
        "originator",
        "reports kept more than an hour past retention_until in the period",
        "reports that have a retention date",
        "A report that was under legal hold since is not counted.",
        "28 CFR 23.20(h): at most five years without re-validation; Constitution of Pakistan, Article 14(1)",
        counting.breaches,
        counting.with_retention,
    ),
    Definition(
        "errors",
        "Messages refused",
        "writer",
        "messages refused (dead letters and refused decisions)",
        "messages",
        "By whatever fault: schema, version, key, clock, order.",
        "28 CFR 23.20(h): misleading or unreliable information is not kept",
        counting.errors,
        counting.messages,
    ),
    Definition(
        "forged",
        "Messages in another's name",
        "topic's agency",
        "messages refused as wrong_agency, wrong_key, bad_signature, not_yours or unknown_agency",
        "messages",
        "A slip of a script, or somebody breaking in.",
        "28 CFR 23.20(g): safeguards against unauthorised access",
        counting.forged,
        counting.messages,
    ),
    Definition(
        "false_alarms",
        "False alarms by feedback",
        "originator",
        "answers `false_alarm` on its incidents",
        "answers on its incidents",
        "An answer counts for each agency that reported the incident.",
        "28 CFR 23.20(h): recipients and originators learn of errors",
        counting.false_alarms,
        counting.answers,
    ),
    Definition(
        "echoes",
        "Echoes that had been taken for confirmation",
        ALL,
        "incidents whose origins were later found to be fewer, or to be a ring",
        "incidents that had two origins or more, or a ring",
        "Origins that fell because a report was withdrawn or purged are not counted.",
        "28 CFR 23.20(h): relevance and reliability",
        counting.echoes,
        counting.confirmed,
    ),
    Definition(
        "sharing_unanswered",
        "Sharing questions unanswered",
        "originator",
        "questions that lapsed, or are open at the end of the period",
        "questions asked",
        "A recipient asked to pass a report on; its originator has not said yes or no.",
        "28 CFR 23.20(e): need to know",
        counting.unanswered,
        counting.asked,
    ),
    Definition(
        "redress_overdue",
        "Requests for redress that nobody answered in time",
        "originator",
        "requests whose deadline passed, unanswered at the end of the period",
        "requests to correct or purge a report",
        "A person asked through the centre's desk; the originator has neither acted nor refused with a reason.",
        "28 CFR 23.20(h); Constitution of Pakistan, Article 14(1)",
        counting.redress_overdue,
        counting.redress_asked,
    ),
    Definition(
        "silent",
        "Silent recipients",
        "recipient",
        "deadlines that passed without an acknowledgement",
        "deliveries",
        "Each was told to the agency again and to the desk that calls it.",
        "NACTA Act 2013, section 4: information reaches those who act on it",
        counting.silent,
        counting.sent_to,
    ),
)
BY_KEY: Final = {one.key: one for one in DEFINITIONS}


def figures(db: Connection, period: Period) -> list[Figure]:
    """Every figure, in the order of the definitions; agencies by name."""
    return [figure(db, one.key, period) for one in DEFINITIONS]


def figure(db: Connection, key: str, period: Period) -> Figure:
    """One figure. Raises: Misconfigured where there is none of this key."""
    one = BY_KEY.get(key)
    if one is None or one.behind is None or one.base is None:
        raise Misconfigured(f"{key[:60]!r} is no figure of the audit: use one of {', '.join(BY_KEY)}.")
    inner = one.behind(period).subquery()
    counted = select(inner.c.about, func.count().label("count")).group_by(inner.c.about)
    return Figure(one, _rows(db, counted if one.counts is None else one.counts(period), one.base(period)))


def behind(db: Connection, key: str, period: Period, about: str | None = None, at_most: int = 1_000) -> list[Behind]:
    """The records that a figure counts, oldest first; of one agency or of all. Raises: Misconfigured for no figure."""
    one = BY_KEY.get(key)
    if one is None or one.behind is None:
        raise Misconfigured(f"{key[:60]!r} is no figure of the audit: use one of {', '.join(BY_KEY)}.")
    inner = one.behind(period).subquery()
    asked = select(inner).order_by(inner.c.at, inner.c.partition, inner.c.offset).limit(at_most)
    if about is not None:
        asked = asked.where(inner.c.about.is_(None) if about == UNKNOWN else inner.c.about == about)
    return [
        Behind(
            row.about or UNKNOWN,
            row.at,
            row.event,
            row.partition,
            row.offset,
            row.audit_id,
            row.report_id,
            row.incident_id,
        )
        for row in db.execute(asked)
    ]


def _rows(db: Connection, counts: Select[Any], base: Select[Any]) -> tuple[Count, ...]:
    counted, of = _by_about(db, counts), _by_about(db, base)
    return tuple(Count(about, counted.get(about, 0), of.get(about, 0)) for about in sorted(counted.keys() | of.keys()))


def _by_about(db: Connection, asked: Select[Any]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for row in db.execute(asked):
        name = row.about or UNKNOWN
        found[name] = found.get(name, 0) + int(row._mapping["count"] or 0)  # noqa: SLF001 - `count` is a method of rows
    return found
