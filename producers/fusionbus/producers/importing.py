"""From rows to reports, by a mapping; what is wrong with a row is said with the row and the column."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import zip_longest
from typing import Any, Final
from zoneinfo import ZoneInfo

from fusionbus.contract import ids
from fusionbus.contract.codec import Undecodable, decode_report
from fusionbus.contract.errors import FixTheReport, Misconfigured
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import TLP, EntityType, Status
from fusionbus.producers.cells import CellFault, columns_of, day, text_of, value_of
from fusionbus.producers.mapping import Mapping, Origin, PersonRule, rule_of
from fusionbus.producers.normalise import normalise
from fusionbus.producers.payments import ReadRow, RowFault, gathered, payment_of, payment_origins
from fusionbus.producers.rows import Row, Sheet, fold_heading
from fusionbus.producers.tokens import FederationKey, name_clk, tokenise_name

__all__ = ["Importer", "RowFault"]

_COUNT: Final = re.compile(r"(\d{1,6})(?:\s*[-–]\s*(\d{1,6}))?")


class Importer:
    """Makes the reports of one agency out of rows.

    Args:
        mapping: which column becomes what.
        agency: whose reports they are.
        key: under which persons and things are hashed.
        file_at: stands for `reported_at` where the mapping has none: the file's time, not now, so that the same file
            imported again makes the same reports.
    """

    def __init__(self, mapping: Mapping, agency: str, key: FederationKey, file_at: datetime) -> None:
        self._mapping, self._agency, self._key, self._file_at = mapping, agency, key, file_at
        self._zone = ZoneInfo(mapping.timezone)
        self._columns = {field: columns_of(origin) for field, origin in mapping.report.items()}
        self._seen: dict[str, int] = {}

    def reports(self, sheet: Sheet) -> Iterator[tuple[Row, ThreatReport] | list[RowFault]]:
        """For each row its report, or all that is wrong with it; of a sheet of payments, for each report's rows.

        Raises: Misconfigured when the file lacks a column that the mapping reads.
        """
        self._check_columns(sheet)
        if self._mapping.transactions is not None:
            yield from gathered(sheet.rows, self._reference, self.read, self.validated)
            return
        for row in sheet.rows:
            made = self.report(row)
            yield made if isinstance(made, list) else (row, made)

    def report(self, row: Row) -> ThreatReport | list[RowFault]:
        """The report of one row, or all that is wrong with it."""
        found = self.read(row)
        if isinstance(found, list):
            return found
        first = self._seen.setdefault(found.local_ref, row.number)
        if first != row.number:
            told = f"row {first} has the same reference {found.local_ref}"
            return [RowFault(row, columns_of(self._mapping.local_ref)[-1], told)]
        return self.validated(found)

    def read(self, row: Row) -> ReadRow | list[RowFault]:
        """What one row tells, not yet held against the contract, or all that is wrong with it."""
        if row.fault is not None:
            return [RowFault(row, None, row.fault)]
        faults: list[RowFault] = []
        local_ref = self._guarded(row, faults, self._local_ref)
        fields: dict[str, Any] = {}
        for field, origin in self._mapping.report.items():
            self._set_field(row, fields, field, origin, faults)
        for name, make in (("persons", self._persons), ("entities", self._entities), ("casualties", self._casualties)):
            made = self._guarded(row, faults, make)
            if made:
                fields[name] = made
        payment = self._guarded(row, faults, self._payment)
        if faults or local_ref is None:
            return list({fault.column: fault for fault in faults}.values())
        return ReadRow(row, local_ref, fields, payment)

    def _reference(self, row: Row) -> str | None:
        """The row's reference, where it can be read at all."""
        try:
            return None if row.fault is not None else self._local_ref(row)
        except CellFault:
            return None

    def _payment(self, row: Row) -> dict[str, Any] | None:
        rule = self._mapping.transactions
        return payment_of(row, rule, self._zone, self._token) if rule is not None else None

    def _set_field(self, row: Row, fields: dict[str, Any], field: str, origin: Origin, faults: list[RowFault]) -> None:
        try:
            value = value_of(row, origin, self._zone)
        except CellFault as exc:
            faults.append(RowFault(row, exc.column, exc.sentence))
            return
        if value is not None:
            *path, last = field.split(".")
            inner = fields
            for part in path:
                inner = inner.setdefault(part, {})
            inner[last] = self._time(field, value)

    def _time(self, field: str, value: Any) -> Any:
        if field in ("occurred", "section.planned", "section.expected"):
            start, end = (value, value) if isinstance(value, datetime) else day(value, self._zone)
            return {"start": start.isoformat(), "end": end.isoformat()}
        if isinstance(value, date) and not isinstance(value, datetime):
            return day(value, self._zone)[0].isoformat()
        return value.isoformat() if isinstance(value, datetime) else value

    def _guarded(self, row: Row, faults: list[RowFault], make: Any) -> Any:
        try:
            return make(row)
        except CellFault as exc:
            faults.append(RowFault(row, exc.column, exc.sentence))
            return None

    def _local_ref(self, row: Row) -> str:
        ref = value_of(row, self._mapping.local_ref, self._zone)
        columns = columns_of(self._mapping.local_ref)
        if ref is None:
            empty = next((one for one in columns if not text_of(row, one)), columns[0])
            raise CellFault(empty, "it is empty, and the report's reference is made from it")
        return str(ref)

    def _persons(self, row: Row) -> list[dict[str, Any]]:
        return [person for rule in self._mapping.persons for person in self._persons_by(row, rule)]

    def _persons_by(self, row: Row, rule: PersonRule) -> Iterator[dict[str, Any]]:
        names, cnics, passports, phones = (
            self._cells(row, origin, rule.split) for origin in (rule.name, rule.cnic, rule.passport, rule.phone)
        )
        for name, cnic, passport, phone in zip_longest(names, cnics, passports, phones, fillvalue=""):
            tokens = [
                self._token(type_, text, origin)
                for type_, text, origin in (
                    (EntityType.CNIC, cnic, rule.cnic),
                    (EntityType.PASSPORT, passport, rule.passport),
                    (EntityType.PHONE, phone, rule.phone),
                )
                if text and origin is not None
            ]
            if name or tokens:
                person: dict[str, Any] = {"role": rule.role, "id_tokens": tokens}
                person |= {
                    "name_tokens": tokenise_name(name, key=self._key),
                    "name_clk": name_clk(name, key=self._key),
                }
                yield person | ({"released_name": name} if rule.release_name and name else {})

    def _entities(self, row: Row) -> list[dict[str, Any]]:
        return [
            {"type": rule.type, "token": self._token(rule.type, text, rule.value), "role": rule.role}
            | ({"released_value": text} if rule.release else {})
            for rule in self._mapping.entities
            for text in self._cells(row, rule.value, rule.split)
            if text
        ]

    def _casualties(self, row: Row) -> list[dict[str, Any]]:
        return [
            {"outcome": rule.outcome, "group": rule.group} | _count(text, rule.count)
            for rule in self._mapping.casualties
            for text in self._cells(row, rule.count, None)
        ]

    def _cells(self, row: Row, origin: Origin | None, split: str | None) -> list[str]:
        value = value_of(row, origin, self._zone) if origin is not None else None
        if value is None:
            return []
        return [one.strip() for one in str(value).split(split)] if split is not None else [str(value)]

    def _token(self, type_: EntityType, text: str, origin: Origin) -> str:
        try:
            return self._key.token(type_, normalise(type_, text))
        except FixTheReport as exc:
            raise CellFault(columns_of(origin)[0], str(exc).rstrip(".")) from exc

    def validated(self, read: ReadRow) -> ThreatReport | list[RowFault]:
        """The report, or what the contract refuses in it."""
        row, local_ref = read.row, read.local_ref
        whole = {
            "report_id": ids.report_id(self._agency, local_ref),
            "agency": self._agency,
            "local_ref": local_ref,
            "status": Status.ACTUAL,
            "reported_at": self._file_at.astimezone(UTC).isoformat(),
            **read.fields,
        }
        whole["handling"] = {"tlp": TLP.AMBER} | read.fields.get("handling", {})
        found = decode_report(json.dumps(whole).encode())
        if not isinstance(found, Undecodable):
            return found
        return [RowFault(row, self._column_of(found.field), found.sentence.rstrip("."))]

    def _column_of(self, field: str | None) -> str | None:
        """The column behind a field that the contract refused, if one alone is."""
        for name, columns in self._columns.items():
            # The contract puts a section's kind into the path: section.record.record_number.
            if field is not None and name.split(".")[-1] == field.split(".")[-1] and len(columns) == 1:
                return columns[0]
        return None

    def _check_columns(self, sheet: Sheet) -> None:
        if sheet.headings is None:
            return
        there = {fold_heading(heading) for heading in sheet.headings}
        missing = [
            column
            for origin in self._origins()
            for column in columns_of(origin)
            if fold_heading(column) not in there and not rule_of(origin).optional
        ]
        if missing:
            raise Misconfigured(
                f"The file has no column `{missing[0]}`, which the mapping reads; it has: {', '.join(sheet.headings)}. "
                "Rename the column, or say `optional: true` in the mapping.",
            )

    def _origins(self) -> list[Origin]:
        people = [
            origin for rule in self._mapping.persons for origin in (rule.name, rule.cnic, rule.passport, rule.phone)
        ]
        return [
            self._mapping.local_ref,
            *self._mapping.report.values(),
            *(origin for origin in people if origin is not None),
            *(rule.value for rule in self._mapping.entities),
            *(rule.count for rule in self._mapping.casualties),
            *payment_origins(self._mapping.transactions),
        ]


def _count(text: str, origin: Origin) -> dict[str, int]:
    found = _COUNT.fullmatch(text)
    if found is None:
        raise CellFault(columns_of(origin)[0], f"“{text[:40]}” is no count: write 3, or 3-5")
    return {"low": int(found[1]), "high": int(found[2] or found[1])}
