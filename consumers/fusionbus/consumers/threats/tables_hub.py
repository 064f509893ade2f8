"""What the centre keeps besides alerts: receipts, what waits for a reviewer, dead letters, agencies."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from fusionbus.consumers.threats.columns import METADATA, UtcTime

receipts: Final = Table(
    "receipts",
    METADATA,
    Column("receipt_id", Text, primary_key=True),
    Column("agency", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("report_id", Text),
    Column("local_ref", Text),
    Column("revision", Integer),
    Column("incident_id", Text),
    Column("reason", Text),
    Column("sentence", Text),
    Column("json", Text, nullable=False),
)
"""A receipt is its originator's: only `agency` reads it."""
Index("receipts_by_report", receipts.c.agency, receipts.c.report_id, receipts.c.at)
Index("receipts_by_time", receipts.c.agency, receipts.c.at)

hub_incidents: Final = Table(
    "hub_incidents",
    METADATA,
    Column("incident_id", Text, primary_key=True),
    Column("zone", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("json", Text, nullable=False),
)
"""Incidents as the hub holds them: only agencies with `reviews` read them."""

links: Final = Table(
    "links",
    METADATA,
    Column("link_id", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("json", Text, nullable=False),
)
Index("links_by_type", links.c.type, links.c.at)

link_incidents: Final = Table(
    "link_incidents",
    METADATA,
    Column("incident_id", Text, primary_key=True),
    Column("link_id", Text, primary_key=True),
)
Index("link_incidents_by_link", link_incidents.c.link_id)

letters: Final = Table(
    "letters",
    METADATA,
    Column("dead_letter_id", Text, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("agency", Text),
    Column("reason", Text, nullable=False),
    Column("field", Text),
    Column("sentence", Text, nullable=False),
    Column("body_bytes", Integer, nullable=False),
)
"""Dead letters without key and body: what was refused is not kept here."""
Index("letters_by_agency", letters.c.agency, letters.c.at)

agencies: Final = Table(
    "agencies",
    METADATA,
    Column("agency", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("reviews", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("contact", Text, nullable=False),
    Column("json", Text, nullable=False),
)

positions: Final = Table(
    "positions",
    METADATA,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
)
"""How far each topic has been read: it moves with what was read, so a crash repeats nothing and skips nothing."""
