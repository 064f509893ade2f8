"""The tables of alerts. Every row of an alert belongs to its recipient: whose row it is, is who may read it."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from fusionbus.consumers.threats.columns import METADATA, UtcTime

_ID: Final = BigInteger().with_variant(Integer(), "sqlite")


def _id() -> Column[int]:
    return Column("id", _ID, primary_key=True, autoincrement=True)


def _words(*names: str) -> list[Column[str]]:
    return [Column(name, Text) for name in names]


def _counts(*names: str) -> list[Column[int]]:
    return [Column(name, Integer) for name in names]


incidents: Final = Table(
    "incidents",
    METADATA,
    _id(),
    Column("recipient", Text, nullable=False),
    Column("incident_id", Text, nullable=False),
    Column("alert_id", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("msg_type", Text, nullable=False),
    Column("alert_kind", Text, nullable=False),
    *_words("category", "actor", "actor_folded"),
    Column("severity", Text, nullable=False),
    Column("severity_rank", Integer, nullable=False),
    Column("urgency", Text, nullable=False),
    Column("certainty", Text, nullable=False),
    Column("credibility", Text, nullable=False),
    Column("reports", Integer, nullable=False),
    Column("independent_origins", Integer, nullable=False),
    *_words("headline", "province", "district", "district_folded", "tehsil", "place"),
    Column("lat", Double),
    Column("lon", Double),
    # The place on a sphere of radius 1: a distance is then plain arithmetic, which every database has.
    Column("x", Double),
    Column("y", Double),
    Column("z", Double),
    Column("uncertainty_km", Double),
    Column("at", UtcTime, nullable=False),
    Column("occurred_from", UtcTime),
    Column("occurred_to", UtcTime),
    *_counts("killed_low", "killed_high", "injured_low", "injured_high"),
    Column("tlp", Text, nullable=False),
    Column("first_alert_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Column("merged_into", Text),
    UniqueConstraint("recipient", "incident_id"),
)


def _index(name: str, *columns: str) -> None:
    """An index of the incidents that are listed, by what one looks for, newest last."""
    told = text("revision > 0")
    Index(
        f"incidents_by_{name}",
        *(incidents.c[column] for column in ("recipient", "status", *columns)),
        sqlite_where=told,
        postgresql_where=told,
    )


_index("time", "updated_at")
_index("event", "at")
_index("place", "lat", "lon", "x", "y", "z", "updated_at")
_index("province", "province", "updated_at")
_index("district", "district_folded", "updated_at")
_index("category", "category", "updated_at")
_index("actor", "actor_folded", "updated_at")
_index("severity", "severity_rank", "updated_at")

texts: Final = Table(
    "texts",
    METADATA,
    Column("id", _ID, ForeignKey("incidents.id"), primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
)
"""Folded words of an incident's alerts, after its recipient's mark; the full-text index is made from them."""

alerts: Final = Table(
    "alerts",
    METADATA,
    Column("alert_id", Text, primary_key=True),
    Column("incident_id", Text, nullable=False),
    Column("incident_revision", Integer, nullable=False),
    Column("zone", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("msg_type", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("tlp", Text, nullable=False),
    Column("pap", Text, nullable=False),
    Column("classification", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("issued_at", UtcTime, nullable=False),
    Column("published_at", UtcTime, nullable=False),
    Column("acknowledge_by", UtcTime),
    Column("received_at", UtcTime, nullable=False),
    Column("json", Text, nullable=False),
    ForeignKeyConstraint(["recipient", "incident_id"], ["incidents.recipient", "incidents.incident_id"]),
)
Index("alerts_by_incident", alerts.c.recipient, alerts.c.incident_id, alerts.c.incident_revision)
Index("alerts_by_time", alerts.c.recipient, alerts.c.issued_at)


def _of_alert() -> list[Column[str]]:
    return [
        Column("alert_id", Text, ForeignKey("alerts.alert_id"), primary_key=True),
        Column("recipient", Text, nullable=False),
    ]


bodies: Final = Table(
    "bodies",
    METADATA,
    *_of_alert(),
    *_words("report_id"),
    *_counts("revision"),
    *_words("agency", "unit", "local_ref"),
    Column("msg_type", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("reported_at", UtcTime, nullable=False),
    *_words("headline", "narrative"),
    Column("language", Text, nullable=False),
    *_words("tearline", "contact", "section"),
    *_counts("withdrawn_by_revision"),
)
Index("bodies_by_report", bodies.c.recipient, bodies.c.report_id, bodies.c.revision)

persons: Final = Table(
    "persons",
    METADATA,
    *_of_alert(),
    Column("number", Integer, primary_key=True),
    Column("role", Text, nullable=False),
    *_words("sex"),
    *_counts("age_low", "age_high"),
    *_words("name_clk", "released_name"),
)

entities: Final = Table(
    "entities",
    METADATA,
    *_of_alert(),
    Column("number", Integer, primary_key=True),
    Column("type", Text, nullable=False),
    Column("role", Text, nullable=False),
    *_words("released_value"),
)

tokens: Final = Table(
    "tokens",
    METADATA,
    Column("recipient", Text, primary_key=True),
    Column("token", Text, primary_key=True),
    Column("alert_id", Text, ForeignKey("alerts.alert_id"), primary_key=True),
    Column("belongs_to", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
)
"""`belongs_to` is person, person_name or entity."""
Index("tokens_by_alert", tokens.c.alert_id)

acknowledgements: Final = Table(
    "acknowledgements",
    METADATA,
    # The agency is of the key: nobody's word replaces another's.
    Column("agency", Text, primary_key=True),
    Column("alert_id", Text, primary_key=True),
    Column("action", Text, primary_key=True),
    Column("opinion", Text, primary_key=True),
    *_words("by"),
    Column("at", UtcTime, nullable=False),
    *_words("note"),
)
"""The newest word of each kind; it may be here before its alert is."""
