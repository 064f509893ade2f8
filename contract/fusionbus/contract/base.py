"""The base model and the small types that every message shares."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

SCHEMA_VERSION = "1.1"
"""Version of the wire: a new minor only adds optional fields and values of lists that may grow, a new major may change
anything."""


class Message(BaseModel):
    """A frozen, strict model that refuses unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_enum_values=False)


M = TypeVar("M", bound=Message)


def made(model: type[M], values: dict[str, Any]) -> M:
    """The message of these values, none of which is checked: only for what is put together of parts that were.

    A tenth of the time of the model's own constructor. A test holds what the hub makes so against the models.
    """
    message = model.__new__(model)
    filled = {**_form(model), **values}
    for name, make in _factories(model):
        if name not in values:
            filled[name] = make()
    _set(message, "__dict__", filled)
    _set(message, "__pydantic_fields_set__", set(values))
    _set(message, "__pydantic_extra__", None)
    _set(message, "__pydantic_private__", None)
    return message


def slimmed(message: M) -> M:
    """The same message, for one that is kept: messages alike share the notes of which of their fields were given.

    Pydantic keeps a set of names with every message and every part of it, up to 2 kB each.
    """
    _slim(message)
    return message


def _slim(part: object) -> None:
    if isinstance(part, Message):
        given = frozenset(part.__pydantic_fields_set__)
        if given in _GIVEN or len(_GIVEN) < _GIVEN_MAX:
            _set(part, "__pydantic_fields_set__", _GIVEN.setdefault(given, set(given)))
        for held in part.__dict__.values():
            _slim(held)
    elif isinstance(part, tuple):
        for held in part:
            _slim(held)


_GIVEN: dict[frozenset[str], set[str]] = {}
"""Nobody changes these: messages are frozen, and copies of them get sets of their own."""
_GIVEN_MAX = 10_000
_set = object.__setattr__


@cache
def _form(model: type[Message]) -> dict[str, Any]:
    """Every field in its order, for that is the order on the wire, with its default; of one that must be given none."""
    return {name: None if field.is_required() else field.default for name, field in model.model_fields.items()}


@cache
def _factories(model: type[Message]) -> tuple[tuple[str, Any], ...]:
    return tuple((n, f.default_factory) for n, f in model.model_fields.items() if f.default_factory is not None)


def _as_utc(value: datetime) -> datetime:
    try:
        return value if value.tzinfo is UTC else value.astimezone(UTC)
    except OverflowError as exc:
        raise ValueError("in UTC this lies before the year 1 or after the year 9999") from exc


UtcDatetime = Annotated[AwareDatetime, AfterValidator(_as_utc)]
"""A point in time; any offset is read, UTC is kept."""

AgencyId = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$", max_length=40)]
"""Short name of an agency, upper case and hyphens: it is part of topic names."""

Id = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
"""A UUID in its canonical form."""

Token = Annotated[str, Field(pattern=r"^[a-z_]{2,16}:[a-z0-9]{1,8}:[0-9a-f]{32}$")]
"""`type:key id:128 bits of HMAC-SHA-256 in hex`; two tokens compare only under the same key."""

Text = Annotated[str, Field(min_length=1, max_length=300)]
Prose = Annotated[str, Field(min_length=1, max_length=20_000)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Zone = Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,12}){0,3}$")]
Version = Annotated[str, Field(pattern=r"^[0-9]{1,3}\.[0-9]{1,3}$")]

INTERVAL_MAX = timedelta(days=3660)


class Interval(Message):
    """A stretch of time, both ends included; a point in time has equal ends."""

    start: UtcDatetime
    end: UtcDatetime

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.start:
            raise ValueError("`end` is before `start`")
        if self.end - self.start > INTERVAL_MAX:
            raise ValueError("the interval is longer than ten years")
        return self


class Range(Message):
    """A count known to lie between two bounds, both included."""

    low: Annotated[int, Field(ge=0, le=1_000_000)]
    high: Annotated[int, Field(ge=0, le=1_000_000)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.high < self.low:
            raise ValueError("`high` is below `low`")
        return self
