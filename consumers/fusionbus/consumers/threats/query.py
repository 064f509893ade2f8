"""What is looked for: every given part narrows, an absent one does not."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from fusionbus.consumers.threats.folding import fold
from fusionbus.contract.base import Latitude, Longitude, Token, UtcDatetime
from fusionbus.contract.errors import FixTheReport
from fusionbus.contract.vocabulary import Kind, Province, Severity, Status, ThreatCategory

PER_PAGE_MAX: Final = 200
REACH_MAX: Final = 10_000
"""As far as pages go, and as hits are counted: whoever has more has to ask more narrowly."""
TEXT_CHARACTERS_MAX: Final = 300
WORDS_MAX: Final = 12
HOME: Final = ZoneInfo("Asia/Karachi")
"""A date or time without offset is meant as the clock on the wall shows it."""
_PHRASE: Final = re.compile(r'"([^"]*)"')
_PREFIX_CHARACTERS_MIN: Final = 2


class Sort(StrEnum):
    """What comes first."""

    NEWEST = "newest"
    """Latest told."""
    OLDEST = "oldest"
    SEVERITY = "severity"
    NEAREST = "nearest"
    """With a circle only."""


def read_moment(given: Any) -> Any:
    """A date is its first moment, a time without offset is Pakistan's."""
    try:
        if isinstance(given, str):
            given = (
                datetime.combine(date.fromisoformat(given), time())
                if _is_date(given)
                else datetime.fromisoformat(given)
            )
    except ValueError as exc:
        raise ValueError("this is no time: write 2026-01-15, or 2026-01-15T09:30+05:00") from exc
    if isinstance(given, datetime) and given.tzinfo is None:
        return given.replace(tzinfo=HOME)
    return given


def _last_moment(given: Any) -> Any:
    """As `read_moment`; a date means all of that day."""
    moment = read_moment(given)
    if isinstance(given, str) and _is_date(given):
        return moment + timedelta(days=1, microseconds=-1)
    return moment


def _is_date(text: str) -> bool:
    return len(text) <= len("2026-01-15")


class Words(BaseModel):
    """A text that is looked for, taken apart."""

    model_config = ConfigDict(frozen=True)

    whole: tuple[str, ...] = ()
    beginnings: tuple[str, ...] = ()
    """Written with `*` behind."""
    phrases: tuple[str, ...] = ()
    """Written in quotes: these words in this order."""

    @property
    def count(self) -> int:
        """How many words are looked for."""
        return len(self.whole) + len(self.beginnings)


class Query(BaseModel):
    """A question to the database."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[str, Field(max_length=TEXT_CHARACTERS_MAX)] | None = None
    """Words that all have to be there, in English or Urdu; `begin*`, `"in this order"`."""
    province: Province | None = None
    district: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None
    radius_km: Annotated[float, Field(gt=0, le=2_000)] | None = None
    """With `lat` and `lon`: known to be in this circle. What has no coordinates is not found by it."""
    since: Annotated[UtcDatetime, BeforeValidator(read_moment)] | None = None
    """Of the event where its time is known, else of the report."""
    until: Annotated[UtcDatetime, BeforeValidator(_last_moment)] | None = None
    actor: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    category: ThreatCategory | None = None
    kind: Kind | None = None
    severity_min: Severity | None = None
    status: Status = Status.ACTUAL
    open_only: bool = False
    """Neither withdrawn nor found to be another incident, and told of in the last seven days."""
    token: Token | None = None
    sort: Sort = Sort.NEWEST
    page: Annotated[int, Field(ge=1)] = 1
    per_page: Annotated[int, Field(ge=1, le=PER_PAGE_MAX)] = 50

    @property
    def words(self) -> Words:
        """The words of `text`."""
        return read_words(self.text or "")

    @property
    def offset(self) -> int:
        """Hits before this page."""
        return (self.page - 1) * self.per_page

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        circle = (self.lat, self.lon, self.radius_km)
        if any(part is None for part in circle) and any(part is not None for part in circle):
            raise ValueError("a circle is `lat`, `lon` and `radius_km`: give all three or none")
        if self.sort is Sort.NEAREST and self.lat is None:
            raise ValueError("`sort` nearest needs a circle: give `lat`, `lon` and `radius_km`")
        if self.since and self.until and self.until < self.since:
            raise ValueError("`until` is before `since`")
        if self.text is not None and self.words.count == 0:
            raise ValueError("`text` holds no word: write letters or digits")
        if self.words.count > WORDS_MAX:
            raise ValueError(f"`text` has {self.words.count} words: {WORDS_MAX} are looked for at most")
        if self.offset + self.per_page > REACH_MAX:
            raise ValueError(f"pages reach {REACH_MAX:,} hits far: narrow the search, by time for example")
        return self


def read_words(text: str) -> Words:
    """The words of a text, folded, each once; signs are no words, and an open quotation mark is a sign."""
    phrases = [folded for found in _PHRASE.findall(text) if " " in (folded := fold(found))]
    whole: list[str] = []
    beginnings: list[str] = []
    for part in text.split():
        words = fold(part).split()
        if part.rstrip('"').endswith("*") and words and len(words[-1]) >= _PREFIX_CHARACTERS_MIN:
            beginnings.append(words.pop())
        whole.extend(words)
    return Words(
        whole=tuple(dict.fromkeys(whole)),
        beginnings=tuple(dict.fromkeys(beginnings)),
        phrases=tuple(dict.fromkeys(phrases)),
    )


def read_query(given: Mapping[str, Any]) -> Query:
    """The question in words or values as they come from a command line or a URL; what is None is absent.

    Raises: FixTheReport, one sentence that names each wrong part; what was asked is not repeated, it may name a person.
    """
    try:
        return Query(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as exc:
        faults = exc.errors(include_url=False, include_input=False, include_context=False)
        raise FixTheReport("; ".join(dict.fromkeys(_said(fault) for fault in faults)) + ".") from exc


def _said(fault: Any) -> str:
    field = ".".join(str(part) for part in fault["loc"])
    said = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        return f"{field[:40]}: there is no such part; there are {', '.join(Query.model_fields)}"
    return f"{field}: {said[:1].lower()}{said[1:]}" if field else said


def now_utc() -> datetime:
    """The moment for a question asked now."""
    return datetime.now(UTC)
