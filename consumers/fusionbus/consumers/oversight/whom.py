"""Who received what, of one report or on whom: ids, agencies and rules, never a body."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from fusionbus.consumers.oversight.folding import ROUTED
from fusionbus.consumers.oversight.tables import marks, records
from fusionbus.contract.facts import mark_of
from fusionbus.contract.records import AuditEvent

_IDS_IN_A_STATEMENT: Final = 500
"""SQLite takes 32,766 parameters, older ones 999."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """One agency that was sent something of a report."""

    agency: str
    form: str
    rule: str


@dataclass(frozen=True, slots=True)
class Step:
    """One act on a report, and who was sent something by it."""

    at: datetime
    event: str
    agency: str | None
    revision: int | None
    incident_id: str | None
    override: bool
    detail: str
    """A reason or an answer in one word; nobody's own words."""
    partition: int
    offset: int
    audit_id: str
    receivers: tuple[Receiver, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A report with all that was done about it, oldest first."""

    report_id: str
    agency: str | None
    steps: tuple[Step, ...]


def told(db: Connection, report_id: str) -> Told:
    """All acts on a report, and the answers on its incident since."""
    own = db.execute(select(records).where(records.c.report_id == report_id)).all()
    incidents = {row.incident_id for row in own if row.incident_id}
    since = min((row.at for row in own), default=None)
    answers: Sequence[Any] = ()
    if incidents and since is not None:
        said = records.c.event.in_([AuditEvent.ALERT_ACKNOWLEDGED.value, AuditEvent.ALERT_ESCALATED.value])
        about = records.c.incident_id.in_(sorted(incidents))
        answers = db.execute(select(records).where(said, about, records.c.at >= since)).all()
    steps = sorted((_step(row) for row in (*own, *answers)), key=lambda one: (one.at, one.partition, one.offset))
    routed = {one.value for one in ROUTED}
    owner = next((row.agency for row in own if row.event in routed), None)
    return Told(report_id, owner, tuple(steps))


def carrying(db: Connection, token: str) -> list[str]:
    """The reports that carried a token, by id: each report's marks are its own, so all of them are tried."""
    # 1,000,000 reports take some two seconds; no index could help, and none could be misused.
    asked = select(marks.c.report_id, marks.c.mark).execution_options(yield_per=10_000)
    return sorted({row.report_id for row in db.execute(asked) if mark_of(row.report_id, token) == row.mark})


def _step(row: Any) -> Step:
    given = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
    sent = json.loads(given["told"]) if given["told"] else {}
    return Step(
        at=given["at"],
        event=given["event"],
        agency=given["agency"],
        revision=given["revision"],
        incident_id=given["incident_id"],
        override=given["override"],
        detail=given["reason"] or given["action"] or given["answer"] or "",
        partition=given["partition"],
        offset=given["offset"],
        audit_id=given["audit_id"],
        receivers=tuple(Receiver(agency, form, rule) for agency, (form, rule) in sorted(sent.items())),
    )
