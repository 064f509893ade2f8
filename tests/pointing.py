"""What deconfliction told, and whom it said to call; for tests."""

from fusionbus.contract.alert import Alert
from fusionbus.contract.vocabulary import AlertKind
from hub import HubOnPaper


def pointers(hub: HubOnPaper) -> dict[str, list[Alert]]:
    """The pointers by recipient."""
    found: dict[str, list[Alert]] = {}
    for alert in hub.alerts():
        if alert.kind is AlertKind.DECONFLICTION:
            found.setdefault(alert.recipient, []).append(alert)
    return found


def called(hub: HubOnPaper) -> dict[str, list[str | None]]:
    """Whom each recipient was told to call."""
    return {name: [alert.body.contact for alert in told] for name, told in pointers(hub).items()}


def desk(hub: HubOnPaper, agency: str) -> str:
    """Whom to call about what this agency has."""
    return hub.registry.agencies[agency].contact
