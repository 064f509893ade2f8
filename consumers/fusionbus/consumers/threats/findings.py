"""What the fusion centre found in many reports and holds still, as the viewer's agency was told."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.tables import alerts, incidents
from fusionbus.consumers.threats.viewer import Viewer
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.sections import AssessmentSection
from fusionbus.contract.vocabulary import AlertKind, AlertMsgType, Kind, Status

TOLD_WITHIN: Final = timedelta(days=28)
"""What was told of no later is left out: a surge is told again while it grows, and over after a quiet week."""
READ_MAX: Final = 200
SHOWN_MAX: Final = 30
"""Findings in the panel: of more, the newest."""


def open_findings(database: ThreatDatabase, viewer: Viewer, now: datetime) -> list[Alert]:
    """The newest alert of each finding that is open, newest first; forecasts have a place of their own.

    Raises: NotAllowed, RetryLater, Misconfigured.
    """
    viewer.must_read()
    wanted = (
        incidents.c.recipient == viewer.agency,
        incidents.c.status == Status.ACTUAL,
        incidents.c.revision > 0,
        incidents.c.updated_at >= now - TOLD_WITHIN,
        incidents.c.kind == Kind.ASSESSMENT,
        incidents.c.alert_kind != AlertKind.FORECAST,
        incidents.c.withdrawn.is_(False),
    )
    joined = select(alerts.c.json).join(incidents, incidents.c.alert_id == alerts.c.alert_id).where(*wanted)
    asked = joined.order_by(incidents.c.updated_at.desc()).limit(READ_MAX)
    with database.reading() as db:
        read = [codec.decode(Alert, text.encode()) for text in db.scalars(asked)]
    found = [alert for alert in read if not isinstance(alert, Undecodable) and _is_open(alert)]
    return found[:SHOWN_MAX]


def _is_open(alert: Alert) -> bool:
    section = alert.body.section
    return (
        isinstance(section, AssessmentSection) and section.phase == "open" and alert.msg_type is not AlertMsgType.CANCEL
    )
