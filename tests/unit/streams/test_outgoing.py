"""What the hub writes about what it did: complete, countable, and under ids that a replay repeats."""

import base64
import hashlib

import pytest

from builders import NOW, a_handling, a_report, a_subscription
from fusionbus.contract import topics
from fusionbus.contract.codec import decode, encode
from fusionbus.contract.incident import Relation
from fusionbus.contract.records import (
    DEAD_LETTER_BODY_BYTES_MAX,
    AuditEvent,
    AuditRecord,
    DeadLetter,
    Receipt,
    ReceiptOutcome,
    RejectReason,
)
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import TLP, Form, Urgency
from fusionbus.streams import outgoing
from fusionbus.streams.admit import Arrival
from fusionbus.streams.engine import Event, Output
from fusionbus.streams.values import Rejection, Repeat
from hub import HubOnPaper

REFUSED = Rejection(RejectReason.SCHEMA, "severity: wrong.", "severity", a_report().report_id, "KP-2026-0001", 1)


def an_event(value: bytes | None = b"{}", key: bytes | None = b"k", topic: str = "reports-CTD-KP") -> Event:
    return Event(topic, 3, 41, int(NOW.timestamp() * 1000), key, value)


def refusal(event: Event) -> list[Output]:
    return outgoing.rejected(event, Arrival(event.topic, event.key, event.value, NOW), REFUSED, NOW)


def letter_of(outputs: list[Output]) -> DeadLetter:
    (found,) = [decode(DeadLetter, o.value or b"") for o in outputs if o.topic == topics.DEAD_LETTERS]
    assert isinstance(found, DeadLetter)
    return found


def test_a_refusal_is_a_dead_letter_a_receipt_and_an_audit_record() -> None:
    outputs = refusal(an_event())
    assert [output.topic for output in outputs] == [topics.DEAD_LETTERS, "receipts-CTD-KP", topics.AUDIT]
    letter, receipt = letter_of(outputs), decode(Receipt, outputs[1].value or b"")
    assert isinstance(receipt, Receipt)
    assert (letter.partition, letter.offset) == (3, 41)
    assert (receipt.sentence, receipt.field, receipt.local_ref) == ("severity: wrong.", "severity", "KP-2026-0001")
    assert refusal(an_event()) == outputs, "a replay repeats the ids"


@pytest.mark.parametrize("size", [0, 10, DEAD_LETTER_BODY_BYTES_MAX, DEAD_LETTER_BODY_BYTES_MAX + 1])
def test_of_a_dead_letters_body_a_bounded_part_is_kept_and_its_size_and_digest_always(size: int) -> None:
    body = b"x" * size
    letter = letter_of(refusal(an_event(body)))
    assert (letter.body_bytes, letter.body_sha256) == (size, hashlib.sha256(body).hexdigest())
    assert base64.b64decode(letter.body_base64) == body[:DEAD_LETTER_BODY_BYTES_MAX]


@pytest.mark.parametrize(("key", "kept"), [(None, None), (b"", b""), (b"\xff" * 9_000, b"\xff" * 1_024)])
def test_a_dead_letters_key_is_kept_up_to_a_bound(key: bytes | None, kept: bytes | None) -> None:
    letter = letter_of(refusal(an_event(key=key)))
    assert letter.key_base64 == (None if kept is None else base64.b64encode(kept).decode())


def test_a_refusal_of_the_hubs_own_traffic_has_nobody_to_write_to() -> None:
    outputs = refusal(an_event(topic=topics.ACCEPTED))
    assert [output.topic for output in outputs] == [topics.DEAD_LETTERS, topics.AUDIT]
    assert letter_of(outputs).agency is None


def test_each_repeat_has_a_receipt_of_its_own() -> None:
    found = set()
    for offset in (1, 2, 2):
        outputs = outgoing.repeated(an_event()._replace(offset=offset), Repeat(a_report(), 1), NOW)
        receipt = decode(Receipt, outputs[0].value or b"")
        assert isinstance(receipt, Receipt)
        assert (receipt.outcome, receipt.report_id) == (ReceiptOutcome.REPEAT, a_report().report_id)
        found.add(receipt.receipt_id)
    assert len(found) == 2


def test_an_older_revision_is_told_which_one_is_here() -> None:
    outputs = outgoing.repeated(an_event(), Repeat(a_report(), 4), NOW)
    receipt = decode(Receipt, outputs[0].value or b"")
    assert isinstance(receipt, Receipt)
    assert receipt.sentence == "Revision 4 is here already, which is newer."


def after(*reports: ThreatReport) -> tuple[HubOnPaper, Receipt, AuditRecord]:
    hub = HubOnPaper.of()
    hub.send(*reports)
    return hub, hub.receipts()[-1], hub.audit()[-1]


def test_receipt_and_audit_record_count_the_same_decisions() -> None:
    hub, receipt, record = after(a_report(handling=a_handling(tlp=TLP.AMBER), urgency=Urgency.PAST))
    assert receipt.withheld == {rule: len(who) for rule, who in record.decisions.items() if not rule.delivers}
    assert receipt.forms == {form: len(who) for form, who in record.forms.items()}
    assert receipt.delivered_to == len(hub.alerts())
    assert (record.event, record.relation, record.override) == (AuditEvent.REPORT_ROUTED, Relation.ORIGINAL, False)


def test_a_receipt_never_names_a_withheld_agency_or_any_other() -> None:
    hub, receipt, _ = after(a_report(handling=a_handling(tlp=TLP.AMBER)))
    told = receipt.model_dump_json()
    assert all(name not in told for name in hub.registry.agencies if name != "CTD-KP")


def test_an_override_for_danger_to_life_is_marked_as_one() -> None:
    red = a_handling(tlp=TLP.RED, releasable_to=("IB",))
    _, receipt, record = after(a_report(handling=red))
    assert record.override
    assert record.decisions[Rule.IMMINENT_DANGER] == ("POLICE-KP",)
    assert record.forms[Form.POINTER] == ("POLICE-KP",)
    assert receipt.withheld[Rule.TLP] == 3


def test_a_changed_subscription_is_on_record_under_its_own_id() -> None:
    wish = a_subscription()
    outputs = outgoing.control_done("CTD-PB", wish.subscription_id, "It is in force.", NOW, NOW)
    assert [output.key for output in outputs] == [wish.subscription_id.encode()] * 2
    record = decode(AuditRecord, outputs[1].value or b"")
    assert isinstance(record, AuditRecord)
    assert (record.event, record.agency) == (AuditEvent.SUBSCRIPTION_CHANGED, "CTD-PB")
    assert encode(record) == outputs[1].value
