"""The forecast as the pages ask for it: the newest that the viewer's agency was sent."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.tables import alerts, incidents
from fusionbus.consumers.threats.viewer import Viewer
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.sections import AssessmentSection
from fusionbus.contract.vocabulary import AlertKind, Status

LOOKED_AT_MAX: Final = 5
"""Alerts of forecasts, newest first, among which one is looked for that can be read and has districts."""


@dataclass(frozen=True, slots=True)
class WeeklyForecast:
    """One forecast as the agency was told of it."""

    alert: Alert
    section: AssessmentSection


def newest_forecast(database: ThreatDatabase, viewer: Viewer) -> WeeklyForecast | None:
    """The newest forecast of real traffic that was not withdrawn; none where the agency was sent none.

    Raises: NotAllowed, RetryLater, Misconfigured.
    """
    viewer.must_read()
    asked = (
        select(alerts.c.json)
        .join(
            incidents, (incidents.c.recipient == alerts.c.recipient) & (incidents.c.incident_id == alerts.c.incident_id)
        )
        .where(
            alerts.c.recipient == viewer.agency,
            alerts.c.kind == AlertKind.FORECAST,
            alerts.c.status == Status.ACTUAL,
            incidents.c.withdrawn.is_(False),
        )
        .order_by(alerts.c.issued_at.desc())
        .limit(LOOKED_AT_MAX)
    )
    with database.reading() as db:
        for text in db.scalars(asked):
            alert = codec.decode(Alert, text.encode())
            if isinstance(alert, Alert) and alert.body is not None:
                section = alert.body.section
                if isinstance(section, AssessmentSection) and section.areas:
                    return WeeklyForecast(alert, section)
    return None
