"""What somebody wants to see in the picture: read from the page's address and written into it. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fusionbus.consumers.threats.query import Query, read_query
from fusionbus.contract.vocabulary import Province, Severity, Status, ThreatCategory

WORDS_MAX: Final = 200
PAGES_MAX: Final = 200
"""Of 50 lines: as far as the database counts."""
SECONDS_MAX: Final = 4_000_000_000


class Since(StrEnum):
    """How far back."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"

    @property
    def span(self) -> timedelta:
        """The stretch of time."""
        return {Since.DAY: timedelta(hours=24), Since.WEEK: timedelta(days=7), Since.MONTH: timedelta(days=30)}[self]


class Show(StrEnum):
    """Which incidents, by what became of them."""

    OPEN = "open"
    ALL = "all"


class Filters(BaseModel):
    """One view of the picture; the defaults show what is open and real."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    q: Annotated[str, Field(max_length=WORDS_MAX)] = ""
    category: ThreatCategory | None = None
    severity: Severity | None = None
    """This grave or graver."""
    province: Province | None = None
    actor: Annotated[str, Field(max_length=WORDS_MAX)] = ""
    since: Since | None = None
    status: Status = Status.ACTUAL
    show: Show = Show.OPEN
    start: Annotated[int | None, Field(ge=0, le=SECONDS_MAX)] = None
    """The slider's window, in seconds since 1970."""
    end: Annotated[int | None, Field(ge=0, le=SECONDS_MAX)] = None
    page: Annotated[int, Field(ge=1, le=PAGES_MAX)] = 1

    def with_(self, **changes: Any) -> "Filters":
        """As this one but for these; whatever changes, the first page is shown. Raises: ValidationError."""
        return self.model_validate(self.model_dump() | {"page": 1} | changes)

    @property
    def of_map(self) -> "Filters":
        """What chooses the map's incidents: there the slider's window is applied in the browser."""
        return self.model_copy(update={"start": None, "end": None, "page": 1})

    def since_at(self, now: datetime) -> datetime | None:
        """From when."""
        times = [] if self.since is None else [now - self.since.span]
        if self.start is not None:
            times.append(datetime.fromtimestamp(self.start, UTC))
        return max(times, default=None)

    def until_at(self) -> datetime | None:
        """Until when."""
        return None if self.end is None else datetime.fromtimestamp(self.end, UTC)

    def query(self, now: datetime, per_page: int) -> Query:
        """The question to the database. Raises: FixTheReport where the words cannot be looked for."""
        since, until = self.since_at(now), self.until_at()
        return read_query(
            {
                "text": self.q or None,
                "category": self.category,
                "severity_min": self.severity,
                "province": self.province,
                "actor": self.actor or None,
                "since": since,
                "until": until if since is None or until is None else max(since, until),
                "status": self.status,
                "open_only": self.show is Show.OPEN,
                "page": self.page,
                "per_page": per_page,
            }
        )

    @property
    def address(self) -> str:
        """The page's address with this view."""
        told = {
            name: value
            for name, value in self.model_dump(mode="json").items()
            if value != Filters.model_fields[name].default
        }
        return f"/?{urlencode(told)}" if told else "/"


def read(asked: Mapping[str, str]) -> tuple[Filters, tuple[str, ...]]:
    """The view that an address asks for, and a sentence for each part of it that means nothing and was left out."""
    told = {name: value for name, value in asked.items() if name in Filters.model_fields and value != ""}
    wrong: list[str] = []
    while True:
        try:
            return Filters.model_validate(told), tuple(wrong)
        except ValidationError as exc:
            for name in {str(fault["loc"][0]) for fault in exc.errors(include_url=False)}:
                value = told.pop(name)
                wrong.append(f"“{value[:40]}” is no {name} that the picture knows: it was left out.")
