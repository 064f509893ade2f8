"""From messages to bytes and back. Bad bytes are a value, not an exception: they become a dead letter."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from fusionbus.contract.agency import Agency, RegistryEntry, Removal, Subscription
from fusionbus.contract.base import SCHEMA_VERSION, Message
from fusionbus.contract.control import (
    Acknowledgement,
    CatchUp,
    ControlMessage,
    SharingAnswer,
    SharingRequest,
    Split,
    Subscribe,
    Unsubscribe,
    Verdict,
)
from fusionbus.contract.crossing import Arrival, Carried, Coincidence, Meeting, Offer, Probe
from fusionbus.contract.keeping import AnyOrder, Order
from fusionbus.contract.observation import Observation, ObservationMoved, Observed
from fusionbus.contract.records import (
    Accepted,
    AcceptedAcknowledgement,
    AcceptedCatchUp,
    AcceptedControl,
    AcceptedJudgement,
    AcceptedOrder,
    AcceptedReport,
    AcceptedSighting,
    RejectReason,
    Tick,
)
from fusionbus.contract.report import NO_PREDICATE, REPORT_BYTES_MAX, ThreatReport

M = TypeVar("M", bound=Message)

SENTENCE_MAX = 300
_OUR_MAJOR = SCHEMA_VERSION.partition(".")[0] + "."
AnyControl = Acknowledgement | Subscribe | Unsubscribe | SharingRequest | SharingAnswer | CatchUp | Verdict | Split
AnyAccepted = (
    AcceptedReport
    | AcceptedAcknowledgement
    | AcceptedCatchUp
    | AcceptedControl
    | AcceptedJudgement
    | AcceptedOrder
    | AcceptedSighting
    | Probe
    | Meeting
    | Offer
    | Arrival
    | Carried
    | Coincidence
    | Tick
)
AnyObserved = Observation | ObservationMoved | Tick
AnyRegistryEntry = Agency | Subscription | Removal


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Why bytes are not a message, in words for whoever wrote them."""

    reason: RejectReason
    sentence: str
    field: str | None = None


def encode(message: Message) -> bytes:
    """The message as UTF-8 JSON; absent fields are left out."""
    return message.__pydantic_serializer__.to_json(message, exclude_none=True)


def decode(model: type[M], raw: bytes) -> M | Undecodable:
    """The message of this model in `raw`, or why there is none."""
    got: M | Undecodable = _decode(_adapter(model), raw, REPORT_BYTES_MAX * 4)
    return got


def decode_report(raw: bytes) -> ThreatReport | Undecodable:
    """The report in `raw`, of this major version and any minor, or why there is none."""
    got: ThreatReport | Undecodable = _decode(_adapter(ThreatReport), raw, REPORT_BYTES_MAX)
    return got


def decode_control(raw: bytes) -> AnyControl | Undecodable:
    """The control message in `raw`, or why there is none."""
    got: AnyControl | Undecodable = _decode(_adapter(ControlMessage), raw, REPORT_BYTES_MAX)
    return got


def decode_order(raw: bytes) -> AnyOrder | Undecodable:
    """The order about a report in `raw`, or why there is none."""
    got: AnyOrder | Undecodable = _decode(_adapter(Order), raw, REPORT_BYTES_MAX)
    return got


def decode_accepted(raw: bytes) -> AnyAccepted | Undecodable:
    """The accepted message in `raw`, or why there is none."""
    got: AnyAccepted | Undecodable = _decode(_adapter(Accepted), raw, REPORT_BYTES_MAX * 2)
    return got


def decode_observed(raw: bytes) -> AnyObserved | Undecodable:
    """What the third hop reads in `raw`, or why it is none of it."""
    got: AnyObserved | Undecodable = _decode(_adapter(Observed), raw, REPORT_BYTES_MAX * 2)
    return got


def decode_registry(raw: bytes) -> AnyRegistryEntry | Undecodable:
    """The registry entry in `raw`, or why there is none."""
    got: AnyRegistryEntry | Undecodable = _decode(_adapter(RegistryEntry), raw, REPORT_BYTES_MAX)
    return got


@cache
def _adapter(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)


def _decode(adapter: TypeAdapter[Any], raw: bytes, bytes_max: int) -> Any:
    if len(raw) > bytes_max:
        return Undecodable(
            RejectReason.TOO_LARGE,
            f"The message has {len(raw):,} bytes and the limit is {bytes_max:,}; send attachments another way.",
        )
    try:
        got = adapter.validate_json(raw)
    except ValidationError as exc:
        theirs, ours = version_of(raw), _split(SCHEMA_VERSION)
        if theirs is None:
            return _explain(exc)
        if theirs[0] != ours[0]:
            return _unknown_version(*theirs)
        if theirs[1] > ours[1]:
            return _decode_newer(adapter, raw)
        return _explain(exc)
    version = getattr(got, "schema_version", SCHEMA_VERSION)
    # Even if every field happens to fit: in another major version it may mean something else.
    return got if version.startswith(_OUR_MAJOR) else _unknown_version(*_split(version))


def _unknown_version(major: int, minor: int) -> Undecodable:
    return Undecodable(
        RejectReason.UNKNOWN_VERSION,
        f"schema_version {major}.{minor} is unknown here; this hub reads {_OUR_MAJOR}x.",
        "schema_version",
    )


def _decode_newer(adapter: TypeAdapter[Any], raw: bytes) -> Any:
    """A newer minor version only adds optional fields: what is known of it is read, the rest is left."""
    try:
        return adapter.validate_json(raw, extra="ignore")
    except ValidationError as exc:
        return _explain(exc)


def version_of(raw: bytes) -> tuple[int, int] | None:
    """The major and minor version that a message says it is written in, if it says so."""
    try:
        return _split(json.loads(raw)["schema_version"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _split(version: str) -> tuple[int, int]:
    major, _, minor = version.partition(".")
    return int(major), int(minor)


def _explain(exc: ValidationError) -> Undecodable:
    """The first fault of several, in words; the input itself is never repeated, it may name a person."""
    first = exc.errors(include_url=False, include_input=False, include_context=False)[0]
    if first["type"] == "json_invalid":
        return Undecodable(
            RejectReason.NOT_JSON,
            _cut(f"The message is not UTF-8 JSON: {first['msg'].removeprefix('Invalid JSON: ')}."),
        )
    field = ".".join(str(part) for part in first["loc"])[:200] or None
    more = exc.error_count() - 1
    also = f" ({more} more fault{'s' if more > 1 else ''} in this message)" if more else ""
    said = first["msg"].removeprefix("Value error, ")
    reason = RejectReason.NO_PREDICATE if first["type"] == NO_PREDICATE else RejectReason.SCHEMA
    return Undecodable(reason, _cut(f"{field or 'The message'}: {said}{also}."), field)


def _cut(sentence: str) -> str:
    return sentence if len(sentence) <= SENTENCE_MAX else sentence[: SENTENCE_MAX - 1] + "…"
