"""Brings a database to the tables of this software; what is newer or foreign is left alone."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, inspect, text

from fusionbus.consumers.threats.columns import METADATA
from fusionbus.consumers.threats.store import keep_acknowledgements, keep_alerts
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.vocabulary import AckAction, Opinion

_VERSIONS: Final = Path(__file__).parent / "migrations" / "versions"
_ONE_AT_A_TIME: Final = 7_206_251_140_013
"""The key of PostgreSQL's lock that one upgrade holds; any number that no other program uses."""
_FIRST_FORM: Final = ("acknowledgements", "tokens", "entities", "persons", "bodies", "alerts", "incidents")
"""Tables of the form before migrations, in an order in which they can go."""


def bring_up_to_date(db: Connection, shown: str) -> None:
    """Makes what is missing, in the caller's transaction, one process at a time.

    Raises: Misconfigured for a database of a newer version, or one that is no threat database.
    """
    if db.dialect.name == "postgresql":
        db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
        db.execute(text("SET LOCAL statement_timeout = 0"))
    there = set(inspect(db).get_table_names())
    version = db.scalar(text("SELECT version_num FROM alembic_version")) if "alembic_version" in there else None
    steps = _steps()
    if version == steps[-1]:
        return
    if version is not None and version not in steps:
        raise Misconfigured(
            f"{shown} is a threat database of version {version}, this software knows {steps[-1]}: update it."
        )
    told: list[tuple[datetime, Alert]] = []
    said: list[Acknowledgement] = []
    if version is None and "schema_version" in there:
        told, said = _first_form(db, shown)
    elif version is None and (foreign := sorted(there & set(METADATA.tables))):
        raise Misconfigured(f"{shown} holds tables of others ({', '.join(foreign[:3])}): name another database.")
    _upgrade(db)
    for received_at, alert in told:
        keep_alerts(db, [alert], received_at)
    keep_acknowledgements(db, said)


def _steps() -> list[str]:
    """The versions this software knows, oldest first, by the names of their files."""
    return sorted(path.stem[1:5] for path in _VERSIONS.glob("v[0-9][0-9][0-9][0-9]_*.py"))


def _upgrade(db: Connection) -> None:
    # Imported where it is needed: Alembic takes as long to load as all the rest, and a database is upgraded once.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_VERSIONS.parent).replace("%", "%%"))
    config.attributes["connection"] = db
    command.upgrade(config, "head")


def _first_form(db: Connection, shown: str) -> tuple[list[tuple[datetime, Alert]], list[Acknowledgement]]:
    """What the form before migrations holds, which is gone afterwards: every other row was made from its alerts."""
    known = db.execute(text("SELECT max(version) FROM schema_version")).scalar_one()
    if known != 1:
        raise Misconfigured(f"{shown} is a threat database of version {known}, this software knows 1: update it.")
    told = list(_decoded(db.execute(text("SELECT received_at, json FROM alerts ORDER BY rowid"))))
    by_id = {alert.alert_id: alert for _, alert in told}
    said = [
        _said(row, by_id[row["alert_id"]])
        for row in db.execute(text("SELECT * FROM acknowledgements")).mappings()
        if row["alert_id"] in by_id
    ]
    for table in (*_FIRST_FORM, "schema_version"):
        db.execute(text(f"DROP TABLE {table}"))
    return told, said


def _decoded(rows: Iterable[Any]) -> Iterator[tuple[datetime, Alert]]:
    for received_at, told in rows:
        alert = codec.decode(Alert, told.encode())
        if not isinstance(alert, Undecodable):
            yield datetime.fromisoformat(received_at), alert


def _said(row: Any, alert: Alert) -> Acknowledgement:
    return Acknowledgement(
        agency=row["agency"],
        by=row["by"],
        at=datetime.fromisoformat(row["at"]),
        alert_id=alert.alert_id,
        incident_id=alert.incident_id,
        incident_revision=alert.incident_revision,
        zone=alert.zone,
        action=AckAction(row["action"]),
        opinion=Opinion(row["opinion"]) if row["opinion"] else None,
        note=row["note"],
    )
