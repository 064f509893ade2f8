"""Reads and checks `agencies.yaml`: who is in the federation, and what each hears by default."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from fusionbus.contract import ids
from fusionbus.contract.agency import Agency, Subscription
from fusionbus.contract.base import Message, UtcDatetime
from fusionbus.contract.errors import Misconfigured
from fusionbus.shell.yaml_limits import is_too_deep, is_too_large

FILE_NAME = "agencies.yaml"
FILE_BYTES_MAX = 4_194_304
"""About a thousand times the packaged file's agencies: a larger one is not an agencies file."""
NAMED_MAX = 5
"""So many unknown agencies are named in one sentence, the rest counted."""

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Federation:
    """The agencies of the bus and their default subscriptions, in the order of the file."""

    agencies: tuple[Agency, ...]
    subscriptions: tuple[Subscription, ...]
    source: str = "the agencies given"

    @property
    def entries(self) -> tuple[Agency | Subscription, ...]:
        """What belongs in the registry, agencies first: a subscription never comes before its agency."""
        return (*self.agencies, *self.subscriptions)


def default_file() -> Path:
    """The agencies file of this installation: packaged in a wheel, or `deploy/agencies.yaml` in a checkout."""
    packaged = Path(str(resources.files("fusionbus.deploy"))) / FILE_NAME
    if packaged.is_file():
        return packaged
    checkout = Path(__file__).resolve().parents[2] / FILE_NAME
    if checkout.is_file():
        return checkout
    raise Misconfigured(f"This installation has no {FILE_NAME}: name one with --agencies.")


def read(path: Path | None = None) -> Federation:
    """The federation that a file describes, by default the packaged one.

    Raises: Misconfigured, one sentence that names the agency and the field.
    """
    path = path or default_file()
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise Misconfigured(f"{path} is larger than {FILE_BYTES_MAX:,} bytes: is it an agencies file?")
        text = path.read_text(encoding="utf-8")
    except OSError as exc:
        raise Misconfigured(f"The agencies file {path} cannot be read: {(exc.strerror or str(exc)).lower()}.") from exc
    except UnicodeDecodeError as exc:
        raise Misconfigured(f"The agencies file {path} is not UTF-8 text.") from exc
    return parse(text, str(path))


def parse(text: str, where: str = FILE_NAME) -> Federation:
    """The federation that a YAML text describes. Raises: Misconfigured, one sentence."""
    if is_too_deep(text):
        raise Misconfigured(f"{where} has far too many brackets open at once: close them.")
    try:
        tree = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as exc:  # a date that is none is a ValueError
        mark = getattr(exc, "problem_mark", None)
        line = f" in line {mark.line + 1}" if mark else ""
        raise Misconfigured(
            f"{where} is not YAML{line}: {getattr(exc, 'problem', None) or 'it is malformed'}."
        ) from exc
    if is_too_large(tree):
        raise Misconfigured(f"{where} unfolds to far too many values: leave out its aliases (`*name`).")
    if not isinstance(tree, dict) or set(tree) != {"as_of", "agencies"} or not isinstance(tree["agencies"], list):
        raise Misconfigured(f"{where} must hold `as_of` (a time) and `agencies` (a list), and nothing else.")
    as_of = _as_of(tree["as_of"], where)
    agencies: list[Agency] = []
    subscriptions: list[Subscription] = []
    for number, raw in enumerate(tree["agencies"], start=1):
        agency, own = _agency(raw, number, as_of, where)
        agencies.append(agency)
        subscriptions.extend(own)
    federation = Federation(tuple(agencies), tuple(subscriptions), where)
    _check_together(federation)
    return federation


def _as_of(raw: Any, where: str) -> str:
    try:
        # A bare number would be read as seconds since 1970.
        return TypeAdapter(UtcDatetime).validate_python(raw if isinstance(raw, str | datetime) else None).isoformat()
    except ValidationError as exc:
        raise Misconfigured(f"{where}: `as_of` must be a time with its zone, like 2026-11-01T00:00:00Z.") from exc


