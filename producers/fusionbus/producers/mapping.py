"""The mapping file: which column of a spreadsheet becomes which field of a report."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo

import yaml
from pydantic import Field, ValidationError, model_validator
from pydantic_core import ErrorDetails
from yaml.composer import ComposerError

from fusionbus.contract.base import Message, Text
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.vocabulary import CasualtyGroup, EntityType, Outcome, SubjectRole
from fusionbus.shell.yaml_limits import is_too_deep

MAPPING_BYTES_MAX: Final = 262_144
"""A mapping is a page; a larger file is something else."""


class Rule(Message):
    """Where a field's value comes from. Exactly one of `column`, `value`, `format` and `language_of` is given."""

    column: Text | None = None
    """The column's heading; letter case and blanks around it do not count."""
    value: str | int | float | bool | None = None
    """The same for every row."""
    format: Text | None = None
    """A text with columns in braces: `{Police Station}/{FIR No}`; empty when one of them is."""
    language_of: Text | None = None
    """The language in which this column is written: en, ur or ur-Latn."""
    date: Annotated[tuple[Text, ...], Field(max_length=20)] = ()
    """The ways in which the date is written, as in strptime; the first that fits is taken."""
    number: Literal["int", "float"] | None = None
    map: dict[str, str] = Field(default_factory=dict)
    """The register's words and the contract's; letter case does not count."""
    otherwise: str | None = None
    """What words that `map` does not have become; without it they are a fault."""
    required: bool = False
    optional: bool = False
    """The file may lack the column."""

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = (self.column, self.value, self.format, self.language_of)
        if sum(origin is not None for origin in given) != 1:
            raise ValueError("give exactly one of `column`, `value`, `format` and `language_of`")
        return self


Origin = Text | Rule
"""A heading alone is short for a rule with that column."""


class PersonRule(Message):
    """A person told by some columns; a row in which all are empty has none."""

    role: SubjectRole
    name: Origin | None = None
    cnic: Origin | None = None
    passport: Origin | None = None
    phone: Origin | None = None
    split: Annotated[str, Field(min_length=1, max_length=5)] | None = None
    """What lies between several persons in one cell; the other cells name them in the same order."""
    release_name: bool = False


class EntityRule(Message):
    """A phone, plate or other thing in a column."""

    type: EntityType
    value: Origin
    role: SubjectRole = SubjectRole.OTHER
    split: Annotated[str, Field(min_length=1, max_length=5)] | None = None
    release: bool = False


class CasualtyRule(Message):
    """A column that counts people: `3`, or `3-5`."""

    outcome: Outcome
    group: CasualtyGroup = CasualtyGroup.UNKNOWN
    count: Origin


class TransactionRule(Message):
    """Payments, one a row; rows with one reference are one report."""

    at: Origin
    amount: Origin
    currency: Origin | None = None
    """PKR where it is not told."""
    from_account: Origin | None = None
    to_account: Origin | None = None
    channel: Origin | None = None
    reference: Origin | None = None


class Mapping(Message):
    """How rows become reports."""

    about: Text
    sheet: Text | None = None
    """The sheet of an XLSX file; without it the first."""
    heading_row: Annotated[int, Field(ge=1, le=100)] = 1
    timezone: Text = "Asia/Karachi"
    """Of the times in the file."""
    local_ref: Origin
    """The agency's own reference. It makes the report's id: the same row imported twice is the same report."""
    report: dict[str, Origin]
    """Fields of the report by their names; a dot leads into a part: `place.district`, `section.record_type`."""
    persons: tuple[PersonRule, ...] = ()
    entities: tuple[EntityRule, ...] = ()
    casualties: tuple[CasualtyRule, ...] = ()
    transactions: TransactionRule | None = None
    """Makes each row a payment of its report, and all rows of one reference one report."""

    @model_validator(mode="after")
    def _usable(self) -> Self:
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError) as exc:
            raise ValueError(f"`timezone` {self.timezone} is unknown") from exc
        if "section.kind" not in self.report:
            raise ValueError("`report` says no `section.kind`: incident, record, tip or another")
        return self


def rule_of(origin: Origin) -> Rule:
    """The rule, where only a heading was given too."""
    return Rule(column=origin) if isinstance(origin, str) else origin


class _Plain(yaml.SafeLoader):
    """YAML without aliases: ten lines of them can stand for a billion values."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """As the base class. Raises: YAMLError for an alias."""
        if self.check_event(yaml.AliasEvent):
            raise ComposerError(None, None, "it uses an alias (`*`): write it out", self.peek_event().start_mark)  # type: ignore[no-untyped-call] # its stubs
        return super().compose_node(parent, index)


def ready_mappings() -> list[str]:
    """The names of the mappings that come with the package, sorted."""
    folder = files("fusionbus.producers") / "mappings"
    return sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def load_mapping(name: str) -> Mapping:
    """The mapping in this file, or the ready one of this name.

    Raises: Misconfigured, one sentence that names the part of the file that is wrong.
    """
    text = _text(name)
    if is_too_deep(text):
        raise Misconfigured(f"The mapping {name} has far too many brackets open at once: close them.")
    try:
        return Mapping.model_validate_json(json.dumps(yaml.load(text, Loader=_Plain)))  # noqa: S506 - a safe one
    except ValidationError as exc:
        # A rule may also be a heading alone, so each fault is told twice: the longer path is the one inside the rule.
        first = max(exc.errors(include_url=False, include_input=False, include_context=False), key=_depth)
        part = (
            ".".join(str(one) for one in first["loc"] if "[" not in str(one) and one != "constrained-str") or "the file"
        )
        said = first["msg"].removeprefix("Value error, ")
        raise Misconfigured(f"The mapping {name} is wrong at {part}: {said}.") from exc
    except (yaml.YAMLError, TypeError, ValueError, RecursionError) as exc:
        # A date that is none, a number without end and brackets without end are no YAMLError.
        where = getattr(exc, "problem_mark", None)
        line = f", line {where.line + 1}" if where is not None else ""
        raise Misconfigured(f"The mapping {name}{line} is not YAML: {getattr(exc, 'problem', None) or exc}.") from exc


def _depth(fault: ErrorDetails) -> tuple[bool, int]:
    return fault["type"] != "string_type", len(fault["loc"])


def _text(name: str) -> str:
    path = Path(name)
    ready = files("fusionbus.producers") / "mappings" / f"{path.name.removesuffix('.yaml')}.yaml"
    try:
        if not path.is_file() and ready.is_file():
            return ready.read_text(encoding="utf-8")
        if path.stat().st_size > MAPPING_BYTES_MAX:
            raise Misconfigured(f"{name} is larger than any mapping: give the YAML file to --mapping.")
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as exc:  # not text, or no name of a file
        raise Misconfigured(
            f"The mapping {name} cannot be read; ready ones are {', '.join(ready_mappings())}."
        ) from exc
