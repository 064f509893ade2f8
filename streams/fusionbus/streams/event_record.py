"""The event-record form of research registers and news archives, as threat reports."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from importlib.resources import files
from typing import Any, Final

import yaml
from pydantic import ValidationError

from fusionbus.contract import ids
from fusionbus.contract.base import Interval
from fusionbus.contract.clk import encode_name
from fusionbus.contract.errors import FixTheReport
from fusionbus.contract.handling import Handling
from fusionbus.contract.names import fold_name
from fusionbus.contract.report import Actor, Casualties, Person, Place, ThreatReport
from fusionbus.contract.sections import IncidentSection, RecordSection
from fusionbus.contract.vocabulary import (
    TLP,
    Outcome,
    Province,
    Sex,
    Status,
    SubjectRole,
    TargetSectorCode,
    ThreatCategory,
)
from fusionbus.streams.reading.resolving import province_code

_LOCAL: Final = timezone(timedelta(hours=5))
"""Dates without a time are Pakistan's."""
_NOON: Final = time(12, tzinfo=UTC)
_AGENCY_MAX: Final = 40
_TEXT_MAX: Final = 300
_PROSE_MAX: Final = 20_000
_NOT_ALNUM: Final = re.compile(r"[^A-Z0-9]+")
_HOST: Final = re.compile(r"^[a-z]+://(?:www\.)?([^/:]+)", re.IGNORECASE)


class EventRecords:
    """Turns event records into reports, by the tables of a mapping and a key for names that is thrown away."""

    def __init__(self, mapping: Mapping[str, Mapping[str, str]]) -> None:
        self._kinds = mapping["kinds"]
        self._categories = {word: ThreatCategory(code) for word, code in mapping["categories"].items()}
        self._targets = {word: TargetSectorCode(code) for word, code in mapping["targets"].items()}
        self._sexes = {word: Sex(code) for word, code in mapping["sexes"].items()}
        self._key = secrets.token_bytes(32)

    def report(self, record: Mapping[str, Any]) -> ThreatReport:
        """The report a record makes. Raises: FixTheReport, one sentence that names the field."""
        try:
            return self._report(record)
        except KeyError as exc:
            raise FixTheReport(f"the field {exc} is missing") from exc
        except ValidationError as exc:
            fault = exc.errors(include_url=False, include_input=False)[0]
            raise FixTheReport(f"{'.'.join(map(str, fault['loc'])) or 'the record'}: {fault['msg']}") from exc
        except (ValueError, TypeError, AttributeError) as exc:
            raise FixTheReport(str(exc)) from exc

    def _report(self, record: Mapping[str, Any]) -> ThreatReport:
        occurred, reported_at = _times(record)
        text = str(record.get("text") or "").strip()
        kind = self._kinds.get(record.get("kind", ""), "incident")
        agency, local_ref = agency_of(record["source"]), str(record["report_id"])
        return ThreatReport(
            report_id=ids.report_id(agency, local_ref),
            agency=agency,
            local_ref=local_ref,
            status=Status.ACTUAL,
            occurred=occurred,
            reported_at=reported_at,
            place=_place(record),
            category=self._categories.get(_word(record, "category")),
            target_sector=self._targets.get(_word(record, "target")),
            actor=Actor(name=record["actor"][:_TEXT_MAX]) if record.get("actor") else None,
            casualties=_casualties(record),
            persons=self._persons(record),
            headline=text[:_TEXT_MAX] or None if record.get("kind") == "headline" else None,
            narrative=(text[:_PROSE_MAX] or None) if record.get("kind") != "headline" else None,
            handling=Handling(tlp=TLP.GREEN),
            section=RecordSection(record_type="fir") if kind == "record" else IncidentSection(),
        )

    def _persons(self, record: Mapping[str, Any]) -> tuple[Person, ...]:
        name, sex = record.get("person_name"), self._sexes.get(_word(record, "person_sex"))
        said = re.search(r"\d{1,3}", str(record.get("person_age") or ""))
        age = min(int(said.group()), 130) if said else None
        if not name and age is None:
            return ()
        tokens = tuple(self._token(part) for part in fold_name(name or ""))
        clk = encode_name(name, self._key, "once") if name else None
        return (Person(role=SubjectRole.VICTIM, name_tokens=tokens, name_clk=clk, sex=sex, age_low=age, age_high=age),)

    def _token(self, part: str) -> str:
        return "name:once:" + hmac.new(self._key, part.encode(), hashlib.sha256).hexdigest()[:32]


def committed() -> EventRecords:
    """The mapping that comes with the project."""
    text = files(__package__).joinpath("mappings", "event-record.yaml").read_text(encoding="utf-8")
    return EventRecords(yaml.safe_load(text))


def agency_of(source: str) -> str:
    """An agency id for a source's name; of an address the host, for the same paper has many pages."""
    host = _HOST.match(source)
    slug = _NOT_ALNUM.sub("-", (host.group(1) if host else source).upper()).strip("-")
    digest = hashlib.sha256(source.encode()).hexdigest()[:8].upper()
    if not slug or not slug[0].isalpha():
        slug = f"SOURCE-{slug}".rstrip("-") if slug else f"SOURCE-{digest}"
    return slug if len(slug) <= _AGENCY_MAX else f"{slug[: _AGENCY_MAX - 9].rstrip('-')}-{digest}"


def _word(record: Mapping[str, Any], field: str) -> str:
    return str(record.get(field) or "").casefold().strip()


def _times(record: Mapping[str, Any]) -> tuple[Interval | None, datetime]:
    occurred: Interval | None = None
    if record.get("occurred_on"):
        start = datetime.combine(date.fromisoformat(record["occurred_on"]), time(), _LOCAL)
        occurred = Interval(start=start, end=start + timedelta(days=1, seconds=-1))
    if record.get("published_on"):
        return occurred, datetime.combine(date.fromisoformat(record["published_on"]), _NOON)
    if occurred is None:
        raise ValueError("a record needs `occurred_on` or `published_on`")
    return occurred, occurred.end


def _place(record: Mapping[str, Any]) -> Place | None:
    """The place; one outside Pakistan keeps its region behind its name, `place, region`, as people write it."""
    region, district, name = (str(record.get(f) or "")[:140] or None for f in ("province", "district", "place"))
    code = province_code(region) if region else None
    if region and code is None:
        district = f"{district}, {region}" if district else None
        name = f"{name}, {region}" if name else region
    lat, lon = record.get("lat"), record.get("lon")
    if not (code or district or name or lat is not None):
        return None
    return Place(
        province=Province(code) if code else None,
        district=district,
        name=name,
        lat=float(lat) if lat is not None and lon is not None else None,
        lon=float(lon) if lat is not None and lon is not None else None,
    )


def _casualties(record: Mapping[str, Any]) -> tuple[Casualties, ...]:
    found = []
    for outcome in (Outcome.KILLED, Outcome.INJURED):
        low, high = record.get(f"{outcome}_min"), record.get(f"{outcome}_max")
        if low is not None or high is not None:
            low = int(low if low is not None else 0)
            found.append(Casualties(outcome=outcome, low=low, high=max(low, int(high if high is not None else low))))
    return tuple(found)
