"""The first tables of the threat database: alerts by recipient, the hub's own, and the full-text index."""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from fusionbus.consumers.threats.columns import UtcTime

revision: Final = "0001"
down_revision: Final = None

# Each column: its name, `:type` where it is no text, `?` where it may be empty, `!` where it is of the key.
_TABLES: Final = {
    "acknowledgements": ("agency! alert_id! action! opinion! by? at:time note? "),
    "agencies": ("agency! name reviews:bool active:bool contact json "),
    "hub_incidents": ("incident_id! zone status revision:int closed:bool updated_at:time json "),
    "incidents": (
        "id:id! recipient incident_id alert_id zone status revision:int kind msg_type alert_kind category? "
        "actor? actor_folded? severity severity_rank:int urgency certainty credibility reports:int "
        "independent_origins:int headline? province? district? district_folded? tehsil? place? lat:real? "
        "lon:real? x:real? y:real? z:real? uncertainty_km:real? at:time occurred_from:time? occurred_to:time? "
        "killed_low:int? killed_high:int? injured_low:int? injured_high:int? tlp first_alert_at:time "
        "updated_at:time withdrawn:bool merged_into? "
    ),
    "letters": (
        "dead_letter_id! at:time topic partition:int offset:big agency? reason field? sentence body_bytes:int "
    ),
    "link_incidents": ("incident_id! link_id! "),
    "links": ("link_id! type at:time json "),
    "positions": ("topic! partition:int! next_offset:big "),
    "receipts": (
        "receipt_id! agency at:time outcome report_id? local_ref? revision:int? incident_id? reason? sentence? json "
    ),
    "alerts": (
        "alert_id! incident_id incident_revision:int zone recipient kind status msg_type rule why form tlp "
        "pap classification severity issued_at:time published_at:time acknowledge_by:time? received_at:time "
        "json "
    ),
    "texts": ("id:id! text "),
    "bodies": (
        "alert_id! recipient report_id? revision:int? agency? unit? local_ref? msg_type kind form "
        "reported_at:time headline? narrative? language tearline? contact? section? "
        "withdrawn_by_revision:int? "
    ),
    "entities": ("alert_id! recipient number:int! type role released_value? "),
    "persons": ("alert_id! recipient number:int! role sex? age_low:int? age_high:int? name_clk? released_name? "),
    "tokens": ("recipient! token! alert_id! belongs_to! number:int! "),
}

_REFERENCES: Final = (
    ("alerts", "incidents", "recipient incident_id"),
    ("texts", "incidents", "id"),
    ("bodies", "alerts", "alert_id"),
    ("entities", "alerts", "alert_id"),
    ("persons", "alerts", "alert_id"),
    ("tokens", "alerts", "alert_id"),
)

_INDEXES: Final = (
    ("incidents_by_time", "incidents", "recipient status updated_at"),
    ("incidents_by_event", "incidents", "recipient status at"),
    ("incidents_by_place", "incidents", "recipient status lat lon x y z updated_at"),
    ("incidents_by_province", "incidents", "recipient status province updated_at"),
    ("incidents_by_district", "incidents", "recipient status district_folded updated_at"),
    ("incidents_by_category", "incidents", "recipient status category updated_at"),
    ("incidents_by_actor", "incidents", "recipient status actor_folded updated_at"),
    ("incidents_by_severity", "incidents", "recipient status severity_rank updated_at"),
    ("letters_by_agency", "letters", "agency at"),
    ("link_incidents_by_link", "link_incidents", "link_id"),
    ("links_by_type", "links", "type at"),
    ("receipts_by_report", "receipts", "agency report_id at"),
    ("receipts_by_time", "receipts", "agency at"),
    ("alerts_by_incident", "alerts", "recipient incident_id incident_revision"),
    ("alerts_by_time", "alerts", "recipient issued_at"),
    ("bodies_by_report", "bodies", "recipient report_id revision"),
    ("tokens_by_alert", "tokens", "alert_id"),
)

_WORDS_IN_SQLITE: Final = "content='texts', content_rowid='id', tokenize='ascii', detail='none', columnsize=0"
"""Words are folded before they come here, one space apart: whatever is not a space is of the word."""
_INTO: Final = "INSERT INTO texts_words (rowid, text) VALUES (new.id, new.text);"
_OUT_OF: Final = "INSERT INTO texts_words (texts_words, rowid, text) VALUES ('delete', old.id, old.text);"
_INDEX_IN_SQLITE: Final = (
    f"CREATE VIRTUAL TABLE texts_words USING fts5 (text, {_WORDS_IN_SQLITE})",
    f"CREATE TRIGGER texts_in AFTER INSERT ON texts BEGIN {_INTO} END",
    f"CREATE TRIGGER texts_out AFTER DELETE ON texts BEGIN {_OUT_OF} END",
    f"CREATE TRIGGER texts_anew AFTER UPDATE ON texts BEGIN {_OUT_OF} {_INTO} END",
)
_LEXEMES: Final = "array_to_tsvector(string_to_array(rtrim(text), ' '))"
# Without `fastupdate`: what waits to be indexed is read through at every question, 2.5 s after 100,000 incidents.
_INDEX_IN_POSTGRESQL: Final = (f"CREATE INDEX texts_words ON texts USING gin ({_LEXEMES}) WITH (fastupdate = off)",)

_TYPES: Final[dict[str, Any]] = {
    "": sa.Text,
    "int": sa.Integer,
    "big": sa.BigInteger,
    "id": sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
    "real": sa.Double,
    "time": UtcTime,
    "bool": sa.Boolean,
}


def upgrade() -> None:
    """Makes tables and indexes."""
    for name, words in _TABLES.items():
        columns = [_column(word) for word in words.split()]
        key = sa.PrimaryKeyConstraint(*(column.name for column in columns if column.primary_key), name=f"{name}_key")
        op.create_table(name, *columns, key, *_references(name))
    for name, table, words in _INDEXES:
        listed = sa.text("revision > 0") if name.startswith("incidents_by") else None
        op.create_index(name, table, words.split(), sqlite_where=listed, postgresql_where=listed)
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in _INDEX_IN_SQLITE if on_sqlite else _INDEX_IN_POSTGRESQL:
        op.execute(statement)


def _column(word: str) -> sa.Column[Any]:
    name, _, kind = word.rstrip("?!").partition(":")
    return sa.Column(name, _TYPES[kind], nullable=word.endswith("?"), primary_key=word.endswith("!"))


def _references(table: str) -> list[sa.Constraint]:
    found: list[sa.Constraint] = []
    for of, there, words in _REFERENCES:
        if of == table:
            names = words.split()
            found.append(sa.ForeignKeyConstraint(names, [f"{there}.{name}" for name in names], f"{of}_of_{there}"))
    if table == "incidents":
        found.append(sa.UniqueConstraint("recipient", "incident_id", name="incidents_one_recipient_incident_id"))
    return found
