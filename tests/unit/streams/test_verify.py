"""Signatures at the first hop: what is taken, what is refused and why; and what a replay comes to."""

import json
from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW, a_report, an_agency, minutes
from fusionbus.contract import topics
from fusionbus.contract.agency import SigningKey
from fusionbus.contract.codec import encode
from fusionbus.contract.keeping import Purge
from fusionbus.contract.records import AuditEvent, Receipt, ReceiptOutcome, RejectReason
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import MsgType
from fusionbus.producers.seal import Seal
from fusionbus.streams.verify import signature_fault
from hub import HubOnPaper
from signatures import a_key, a_seal, listed, signed

TOPIC = topics.reports_topic("CTD-KP")
KEY = a_report().report_id.encode()
FIRST, SECOND, STRANGER = a_key(0), a_key(1), a_key(2)


@pytest.fixture(scope="module")
def seal(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    return a_seal(tmp_path_factory.mktemp("first"), FIRST)


@pytest.fixture(scope="module")
def second_seal(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    return a_seal(tmp_path_factory.mktemp("second"), SECOND)


@pytest.fixture(scope="module")
def strangers_seal(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    return a_seal(tmp_path_factory.mktemp("stranger"), STRANGER)


def a_hub(*keys: SigningKey, must_sign: bool = True) -> HubOnPaper:
    """A hub that lists these keys of CTD-KP; IB has the stranger's."""
    return HubOnPaper.of(
        [an_agency(keys=keys, must_sign=must_sign), an_agency(agency="IB", keys=(listed(STRANGER),), must_sign=True)]
    )


def refusal(hub: HubOnPaper, agency: str = "CTD-KP") -> Receipt:
    """The one receipt, after making sure that the refusal is kept, told, audited and counted, and nothing else came."""
    (receipt,) = hub.receipts_of(agency)
    (letter,) = hub.dead_letters()
    (record,) = hub.audit()
    assert receipt.outcome is ReceiptOutcome.REJECTED
    assert receipt.sentence == letter.sentence
    assert record.event is AuditEvent.MESSAGE_REJECTED
    assert receipt.reason is not None
    assert receipt.reason in (record.note or "")
    assert hub.tally["rejected", agency, receipt.reason] == 1
    assert hub.alerts() == []
    return receipt


def test_a_signed_report_goes_through_and_one_without_signature_too_where_it_may(seal: Seal) -> None:
    for hub, raw in (
        (a_hub(listed(FIRST)), signed(a_report(), seal)),
        (a_hub(listed(FIRST), must_sign=False), encode(a_report())),
    ):
        hub.put(TOPIC, KEY, raw)
        assert [r.outcome for r in hub.receipts_of("CTD-KP")] == [ReceiptOutcome.NEW_INCIDENT]


def altered(raw: bytes) -> bytes:
    return raw.replace(b"Peshawar", b"Mingoraa", 1)


def rewritten(raw: bytes) -> bytes:
    return json.dumps(json.loads(raw)).encode()


def moved(raw: bytes) -> bytes:
    told = json.loads(raw)
    return json.dumps({"signature": told.pop("signature")} | told, separators=(",", ":")).encode()


def unsigned(raw: bytes) -> bytes:
    told = json.loads(raw)
    del told["signature"]
    return json.dumps(told).encode()


FORGERIES: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("altered", altered, "the message was changed"),
    ("written anew by something in between", rewritten, "not the last member"),
    ("with the signature elsewhere", moved, "not the last member"),
    ("with the signature taken off", unsigned, "is not signed"),
]


@pytest.mark.parametrize(("name", "forge", "says"), FORGERIES, ids=[row[0] for row in FORGERIES])
def test_a_report_that_was_tampered_with_is_refused(
    name: str, forge: Callable[[bytes], bytes], says: str, seal: Seal
) -> None:
    hub = a_hub(listed(FIRST))
    hub.put(TOPIC, KEY, forge(signed(a_report(), seal)))
    receipt = refusal(hub)
    assert (receipt.reason, receipt.field) == (RejectReason.BAD_SIGNATURE, "signature"), name
    assert says in (receipt.sentence or "")
    assert receipt.report_id == a_report().report_id


STALE: list[tuple[str, dict[str, datetime], str]] = [
    ("revoked before", {"revoked_at": NOW - minutes(1)}, "was revoked"),
    ("revoked this moment", {"revoked_at": NOW}, "was revoked"),
    ("ended", {"valid_until": NOW}, "ended at"),
    ("not yet valid", {"valid_from": NOW + minutes(1)}, "counts from"),
]


@pytest.mark.parametrize(("name", "when", "says"), STALE, ids=[row[0] for row in STALE])
def test_a_key_that_does_not_count_now_signs_nothing(
    name: str, when: dict[str, datetime], says: str, seal: Seal
) -> None:
    hub = a_hub(listed(FIRST, **when))
    hub.put(TOPIC, KEY, signed(a_report(reported_at=NOW - minutes(100)), seal))
    assert says in (refusal(hub).sentence or ""), name


def test_a_key_counts_until_it_is_revoked_or_ends(seal: Seal) -> None:
    hub = a_hub(listed(FIRST, revoked_at=NOW + minutes(1), valid_until=NOW + minutes(1)))
    hub.put(TOPIC, KEY, signed(a_report(), seal))
    assert hub.dead_letters() == []


def test_an_unknown_key_and_another_agencys_key_are_refused(strangers_seal: Seal) -> None:
    hub = a_hub(listed(FIRST))
    hub.put(TOPIC, KEY, signed(a_report(), strangers_seal))
    assert "no key" in (refusal(hub).sentence or "")


def test_another_key_under_a_known_id_does_not_fit(seal: Seal, strangers_seal: Seal) -> None:
    hub = a_hub(listed(FIRST))
    mine, theirs = signed(a_report(), seal), signed(a_report(), strangers_seal)
    hub.put(TOPIC, KEY, mine[:-91] + theirs[-91:])
    assert "does not fit" in (refusal(hub).sentence or "")


def test_in_the_overlap_of_a_rotation_both_keys_are_taken(seal: Seal, second_seal: Seal) -> None:
    hub = a_hub(listed(FIRST, valid_until=NOW + minutes(1)), listed(SECOND, valid_from=NOW - minutes(1)))
    for number, one in enumerate((seal, second_seal)):
        report = a_report(local_ref=f"r{number}")
        hub.put(TOPIC, report.report_id.encode(), signed(report, one))
    assert hub.dead_letters() == []


# -- replays ----------------------------------------------------------------------------------------------------------
def test_a_replayed_report_is_a_repeat_and_so_is_an_older_revision(seal: Seal) -> None:
    hub = a_hub(listed(FIRST))
    first = signed(a_report(), seal)
    update = signed(a_report(revision=2, msg_type=MsgType.UPDATE, headline="Corrected"), seal)
    for raw in (first, update):
        hub.put(TOPIC, KEY, raw)
    hub.clear()
    for raw in (first, update):
        hub.put(TOPIC, KEY, raw)
    assert [receipt.outcome for receipt in hub.receipts_of("CTD-KP")] == [ReceiptOutcome.REPEAT] * 2
    assert hub.alerts() == []


def test_a_signed_report_replayed_on_another_agencys_topic_is_refused(seal: Seal) -> None:
    hub = a_hub(listed(FIRST))
    hub.put(topics.reports_topic("IB"), KEY, signed(a_report(), seal))
    assert refusal(hub, "IB").reason is RejectReason.WRONG_AGENCY


def test_of_an_agency_that_must_sign_orders_are_signed_too(seal: Seal) -> None:
    hub = a_hub(listed(FIRST))
    hub.put(TOPIC, KEY, signed(a_report(), seal))
    hub.clear()
    order = encode(Purge(agency="CTD-KP", at=NOW, report_id=a_report().report_id, reason="Made up"))
    for raw in (order, seal(order).replace(b"Made up", b"Made on")):
        accepted = hub.admit([hub.event(TOPIC, KEY, raw)])
        assert accepted == []
    assert [receipt.reason for receipt in hub.receipts_of("CTD-KP")] == [RejectReason.BAD_SIGNATURE] * 2
    assert len(hub.admit([hub.event(TOPIC, KEY, seal(order))])) == 1


def test_fields_that_this_version_does_not_know_are_covered(seal: Seal) -> None:
    told = json.dumps(json.loads(encode(a_report())) | {"schema_version": "1.9", "later": 1.50}).encode()
    good, bad = a_hub(listed(FIRST)), a_hub(listed(FIRST))
    good.put(TOPIC, KEY, seal(told))
    assert good.dead_letters() == []
    bad.put(TOPIC, KEY, seal(told).replace(b'"later": 1.5', b'"later": 2.5'))
    assert "does not fit" in (refusal(bad).sentence or "")


@given(at=st.integers(min_value=0), to=st.integers(min_value=0, max_value=255))
def test_no_changed_byte_gets_a_signed_report_in(at: int, to: int, seal: Seal) -> None:
    raw = bytearray(signed(a_report(), seal))
    before = raw[at % len(raw)]
    raw[at % len(raw)] = to
    hub = a_hub(listed(FIRST))
    accepted = hub.admit([hub.event(TOPIC, KEY, bytes(raw))])
    assert len(accepted) == (1 if to == before else 0)


def test_a_signature_written_in_another_way_is_another(seal: Seal) -> None:
    raw = signed(a_report(), seal)
    last = raw[-6:-5]
    assert last in b"AQgw"  # its lower four bits count for nothing
    hub = a_hub(listed(FIRST))
    hub.put(TOPIC, KEY, raw[:-6] + bytes([last[0] + 1]) + raw[-5:])
    assert "does not fit" in (refusal(hub).sentence or "")


def test_an_unsigned_report_is_not_looked_at_twice(seal: Seal) -> None:
    class Untouchable(bytes):
        def endswith(self, *_: object) -> bool:
            raise AssertionError("looked at")

    raw = Untouchable(encode(a_report()))
    assert signature_fault(a_report(), raw, NOW, an_agency(keys=(listed(FIRST),))) is None
    with_signature = ThreatReport.model_validate_json(signed(a_report(), seal))
    with pytest.raises(AssertionError, match="looked at"):
        signature_fault(with_signature, raw, NOW, an_agency(keys=(listed(FIRST),)))
