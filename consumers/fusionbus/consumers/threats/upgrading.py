"""Brings a database to the tables of this software; what is newer or foreign is left alone."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from fusionbus.consumers.threats.store import keep_acknowledgements, keep_alerts
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.vocabulary import AckAction, Opinion

_SCRIPTS: Final = "fusionbus.consumers.threats:migrations"
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
    config = _config(db)
    scripts = ScriptDirectory.from_config(config)
    version, newest = MigrationContext.configure(db).get_current_revision(), scripts.get_current_head()
    if version == newest:
        return
    if version is not None and version not in {script.revision for script in scripts.walk_revisions()}:
        raise Misconfigured(
            f"{shown} is a threat database of version {version}, this software knows {newest}: update it."
        )
    there = set(inspect(db).get_table_names())
    told: list[tuple[datetime, Alert]] = []
    said: list[Acknowledgement] = []
    if version is None and "schema_version" in there:
        told, said = _first_form(db, shown)
    elif version is None and there:
        raise Misconfigured(f"{shown} holds other tables ({', '.join(sorted(there)[:3])}): name an empty database.")
    command.upgrade(config, "head")
    for received_at, alert in told:
        keep_alerts(db, [alert], received_at)
    keep_acknowledgements(db, said)


def _config(db: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    config.attributes["connection"] = db
    return config


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
