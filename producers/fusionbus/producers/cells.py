"""From one row's cells to values: columns, constants, dates, numbers and the register's own words."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from fusionbus.producers.language import language_of
from fusionbus.producers.mapping import Origin, Rule, rule_of
from fusionbus.producers.rows import Cell, Row, fold_heading

Value = str | int | float | bool | datetime | date
_BRACES: Final = re.compile(r"\{([^{}]+)\}")
_SHOWN_MAX: Final = 40
_YEARS: Final = range(1900, 2101)
"""A date outside is a typing error; the calendar's own ends cannot even be moved to another time zone."""


class CellFault(Exception):  # noqa: N818 - one fault of one cell, told beside its neighbours'
    """What is wrong with one cell."""

    def __init__(self, column: str, sentence: str) -> None:
        super().__init__(sentence)
        self.column = column
        self.sentence = sentence


def columns_of(origin: Origin) -> tuple[str, ...]:
    """The headings that a rule reads."""
    rule = rule_of(origin)
    if rule.format is not None:
        return tuple(_BRACES.findall(rule.format))
    one = rule.column or rule.language_of
    return (one,) if one is not None else ()


def value_of(row: Row, origin: Origin, timezone: ZoneInfo) -> Value | None:
    """What the rule makes of this row; None where the cell is empty. A date without a time stays a date.

    Raises: CellFault, which names the column.
    """
    rule = rule_of(origin)
    if rule.value is not None:
        return rule.value
    if rule.language_of is not None:
        return language_of(text_of(row, rule.language_of))
    if rule.format is not None:
        return _formatted(row, rule.format)
    column = rule.column or ""
    cell = row.cells.get(fold_heading(column), "")
    if cell == "":
        if rule.required:
            raise CellFault(column, "it is empty and must not be")
        return None
    return _converted(cell, column, rule, timezone)


def text_of(row: Row, column: str) -> str:
    """The cell as text."""
    cell = row.cells.get(fold_heading(column), "")
    return cell if isinstance(cell, str) else cell.isoformat()


def _converted(cell: Cell, column: str, rule: Rule, timezone: ZoneInfo) -> Value | None:
    if rule.date:
        return _date(cell, column, rule.date, timezone)
    text = cell if isinstance(cell, str) else cell.isoformat()
    if rule.number is not None:
        return _number(text, column, rule.number)
    if rule.map:
        return _mapped(text, column, rule)
    return text


def _formatted(row: Row, form: str) -> str | None:
    values = {column: text_of(row, column) for column in _BRACES.findall(form)}
    if not all(values.values()):
        return None
    return _BRACES.sub(lambda found: values[found.group(1)], form)


def _date(cell: Cell, column: str, forms: tuple[str, ...], timezone: ZoneInfo) -> datetime | date:
    found = _read_date(cell, forms) if isinstance(cell, str) else _bare(cell)
    if found is None or found.year not in _YEARS:
        sample = datetime(2026, 3, 31, 14, 5, tzinfo=UTC).strftime(forms[0])
        raise CellFault(column, f"“{str(cell)[:_SHOWN_MAX]}” is no date written like {sample}")
    if not isinstance(found, datetime):
        return found
    return (found if found.tzinfo else found.replace(tzinfo=timezone)).astimezone(UTC)


def _bare(cell: datetime | date) -> datetime | date:
    """A spreadsheet keeps a bare date as midnight."""
    return cell.date() if isinstance(cell, datetime) and cell.time() == time() else cell


def _read_date(cell: str, forms: tuple[str, ...]) -> datetime | date | None:
    for form in forms:
        try:
            at = datetime.strptime(cell, form)  # noqa: DTZ007 - the zone follows
        except ValueError:
            continue
        return at if re.search(r"%[HIcXT]", form) else at.date()
    return None


def day(of: date, timezone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first and the last moment of a day, in UTC."""
    start = datetime.combine(of, time(), tzinfo=timezone)
    return start.astimezone(UTC), (start + timedelta(days=1, seconds=-1)).astimezone(UTC)


def _number(text: str, column: str, kind: str) -> int | float:
    try:
        return int(text.replace(",", "")) if kind == "int" else float(text.replace(",", ""))
    except ValueError as exc:
        raise CellFault(column, f"“{text[:_SHOWN_MAX]}” is no {'whole ' if kind == 'int' else ''}number") from exc


def _mapped(text: str, column: str, rule: Rule) -> str:
    words = {word.casefold(): target for word, target in rule.map.items()}
    found = words.get(" ".join(text.split()).casefold(), rule.otherwise)
    if found is None:
        known = ", ".join(list(rule.map)[:8])
        raise CellFault(column, f"“{text[:_SHOWN_MAX]}” is not one of the words the mapping knows ({known})")
    return found
