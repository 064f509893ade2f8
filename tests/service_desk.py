"""What tests of alert services share: their settings, a clock that is set, and a desk that keeps its letters."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from fusionbus.consumers.handlers import Handler
from fusionbus.consumers.services.config import AlertServices
from fusionbus.consumers.services.courier import Courier, ServiceSettings
from fusionbus.consumers.services.outbox import Outbox
from fusionbus.consumers.testing import RecordingHandler, sample_alert
from fusionbus.contract.alert import Alert
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.vocabulary import AckAction, Severity, Urgency

NOON = datetime(2026, 1, 15, 7, 0, tzinfo=UTC)
DIGEST_AT = datetime(2026, 1, 15, 14, 30, tzinfo=UTC)
CONFIG = AlertServices.model_validate(
    {
        "agency": "CTD-KP",
        "contacts": {"desk": {"handler": "terminal"}, "deputy": {"handler": "terminal"}},
        "services": [
            {
                "name": "Mail",
                "to": ["desk"],
                "digest": {"at": ["19:30"]},
                "escalation": {"after_min": 15, "to": ["deputy"]},
            }
        ],
    }
)


class Clock:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Mailbox(RecordingHandler):
    """A recipient that can be told several alerts at once."""

    name = "mailbox"

    def __init__(self, failures: list[Exception] | None = None) -> None:
        super().__init__(failures)
        self.letters: list[tuple[list[str], str, str]] = []

    def tell(self, alerts: Sequence[Alert], word: str, key: str) -> None:
        self.tries += 1
        if self._failures:
            raise self._failures.pop(0)
        self.letters.append(([alert.alert_id for alert in alerts], word, key))


def severe(number: int = 1, revision: int = 1, **changes: Any) -> Alert:
    body = {"severity": Severity.SEVERE, "urgency": Urgency.EXPECTED} | changes.pop("body", {})
    return sample_alert(number=number, revision=revision, body=body, **changes)


def minor(number: int = 1, **changes: Any) -> Alert:
    return severe(number, body={"severity": Severity.MINOR}, **changes)


def answer(alert: Alert, action: AckAction = AckAction.USED) -> Acknowledgement:
    return Acknowledgement(
        agency=alert.recipient,
        at=NOON,
        alert_id=alert.alert_id,
        incident_id=alert.incident_id,
        incident_revision=alert.incident_revision,
        zone=alert.zone,
        action=action,
    )


def courier(outbox: Outbox, handler: Handler, clock: Clock, contact: str = "desk") -> Courier:
    return Courier(contact, "CTD-KP", handler, outbox, ServiceSettings(), now=clock, jitter=lambda: 1.0)
