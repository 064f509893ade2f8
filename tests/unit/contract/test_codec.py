"""The codec: whatever is encoded is decoded, and whatever bytes come, nothing is raised."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import NOW, a_report, an_acknowledgement
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.base import SCHEMA_VERSION
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.records import RejectReason
from fusionbus.contract.report import REPORT_BYTES_MAX, ThreatReport
from strategies import assessments, reports

DECODERS = (codec.decode_report, codec.decode_control, codec.decode_accepted, codec.decode_registry)
MAJOR = int(SCHEMA_VERSION.split(".", maxsplit=1)[0])
MINOR = int(SCHEMA_VERSION.split(".")[1])


def as_tree(report: ThreatReport | None = None) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(codec.encode(report or a_report()))
    return tree


def decoded(tree: Any) -> ThreatReport | Undecodable:
    return codec.decode_report(json.dumps(tree).encode())


def refused(tree: Any) -> Undecodable:
    got = decoded(tree)
    assert isinstance(got, Undecodable)
    return got


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(reports() | reports(assessments()))
def test_an_encoded_report_decodes_to_itself_and_encodes_to_the_same_bytes(report: ThreatReport) -> None:
    raw = codec.encode(report)
    assert codec.decode_report(raw) == report
    assert codec.encode(report) == raw


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_whatever_crash_a_decoder(raw: bytes) -> None:
    for decode in DECODERS:
        assert isinstance(decode(raw), Undecodable)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(as_tree())), json_values)
def test_no_json_value_in_any_field_crashes_the_decoder(field: str, value: object) -> None:
    got = decoded(as_tree() | {field: value})
    assert isinstance(got, ThreatReport | Undecodable)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2_000), st.integers(0, 255))
def test_one_wrong_byte_does_not_crash_the_decoder(place: int, byte: int) -> None:
    raw = bytearray(codec.encode(a_report()))
    raw[place % len(raw)] = byte
    assert isinstance(codec.decode_report(bytes(raw)), ThreatReport | Undecodable)


@pytest.mark.parametrize("raw", [b"", b"{", b"null", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"schema_version":' * 900])
def test_what_is_no_message_is_told_so(raw: bytes) -> None:
    got = codec.decode_report(raw)
    assert isinstance(got, Undecodable)
    assert got.sentence


def test_broken_json_says_that_it_is_no_json() -> None:
    got = codec.decode_report(b'{"agency": "CTD-KP"')
    assert isinstance(got, Undecodable)
    assert got.reason is RejectReason.NOT_JSON


def test_a_newer_minor_version_is_read_and_its_unknown_fields_are_left() -> None:
    newer = as_tree() | {"schema_version": f"{MAJOR}.{MINOR + 1}", "weather": "dust storm"}
    got = decoded(newer)
    assert isinstance(got, ThreatReport)
    assert got.headline == a_report().headline


def test_a_newer_minor_version_with_a_fault_in_a_known_field_is_refused() -> None:
    fault = refused(as_tree() | {"schema_version": f"{MAJOR}.{MINOR + 1}", "weather": "dust", "revision": 0})
    assert fault.reason is RejectReason.SCHEMA
    assert fault.field == "revision"


def test_an_unknown_field_in_the_present_version_is_refused() -> None:
    assert refused(as_tree() | {"weather": "dust storm"}).field == "weather"


@pytest.mark.parametrize("major", [MAJOR - 1, MAJOR + 1, MAJOR + 98])
def test_another_major_version_is_refused_even_if_nothing_else_is_wrong(major: int) -> None:
    fault = refused(as_tree() | {"schema_version": f"{major}.0"})
    assert fault.reason is RejectReason.UNKNOWN_VERSION
    assert fault.field == "schema_version"


@pytest.mark.parametrize("version", [None, 1, "", "1", "one.two", "1.0.0", [], {}])
def test_a_version_that_is_none_is_refused(version: object) -> None:
    assert refused(as_tree() | {"schema_version": version}).reason in (
        RejectReason.SCHEMA,
        RejectReason.UNKNOWN_VERSION,
    )


def test_a_report_over_the_limit_is_refused_before_it_is_read() -> None:
    got = codec.decode_report(b" " * (REPORT_BYTES_MAX + 1))
    assert isinstance(got, Undecodable)
    assert got.reason is RejectReason.TOO_LARGE


def test_a_fault_names_the_field_and_never_repeats_what_was_written() -> None:
    tree = as_tree()
    tree["place"]["lat"] = 434.0
    tree["headline"] = {"Gul Khan, made up": 1}
    fault = refused(tree)
    assert fault.field == "place.lat"
    assert "1 more fault" in fault.sentence
    assert "434" not in fault.sentence
    assert "Gul Khan" not in fault.sentence


def test_an_unknown_field_is_told_without_its_value() -> None:
    fault = refused(as_tree() | {"suspect": "Gul Khan, made up"})
    assert "Gul Khan" not in fault.sentence


def test_any_offset_is_read_and_utc_is_kept() -> None:
    tree = as_tree() | {"reported_at": "2026-03-05T17:00:00+05:00"}
    got = decoded(tree)
    assert isinstance(got, ThreatReport)
    assert got.reported_at == NOW
    assert got.reported_at.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused() -> None:
    assert refused(as_tree() | {"reported_at": "2026-03-05T12:00:00"}).field == "reported_at"


def test_absent_fields_are_left_out_of_the_bytes() -> None:
    assert b"null" not in codec.encode(a_report(place=None, narrative=None))


def test_one_decoder_does_not_take_the_message_of_another() -> None:
    acknowledgement = codec.encode(an_acknowledgement())
    assert codec.decode_control(acknowledgement) == an_acknowledgement()
    assert isinstance(codec.decode_report(acknowledgement), Undecodable)
    assert isinstance(codec.decode(Alert, acknowledgement), Undecodable)
