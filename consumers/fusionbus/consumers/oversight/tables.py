"""The tables of the oversight database: acts without bodies, and how long each date was in force."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, Table, Text

from fusionbus.consumers.threats.columns import UtcTime

VERSION: Final = 1
"""Of the tables that are filled from the audit: a database of another is emptied and filled anew."""
_NUMBER: Final = BigInteger().with_variant(Integer(), "sqlite")
VIEW: Final = MetaData()
"""What can be made anew from the audit at any time."""
ASKED: Final = MetaData()
"""What cannot: who asked about whom."""

records: Final = Table(
    "oversight_records",
    VIEW,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("audit_id", Text, nullable=False, unique=True),
    Column("at", UtcTime, nullable=False),
    Column("event", Text, nullable=False),
    Column("agency", Text),
    Column("report_id", Text),
    Column("revision", Integer),
    Column("incident_id", Text),
    Column("relation", Text),
    Column("override", Boolean, nullable=False),
    Column("reason", Text),
    Column("action", Text),
    Column("answer", Text),
    Column("request_id", Text),
    Column("origins", Integer),
    Column("ringed", Boolean),
    Column("told", Text),
)
"""`told` is JSON: by agency the form it got and the rule that let it; withheld agencies stay in the audit."""
Index("oversight_records_by_event", records.c.event, records.c.at)
Index("oversight_records_by_report", records.c.report_id)
Index("oversight_records_by_incident", records.c.incident_id, records.c.event)

sent: Final = Table(
    "oversight_sent",
    VIEW,
    Column("day", Text, primary_key=True),
    Column("agency", Text, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("form", Text, primary_key=True),
    Column("count", Integer, nullable=False),
)
"""How much each agency was sent a day (of Pakistan), by rule and form."""

keepings: Final = Table(
    "oversight_keepings",
    VIEW,
    Column("report_id", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("agency", Text),
    Column("since", UtcTime, nullable=False),
    Column("until_at", UtcTime),
    Column("review_due", UtcTime),
    Column("breach_at", UtcTime),
)
"""Which dates of a report were in force when; `breach_at` is the moment from which keeping it is a breach."""
Index("oversight_keepings_by_review", keepings.c.review_due)
Index("oversight_keepings_by_breach", keepings.c.breach_at)

holds: Final = Table(
    "oversight_holds",
    VIEW,
    Column("report_id", Text, primary_key=True),
    Column("agency", Text, primary_key=True),
    Column("since", UtcTime, primary_key=True),
    Column("until_at", UtcTime),
)

marks: Final = Table(
    "oversight_marks",
    VIEW,
    Column("report_id", Text, primary_key=True),
    Column("mark", Text, primary_key=True),
)

positions: Final = Table(
    "oversight_positions",
    VIEW,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("next", BigInteger, nullable=False),
)

about: Final = Table("oversight_about", ASKED, Column("version", Integer, primary_key=True, autoincrement=False))

questions: Final = Table(
    "oversight_questions",
    ASKED,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("mark", Text, nullable=False),
    Column("found", Integer, nullable=False),
)
"""Only ever added to: triggers refuse every change. `mark` is the token's, for whoever has it to recognise."""

KEPT_IN_SQLITE: Final = tuple(
    f"CREATE TRIGGER IF NOT EXISTS oversight_questions_no_{act} BEFORE {act} ON oversight_questions "
    "BEGIN SELECT RAISE(ABORT, 'questions are only added to'); END"
    for act in ("UPDATE", "DELETE")
)
KEPT_IN_POSTGRESQL: Final = (
    """CREATE OR REPLACE FUNCTION oversight_questions_kept() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN RAISE EXCEPTION 'questions are only added to'; END$$""",
    """CREATE OR REPLACE TRIGGER oversight_questions_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON oversight_questions
    EXECUTE FUNCTION oversight_questions_kept()""",
)