def _agency(raw: Any, number: int, as_of: str, where: str) -> tuple[Agency, list[Subscription]]:
    if not isinstance(raw, dict):
        raise Misconfigured(f"{where}: entry {number} of `agencies` must be a mapping of fields.")
    name = str(raw.get("agency") or f"entry {number}")
    fields = {key: value for key, value in raw.items() if key != "subscriptions"}
    agency = _model(Agency, fields, f"{where}: agency {name}")
    own = raw.get("subscriptions") or []
    if not isinstance(own, list) or not all(isinstance(one, dict) for one in own):
        raise Misconfigured(f"{where}: agency {name}, field `subscriptions`: must be a list of mappings.")
    return agency, [_subscription(one, agency, place, as_of, where) for place, one in enumerate(own, start=1)]


def _subscription(raw: dict[str, Any], agency: Agency, number: int, as_of: str, where: str) -> Subscription:
    called = str(raw.get("name") or f"number {number}")
    about = f"{where}: agency {agency.agency}, subscription {called!r}"
    for key in ("subscription_id", "agency", "created_at", "type"):
        if key in raw:
            raise Misconfigured(f"{about}, field `{key}`: is made by provisioning, leave it out.")
    made = {
        "subscription_id": ids.subscription_id(agency.agency, called),
        "agency": agency.agency,
        "created_at": as_of,
    }
    return _model(Subscription, raw | made, about)


def _model(model: type[M], fields: dict[str, Any], about: str) -> M:
    try:
        # Through JSON, because the strict models take text for an enumeration only from there.
        return model.model_validate_json(json.dumps(fields, default=_text_of_time))
    except ValidationError as exc:
        fault = exc.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(str(part) for part in fault["loc"])
        said = fault["msg"].removeprefix("Value error, ")
        raise Misconfigured(f"{about}, field `{field}`: {said[:1].lower()}{said[1:]}.") from exc
    except (TypeError, ValueError) as exc:  # ValueError: an alias that names itself
        raise Misconfigured(f"{about}: a field's name or value is of a type that no message holds.") from exc


def _text_of_time(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError


def _check_together(federation: Federation) -> None:
    """Faults that only show across agencies: doubles, and names of agencies that are not in the file."""
    where = federation.source
    if not federation.agencies:
        raise Misconfigured(f"{where}: `agencies` is empty.")
    doubles = [name for name, count in Counter(a.agency for a in federation.agencies).items() if count > 1]
    if doubles:
        raise Misconfigured(f"{where}: agency {doubles[0]}, field `agency`: stands here more than once.")
    known = {agency.agency for agency in federation.agencies}
    for agency in federation.agencies:
        strangers = [name for name in agency.serves if name not in known]
        if strangers:
            named = ", ".join(strangers[:NAMED_MAX]) + (" and more" if len(strangers) > NAMED_MAX else "")
            raise Misconfigured(f"{where}: agency {agency.agency}, field `serves`: {named} is no agency of this file.")
        if agency.escalates_to == agency.agency or (agency.escalates_to and agency.escalates_to not in known):
            raise Misconfigured(
                f"{where}: agency {agency.agency}, field `escalates_to`: must be another agency of this file."
            )
        if agency.districts and not agency.provinces:
            raise Misconfigured(f"{where}: agency {agency.agency}, field `districts`: name their `provinces` too.")
        if agency.foreign and agency.personal_data:
            raise Misconfigured(
                f"{where}: agency {agency.agency}, field `personal_data`: a partner abroad never receives it.",
            )
    for one, count in Counter((s.agency, s.name) for s in federation.subscriptions).items():
        if count > 1:
            raise Misconfigured(f"{where}: agency {one[0]}, field `subscriptions`: {one[1]!r} stands there twice.")
