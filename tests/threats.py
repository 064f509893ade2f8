"""For tests of the threat database: both kinds of it, empty, and what they hold."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from builders import NOW, a_token
from fusionbus.consumers.testing import sample_alert
from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.store import keep_alerts
from fusionbus.consumers.threats.viewer import Viewer
from fusionbus.contract.alert import Alert
from fusionbus.contract.incident import Claim
from fusionbus.contract.report import Entity, Person
from fusionbus.contract.vocabulary import EntityType, SubjectRole

BOTH = ("sqlite", "postgresql")
KP, PB = Viewer("CTD-KP"), Viewer("CTD-PB")


def empty_url(kind: str, folder: Path, request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of this kind; PostgreSQL is started only where a test asks for it."""
    if kind == "sqlite":
        return f"sqlite:{folder}/threats.db"
    made: Callable[[], str] = request.getfixturevalue("postgresql").new_database
    return made()


def keep(database: ThreatDatabase, alerts: Iterable[Alert]) -> None:
    """Keeps the alerts, all in one transaction."""
    with database.writing() as connection:
        keep_alerts(connection, list(alerts), NOW)


def rows(database: ThreatDatabase, query: str) -> list[Any]:
    """What a query of the test's own finds."""
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def told(number: int = 1, **changes: Any) -> Alert:
    """An alert to CTD-KP; what is no field of an alert is one of its report, and said of the incident too."""
    mine = {name: changes.pop(name) for name in list(changes) if name in Alert.model_fields or name == "revision"}
    alert = sample_alert(mine.pop("recipient", "CTD-KP"), number, body=changes, **mine)
    said = {name: value for name, value in changes.items() if name in Claim.model_fields and name != "actor"}
    claim = alert.incident.claim.model_copy(update=said)
    return alert.model_copy(update={"incident": alert.incident.model_copy(update={"claim": claim})})


def with_subjects(agency: str, number: int, **changes: Any) -> Alert:
    """An alert that names a person and a number plate."""
    person = Person(role=SubjectRole.WITNESS, id_tokens=(a_token("cnic", 1),), name_tokens=(a_token("name", 9),))
    plate = Entity(type=EntityType.PLATE, token=a_token("plate", 2), role=SubjectRole.OTHER)
    return told(number, recipient=agency, persons=(person,), entities=(plate,), **changes)
