"""Who looked at what in the threat database: from its access log, without a word that was searched for."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import case, func, or_, select

from fusionbus.consumers.oversight.figures import UNKNOWN, Count, Definition, Figure, Period
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.tables_people import access_log

EXPORT: Final = "export"
LOOKS: Final = ("view", "search", "check", EXPORT)
"""Acts by which a body may have been seen (`web/access_log.py`)."""
_SHOWN: Final = ("view", EXPORT)
DEFINITION: Final = Definition(
    "exports",
    "Taken out of the threat database",
    "who looked",
    "exports to a file",
    "looks: views, searches, checks and exports",
    "From the access log of this threat database; refused attempts are left out.",
    "28 CFR 23.20(g): audit trails, and a record of each dissemination",
)


@dataclass(frozen=True, slots=True)
class Look:
    """One view or export that named a report or its incident."""

    at: datetime
    agency: str
    who: str
    act: str


def exports(database: ThreatDatabase, period: Period) -> Figure:
    """By agency its exports, out of all its looks."""
    whose = func.coalesce(access_log.c.agency, UNKNOWN)
    taken = func.sum(case((access_log.c.act == EXPORT, 1), else_=0))
    inside = (access_log.c.at >= period.begin) & (access_log.c.at < period.end)
    asked = (
        select(whose, taken, func.count())
        .where(inside, access_log.c.act.in_(LOOKS), access_log.c.outcome == "done")
        .group_by(whose)
        .order_by(whose)
    )
    with database.reading() as connection:
        return Figure(DEFINITION, tuple(Count(name, int(n), int(of)) for name, n, of in connection.execute(asked)))


def looks_at(database: ThreatDatabase, ids: Collection[str]) -> list[Look]:
    """Views and exports whose line names one of these reports or incidents, oldest first."""
    if not ids:
        return []
    named = or_(*(access_log.c.what.like(f"%{one}%") for one in sorted(ids)))
    asked = (
        select(access_log.c.at, access_log.c.agency, access_log.c.who, access_log.c.act)
        .where(access_log.c.act.in_(_SHOWN), access_log.c.outcome == "done", named)
        .order_by(access_log.c.number)
    )
    with database.reading() as connection:
        return [Look(at, agency or UNKNOWN, who, act) for at, agency, who, act in connection.execute(asked)]
