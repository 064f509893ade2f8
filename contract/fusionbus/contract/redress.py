"""A person's case at the centre's desk: what was found on him, and whom the desk asked. It stays on the desk's machine.

The file is where the rooms meet: one finds and proves, another asks.
"""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from fusionbus.contract.base import SCHEMA_VERSION, AgencyId, Id, Message, Text, Token, UtcDatetime, Version
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.vocabulary import Form

OWNER_ONLY = 0o600
"""It ties a person's tokens to reports."""


class FoundReport(Message):
    """A report that names the person, without a word of it."""

    report_id: Id
    agency: AgencyId
    found_in: tuple[Text, ...]
    """Where it was found: `incidents`, `threat database`, `audit`."""
    by: Text
    """What matched: the kinds of the tokens, or how alike the names are."""
    incident_id: Id | None = None
    revision: int | None = None
    reported_at: UtcDatetime | None = None
    review_due: UtcDatetime | None = None
    retention_until: UtcDatetime | None = None
    legal_basis: Text | None = None
    predicate: Text | None = None
    held_by: tuple[AgencyId, ...] = ()
    recipients: dict[AgencyId, Form] = Field(default_factory=dict)
    purged_at: UtcDatetime | None = None


class AskedFor(Message):
    """What the desk asked an originator to do, and what the hub said to it."""

    report_id: Id
    wanted: Literal["correct", "purge"]
    at: UtcDatetime
    answer_by: UtcDatetime
    said: Text


class Case(Message):
    """One person's request."""

    schema_version: Version = SCHEMA_VERSION
    case_id: Id
    opened_at: UtcDatetime
    by: Text
    """The desk."""
    reason: Text
    tokens: Annotated[tuple[Token, ...], Field(max_length=100)] = ()
    name_clks: Annotated[tuple[str, ...], Field(max_length=10)] = ()
    found: tuple[FoundReport, ...] = ()
    searched: tuple[Text, ...] = ()
    not_searched: tuple[Text, ...] = ()
    """Places that could not be searched, and why."""
    asked: tuple[AskedFor, ...] = ()


def read_case(path: Path) -> Case:
    """The case in this file. Raises: Misconfigured, one sentence."""
    try:
        return Case.model_validate_json(path.read_bytes())
    except OSError as exc:
        raise Misconfigured(
            f"{path} cannot be read ({exc.strerror}): name the file that `redress find` wrote."
        ) from exc
    except ValidationError as exc:
        raise Misconfigured(f"{path} is no case: name the file that `redress find` wrote.") from exc


def write_case(path: Path, case: Case) -> None:
    """Writes the case for its owner alone; the old one or the new one stands there, never half."""
    beside = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY), "wb") as file:
        file.write(case.model_dump_json(indent=2, exclude_none=True).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
