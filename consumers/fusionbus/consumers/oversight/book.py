"""The oversight database, open: filled from the audit alone, and whatever was asked about a person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, func, insert, inspect, select, update

from fusionbus.consumers.oversight import folding, tables
from fusionbus.consumers.oversight.folding import Noted
from fusionbus.consumers.threats.database import OpenDatabase
from fusionbus.consumers.threats.rows import Row
from fusionbus.consumers.threats.store import insert_into, insert_new
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.facts import mark_of
from fusionbus.shell.settings import default_home

QUESTION: Final = "question"
"""Stands for the report in the mark of a token that was asked for: it ties no question to a report's own marks."""


def default_url() -> str:
    """The database where none is named: a file in this user's data folder."""
    return f"sqlite:{default_home() / 'oversight.db'}"


class Book(OpenDatabase):
    """The oversight database. Raises what `OpenDatabase` does."""

    kind = "oversight database"

    def take(self, noted: Sequence[Noted], reached: Mapping[int, int]) -> int:
        """How many of the records were new; `reached` is by partition the next offset, kept in the same transaction.

        What was read before, or written twice by the hub after a crash, is there already and changes nothing.
        """
        with self.writing() as connection:
            new = _keep_records(connection, noted)
            _keep_dates(connection, new)
            _keep_holds(connection, new)
            _keep_counts(connection, new)
            marked = [row for each in new for row in folding.mark_rows(each.record)]
            insert_new(connection, tables.marks, marked)
            rows: list[Row] = [{"partition": partition, "next": after} for partition, after in reached.items()]
            _upsert_positions(connection, rows)
        return len(new)

    def positions(self) -> dict[int, int]:
        """By partition of the audit the offset that is read next."""
        with self.reading() as connection:
            return {row.partition: row.next for row in connection.execute(select(tables.positions))}

    def newest(self) -> datetime | None:
        """When the newest act that is here was done."""
        with self.reading() as connection:
            newest: datetime | None = connection.scalar(select(func.max(tables.records.c.at)))
        return newest

    def extent(self, end: datetime) -> tuple[int, datetime | None]:
        """How many acts were done before this moment, and when the newest of all was."""
        with self.reading() as connection:
            before = select(func.count()).select_from(tables.records).where(tables.records.c.at < end)
            count = connection.scalar(before) or 0
        return count, self.newest()

    def note_question(self, at: datetime, by: str, reason: str, token: str, found: int) -> None:
        """Writes down who asked about a token; it is on the disk when this returns."""
        row = {"at": at, "by": by, "reason": reason, "mark": mark_of(QUESTION, token), "found": found}
        with self.writing() as connection:
            connection.execute(insert(tables.questions).values(row))

    def questions(self) -> list[Row]:
        """Who asked when and why, oldest first."""
        with self.reading() as connection:
            asked = select(tables.questions).order_by(tables.questions.c.number)
            return [dict(row) for row in connection.execute(asked).mappings()]

    def _bring_up_to_date(self, connection: Connection) -> None:
        there = set(inspect(connection).get_table_names())
        ours = {table.name for group in (tables.VIEW, tables.ASKED) for table in group.tables.values()}
        if "alembic_version" in there or (there and not there & ours):
            raise Misconfigured(f"{self.shown} holds tables of others: name a database of its own for oversight.")
        tables.ASKED.create_all(connection)
        sqlite = connection.dialect.name == "sqlite"
        for statement in tables.KEPT_IN_SQLITE if sqlite else tables.KEPT_IN_POSTGRESQL:
            connection.exec_driver_sql(statement)
        version = connection.scalar(select(func.max(tables.about.c.version)))
        if version is not None and version > tables.VERSION:
            raise Misconfigured(
                f"{self.shown} is an oversight database of version {version}, this software knows {tables.VERSION}: "
                "update it."
            )
        if version != tables.VERSION:
            tables.VIEW.drop_all(connection)
            connection.execute(insert(tables.about).values(version=tables.VERSION))
        tables.VIEW.create_all(connection)


def _keep_records(db: Connection, noted: Sequence[Noted]) -> list[Noted]:
    """Those that were new."""
    once = {each.record.audit_id: each for each in reversed(noted)}
    rows = [folding.record_row(each) for each in reversed(once.values())]
    if not rows:
        return []
    statement = insert_into(db, tables.records).on_conflict_do_nothing().returning(tables.records.c.audit_id)
    new = set(db.scalars(statement, rows))
    return [each for each in reversed(once.values()) if each.record.audit_id in new]


def _keep_dates(db: Connection, new: Sequence[Noted]) -> None:
    """Ends what was in force of a report, and begins what is."""
    open_one = tables.keepings.c.until_at.is_(None) & (tables.keepings.c.report_id == bindparam("name"))
    ending = update(tables.keepings).where(open_one).values(until_at=bindparam("moment"))
    for some in folding.rounds(each for each in new if folding.ends_keeping(each.record)):
        db.execute(ending, [{"name": each.record.report_id, "moment": each.record.at} for each in some])
        insert_new(db, tables.keepings, [row for each in some if (row := folding.keeping_row(each)) is not None])


def _keep_holds(db: Connection, new: Sequence[Noted]) -> None:
    open_one = tables.holds.c.until_at.is_(None) & (tables.holds.c.report_id == bindparam("name"))
    ending = update(tables.holds).values(until_at=bindparam("moment"))
    for each in new:
        record, change = each.record, folding.hold_of(each.record)
        told = {"name": record.report_id, "moment": record.at}
        if change is not None:
            agency, holds = change
            if holds:
                row: Row = {"report_id": record.report_id, "agency": agency, "since": record.at}
                insert_new(db, tables.holds, [row])
            else:
                db.execute(ending.where(open_one, tables.holds.c.agency == agency), told)
        elif folding.was_purged(record):
            db.execute(ending.where(open_one), told)


def _keep_counts(db: Connection, new: Sequence[Noted]) -> None:
    rows = folding.sent_rows(each.record for each in new)
    if rows:
        statement = insert_into(db, tables.sent)
        more = tables.sent.c["count"] + statement.excluded["count"]
        keys = ("day", "agency", "rule", "form")
        db.execute(statement.on_conflict_do_update(index_elements=keys, set_={"count": more}), rows)


def _upsert_positions(db: Connection, rows: list[Row]) -> None:
    if rows:
        statement = insert_into(db, tables.positions)
        after = {"next": statement.excluded["next"]}
        db.execute(statement.on_conflict_do_update(index_elements=["partition"], set_=after), rows)
