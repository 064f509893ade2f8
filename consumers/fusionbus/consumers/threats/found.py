"""What the database answers: frozen values, ready to be written as JSON."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from fusionbus.contract.alert import Alert
from fusionbus.contract.incident import Incident, Link
from fusionbus.contract.records import Receipt


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class IncidentLine(_Answer):
    """An incident as its recipient was last told of it."""

    incident_id: str
    alert_id: str
    """The alert that told it so."""
    zone: str
    status: str
    revision: int
    kind: str
    msg_type: str
    alert_kind: str
    category: str | None
    actor: str | None
    severity: str
    urgency: str
    certainty: str
    credibility: str
    reports: int
    independent_origins: int
    headline: str | None
    province: str | None
    district: str | None
    tehsil: str | None
    place: str | None
    lat: float | None
    lon: float | None
    uncertainty_km: float | None
    at: datetime
    """When it happened, as far as that is known; else when it was reported."""
    occurred_from: datetime | None
    occurred_to: datetime | None
    killed_low: int | None
    killed_high: int | None
    injured_low: int | None
    injured_high: int | None
    tlp: str
    first_alert_at: datetime
    updated_at: datetime
    withdrawn: bool
    merged_into: str | None
    distance_km: float | None = None
    """From the middle of the circle that was asked for."""


class Found(_Answer):
    """One page of what was found."""

    incidents: tuple[IncidentLine, ...]
    total: int
    """Hits; counted up to 10,000, and to 300 where the words that are looked for are common."""
    total_is_capped: bool
    """Whether there may be more than `total`."""
    page: int
    per_page: int


class Said(_Answer):
    """What the recipient said of an alert."""

    action: str
    opinion: str | None
    by: str | None
    at: datetime
    note: str | None


class StoredAlert(_Answer):
    """An alert as it is kept, and what was said of it."""

    alert: Alert
    received_at: datetime
    withdrawn_by_revision: int | None
    said: tuple[Said, ...] = ()


class AlertsFound(_Answer):
    """One page of alerts, newest first."""

    alerts: tuple[StoredAlert, ...]
    total: int
    total_is_capped: bool
    page: int
    per_page: int


class ReceiptsFound(_Answer):
    """One page of receipts, newest first."""

    receipts: tuple[Receipt, ...]
    total: int
    total_is_capped: bool
    page: int
    per_page: int


class IncidentPage(_Answer):
    """All that its recipient knows of an incident."""

    incident: IncidentLine
    alerts: tuple[StoredAlert, ...]
    """Oldest revision first."""
    related: tuple[IncidentLine, ...] = ()
    """Incidents of this recipient that name the same person or thing."""
    held: Incident | None = None
    """As the hub holds it; for agencies that review."""
    links: tuple[Link, ...] = ()
    """Its ties to others; for agencies that review."""


class Hit(_Answer):
    """Where a token was seen, and whom to call."""

    alert_id: str
    incident_id: str
    belongs_to: str
    role: str | None
    type: str
    headline: str | None
    category: str | None
    at: datetime
    agency: str | None
    """Absent where the source is masked."""
    contact: str | None


class Checked(_Answer):
    """Hit or no hit."""

    token: str
    hit: bool
    hits: tuple[Hit, ...]
    """Newest first, 50 at most."""
    more: bool = False


class Step(_Answer):
    """One step of a report's way."""

    at: datetime
    what: str
    sentence: str
    alert_id: str | None = None
    incident_id: str | None = None
    revision: int | None = None


class Journey(_Answer):
    """What became of a report, in order, as far as the asker may know it."""

    report_id: str
    steps: tuple[Step, ...]
