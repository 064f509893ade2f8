"""An agency's alert services as its YAML file describes them, checked; a fault is one sentence that names its place."""

import re
from pathlib import Path
from typing import Annotated, Any, Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from fusionbus.contract.base import AgencyId
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.vocabulary import TLP, AlertKind, Province, Severity, Status, ThreatCategory
from fusionbus.shell.yaml_limits import is_too_deep, is_too_large

FILE_BYTES_MAX: Final = 262_144
"""Some thousand contacts: a larger file is another."""
VALUES_MAX: Final = 10_000
CONTACTS_MAX: Final = 50
"""Each has a thread of its own, so that one that hangs holds up no other."""
FAULTS_SHOWN_MAX: Final = 5


def _a_time(value: Any) -> Any:
    if not isinstance(value, str) or not TIME.fullmatch(value):
        # YAML reads 22:00 without quotes as the number 1320.
        raise ValueError('is no time such as "22:00", in quotes')
    return value


TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
TimeOfDay = Annotated[str, BeforeValidator(_a_time)]
"""`HH:MM`, from 00:00 to 23:59."""
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Contact(_Part):
    """A way to somebody, or to another system."""

    handler: Annotated[str, Field(min_length=1, max_length=1_000)]
    """As for `fusionbus alerts --handler`."""
    secret_file: Path | None = None
    """The key of this webhook alone; [FUSION_WEBHOOK_SECRET]."""
    replies: bool = True
    """Whether its mails have a link by which to answer, where `reply_url` is set."""


class Filter(_Part):
    """Which alerts; an empty list lets all through, and so does an alert that does not say."""

    kinds: tuple[AlertKind, ...] = ()
    categories: tuple[ThreatCategory, ...] = ()
    provinces: tuple[Province, ...] = ()
    statuses: tuple[Status, ...] = ()
    severity_min: Severity | None = None
    tlp_max: TLP | None = None
    """Nothing above it, with no exception."""


class QuietHours(_Part):
    """From when to when only what cannot wait is sent; over midnight too."""

    start: TimeOfDay = Field(alias="from")
    end: TimeOfDay = Field(alias="to")

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.start == self.end:
            raise ValueError("`from` and `to` are the same time")
        return self


class Digest(_Part):
    """When what is not grave is told, all at once."""

    at: Annotated[tuple[TimeOfDay, ...], Field(min_length=1, max_length=24)]
    severity_max: Severity = Severity.MINOR


class Escalation(_Part):
    """Whom to tell, one after another, as long as nobody here has answered."""

    after_min: Annotated[int, Field(ge=1, le=1_440)]
    to: Annotated[tuple[Name, ...], Field(min_length=1, max_length=10)]


class Service(_Part):
    """What is told to whom."""

    name: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]+$")]
    to: Annotated[tuple[Name, ...], Field(min_length=1, max_length=CONTACTS_MAX)]
    filter: Filter = Filter()
    quiet_hours: QuietHours | None = None
    digest: Digest | None = None
    escalation: Escalation | None = None


class AlertServices(_Part):
    """The whole file."""

    agency: AgencyId
    timezone: Annotated[str, Field(validate_default=True)] = "Asia/Karachi"
    reply_url: Annotated[str, Field(pattern=r"^https?://[^\s]+$")] | None = None
    """Where the web server of `fusionbus web` is reached from outside, such as https://alerts.example.pk."""
    contacts: Annotated[dict[Name, Contact], Field(min_length=1, max_length=CONTACTS_MAX)]
    services: Annotated[tuple[Service, ...], Field(min_length=1, max_length=200)]

    @property
    def zone(self) -> ZoneInfo:
        """In which the file's times are meant."""
        return ZoneInfo(self.timezone)

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
            raise ValueError("is no time zone such as Asia/Karachi") from exc
        return name

    @model_validator(mode="after")
    def _refer_to_contacts(self) -> Self:
        names = [service.name for service in self.services]
        if len(set(names)) < len(names):
            raise ValueError("two services have one name")
        for service in self.services:
            wanted = {*service.to, *(service.escalation.to if service.escalation else ())}
            if unknown := sorted(wanted - set(self.contacts)):
                raise ValueError(f"service {service.name!r} names the contact {unknown[0]!r}, which is not there")
        idle = set(self.contacts) - {name for s in self.services for name in s.to}
        idle -= {name for s in self.services if s.escalation for name in s.escalation.to}
        if idle:
            raise ValueError(f"the contact {min(idle)!r} is in no service")
        return self


def read(path: Path) -> AlertServices:
    """What the file describes. Raises: Misconfigured, one sentence that names the faults' places."""
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
        text = raw.decode()
    except OSError as exc:
        raise Misconfigured(f"{path} cannot be read ({exc.strerror}).") from exc
    except UnicodeDecodeError as exc:
        raise Misconfigured(f"{path} is not UTF-8 text.") from exc
    if len(raw) > FILE_BYTES_MAX:
        raise Misconfigured(f"{path} is larger than {FILE_BYTES_MAX:,} bytes: is it the file of alert services?")
    return parse(text, str(path))


def parse(text: str, where: str) -> AlertServices:
    """What the YAML text describes. Raises: Misconfigured."""
    tree = _tree(text, where)
    if not isinstance(tree, dict) or is_too_large(tree, VALUES_MAX):
        raise Misconfigured(f"{where} has no `agency`, `contacts` and `services`: see docs/alert-services.md.")
    try:
        return AlertServices.model_validate(tree)
    except ValidationError as exc:
        found = exc.errors(include_url=False, include_input=False)
        # Of a list whose only member is wrong pydantic also says that it is empty.
        inner = [fault for fault in found if not any(_is_inside(other["loc"], fault["loc"]) for other in found)]
        faults = [_sentence(dict(fault)) for fault in inner]
        more = len(faults) - FAULTS_SHOWN_MAX
        rest = f"; and {more} more" if more > 0 else ""
        raise Misconfigured(f"{where}: {'; '.join(faults[:FAULTS_SHOWN_MAX])}{rest}.") from exc


def _tree(text: str, where: str) -> Any:
    if is_too_deep(text):
        raise Misconfigured(f"{where} has far too many brackets open at once: close them.")
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as exc:  # a date that is none is a ValueError
        mark = getattr(exc, "problem_mark", None)
        line = f" in line {mark.line + 1}" if mark else ""
        raise Misconfigured(f"{where} is not YAML{line}: check quotes, colons and indentation.") from exc


def _is_inside(place: tuple[int | str, ...], other: tuple[int | str, ...]) -> bool:
    return len(place) > len(other) and place[: len(other)] == other


def _sentence(fault: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in fault["loc"] if part != "[key]")
    said = str(fault["msg"]).removeprefix("Value error, ")
    return f"{place}: {said}" if place else said
