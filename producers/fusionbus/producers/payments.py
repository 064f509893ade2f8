"""A sheet of payments: each row is one, and the rows of one reference are one report."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import EntityType
from fusionbus.producers.cells import CellFault, columns_of, day, value_of
from fusionbus.producers.mapping import Origin, TransactionRule
from fusionbus.producers.rows import Row

PAYMENTS_MAX: Final = 500
"""Of one report. Source: the contract's limit of a finance section."""


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with one row; `column` where one cell is to blame."""

    row: Row
    column: str | None
    sentence: str

    def __str__(self) -> str:
        where = f"row {self.row.number}" + (f", column `{self.column}`" if self.column else "")
        return f"{where}: {self.sentence}; mend it and import again."


@dataclass(frozen=True, slots=True)
class ReadRow:
    """What a row tells, in the contract's words."""

    row: Row
    local_ref: str
    fields: dict[str, Any]
    payment: dict[str, Any] | None = None


Read = ReadRow | list[RowFault]
Made = tuple[Row, ThreatReport] | list[RowFault]


def payment_origins(rule: TransactionRule | None) -> list[Origin]:
    """Where a payment's parts come from."""
    if rule is None:
        return []
    told = (rule.at, rule.amount, rule.currency, rule.from_account, rule.to_account, rule.channel, rule.reference)
    return [origin for origin in told if origin is not None]


def payment_of(
    row: Row, rule: TransactionRule, zone: ZoneInfo, token: Callable[[EntityType, str, Origin], str]
) -> dict[str, Any]:
    """The payment of a row, accounts as keyed hashes.

    Raises: CellFault, which names the column.
    """
    at, amount = value_of(row, rule.at, zone), value_of(row, rule.amount, zone)
    if at is None or amount is None:
        raise CellFault(columns_of(rule.at if at is None else rule.amount)[0], "it is empty and must not be")
    if not isinstance(amount, int | float) or not 0 < amount <= 1e15:  # noqa: PLR2004 - the contract's own line
        raise CellFault(columns_of(rule.amount)[0], f"“{str(amount)[:40]}” is no amount of money above nothing")
    found: dict[str, Any] = {"at": _moment(at, rule.at, zone), "amount": float(amount)}
    for name, origin in (("currency", rule.currency), ("channel", rule.channel), ("reference", rule.reference)):
        value = value_of(row, origin, zone) if origin is not None else None
        if value is not None:
            found[name] = str(value).upper() if name == "currency" else str(value)
    for name, origin in (("from_account", rule.from_account), ("to_account", rule.to_account)):
        value = value_of(row, origin, zone) if origin is not None else None
        if value is not None and origin is not None:
            found[name] = token(EntityType.ACCOUNT, str(value), origin)
    if "from_account" not in found and "to_account" not in found:
        blamed = rule.to_account or rule.from_account or rule.amount
        raise CellFault(columns_of(blamed)[0], "neither the account that paid nor the one that was paid is told")
    return found


def _moment(at: Any, origin: Origin, zone: ZoneInfo) -> str:
    if isinstance(at, datetime):
        return at.isoformat()
    if isinstance(at, str | int | float | bool):
        raise CellFault(columns_of(origin)[0], "it is no date: say in the mapping how it is written, with `date`")
    return day(at, zone)[0].isoformat()


def gathered(
    rows: Iterable[Row],
    reference: Callable[[Row], str | None],
    read: Callable[[Row], Read],
    validated: Callable[[ReadRow], ThreatReport | list[RowFault]],
) -> Iterator[Made]:
    """For the rows of each reference their report, or for each of them what is wrong.

    A report of suspicion without one of its payments would tell something else: where a row is wrong, none is sent.
    """
    seen: dict[str, int] = {}
    for ref, group in groupby(rows, key=reference):
        found = [(row, read(row)) for row in group]
        good = [each for _, each in found if isinstance(each, ReadRow)]
        faults = {row.number: each for row, each in found if isinstance(each, list)}
        if not faults and ref is not None:
            made = _made(ref, good, seen, validated)
            if not isinstance(made, list):
                yield made
                continue
            faults = {each.row.number: [each] for each in made}
        left_out = f"another row of {ref} is wrong, so nothing of {ref} is sent"
        yield from (faults.get(row.number) or [RowFault(row, None, left_out)] for row, _ in found)


def _made(
    ref: str,
    rows: list[ReadRow],
    seen: dict[str, int],
    validated: Callable[[ReadRow], ThreatReport | list[RowFault]],
) -> tuple[Row, ThreatReport] | list[RowFault]:
    first = seen.setdefault(ref, rows[0].row.number)
    if first != rows[0].row.number:
        told = f"rows of {ref} stand apart, the first in row {first}: sort the sheet by the reference"
        return [RowFault(each.row, None, told) for each in rows]
    if len(rows) > PAYMENTS_MAX:
        told = f"{ref} has {len(rows)} payments and a report holds {PAYMENTS_MAX}: give the rest another reference"
        return [RowFault(each.row, None, told) for each in rows]
    report = validated(_one(rows))
    return report if isinstance(report, list) else (rows[0].row, report)


def _one(rows: list[ReadRow]) -> ReadRow:
    """The rows as one: all payments, all persons and things, and of the rest what the first row says."""
    first = rows[0]
    fields: dict[str, Any] = dict(first.fields)
    for name in ("persons", "entities"):
        told = [each for row in rows for each in row.fields.get(name, [])]
        if told:
            fields[name] = [each for place, each in enumerate(told) if each not in told[:place]]
    payments = [row.payment for row in rows if row.payment is not None]
    fields["section"] = {**fields.get("section", {}), "transactions": payments}
    return replace(first, fields=fields, payment=None)
