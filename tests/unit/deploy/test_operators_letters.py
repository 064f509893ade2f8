"""Dead letters: which are meant, what was done with them, which may be sent again."""

import base64
from datetime import timedelta

import pytest

from builders import NOW
from dead_letter import BODY, a_letter
from fusionbus.contract import ids
from fusionbus.contract.codec import Undecodable, decode, encode
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.records import AuditEvent, AuditRecord, DeadLetter, RejectReason
from fusionbus.deploy.operators import letters, showing, words
from fusionbus.deploy.operators.letters import Action, Choice, Filed, Sendable


def refusal(letter: DeadLetter) -> str:
    """Why it may not be sent again."""
    told = letters.sendable(Filed(letter))
    assert isinstance(told, str), told
    return told


def test_a_whole_letter_is_sent_to_the_partition_it_came_from_with_its_key() -> None:
    assert letters.sendable(Filed(a_letter())) == Sendable("reports-CTD-KP", 3, b"the key", BODY)
    assert letters.sendable(Filed(a_letter(key_base64=None))) == Sendable("reports-CTD-KP", 3, None, BODY)


def test_a_cut_body_is_not_sent_again() -> None:
    assert "100,000 bytes and 21 are kept: ask CTD-KP" in refusal(a_letter(body_bytes=100_000))


def test_an_altered_body_is_not_sent_again() -> None:
    assert "digest" in refusal(a_letter(body_base64=base64.b64encode(b'{"local_ref": "KP-2"}').decode()))
    assert "0 are kept" in refusal(a_letter(body_base64="§"))


def test_an_empty_body_a_cut_key_and_a_strange_topic_are_not_sent_again() -> None:
    assert "no body" in refusal(a_letter(body=b""))
    assert "longer key" in refusal(a_letter(key_base64=base64.b64encode(b"k" * 1024).decode()))
    assert "no topic that the hub reads" in refusal(a_letter(topic="audit"))


def test_an_act_is_read_back_from_its_audit_record_as_it_crosses_the_wire() -> None:
    record = letters.record_of(a_letter(), Action.DISCARDED, "watch-floor", "Called:\nit was a test.", NOW)
    read = decode(AuditRecord, encode(record))
    assert not isinstance(read, Undecodable)
    act = letters.handled_in(read)
    assert act is not None
    assert (act.letter_id, act.action, act.by) == (a_letter().dead_letter_id, Action.DISCARDED, "watch-floor")
    assert act.said == "Called:\nit was a test."


def test_other_audit_records_are_no_acts() -> None:
    note = letters.record_of(a_letter(), Action.REPLAYED, "desk", "sent", NOW).note
    rejected = AuditRecord(audit_id=ids.audit_id("a", "b"), at=NOW, event=AuditEvent.MESSAGE_REJECTED, note=note)
    assert letters.handled_in(rejected) is None
    other = AuditRecord(audit_id=ids.audit_id("a", "b"), at=NOW, event=AuditEvent.PERSON_ACTION, note="merged by hand")
    assert letters.handled_in(other) is None


def test_a_handled_letter_is_sent_again_only_on_request() -> None:
    letter = a_letter()
    act = letters.handled_in(letters.record_of(letter, Action.REPLAYED, "desk", "sent", NOW))
    assert act is not None
    (one,) = letters.filed([letter, letter], [act, act])
    assert one.handled == (act,)
    assert "replayed by desk already" in str(letters.sendable(one))
    assert isinstance(letters.sendable(one, again=True), Sendable)


def test_a_choice_takes_agency_reason_and_time_together() -> None:
    letter = a_letter()
    assert Choice().takes(letter)
    assert Choice("CTD-KP", "schema", NOW).takes(letter)
    assert not Choice("CTD-PB").takes(letter)
    assert not Choice(reason="not_json").takes(letter)
    assert not Choice(since=NOW + timedelta(seconds=1)).takes(letter)


def test_a_letter_is_named_by_how_its_id_begins() -> None:
    found = letters.filed([a_letter(1), a_letter(2)], [])
    assert letters.named(found, a_letter(2).dead_letter_id[:8].upper()).letter.offset == 2
    for word in ("abc", "ffffffff-0000", "000000"):
        with pytest.raises(Misconfigured):
            letters.named(found, word)
    twice = [Filed(a_letter(1)), Filed(a_letter(1))]
    with pytest.raises(Misconfigured, match="2 dead letters"):
        letters.named(twice, a_letter(1).dead_letter_id)


def test_reasons_are_counted_most_first() -> None:
    one, other = a_letter(1), a_letter(2, reason=RejectReason.NOT_JSON)
    counts = letters.counted(letters.filed([one, other, a_letter(3, reason=RejectReason.NOT_JSON)], []))
    assert list(counts.items()) == [("not_json", 2), ("schema", 1)]


def test_a_body_cannot_steer_the_terminal_and_urdu_stays() -> None:
    assert showing.neutral("\x1b[31mred\u202e") == "\\u{1b}[31mred\\u{202e}"
    assert showing.block("a\r\nb\tc\x07") == "  a\n  b    c\\u{7}"
    assert showing.neutral("بنوں میں\u200c دھماکہ") == "بنوں میں\u200c دھماکہ"


@pytest.mark.parametrize(
    ("word", "back"), [("30min", timedelta(minutes=30)), ("12h", timedelta(hours=12)), ("7 d", timedelta(days=7))]
)
def test_since_takes_a_span(word: str, back: timedelta) -> None:
    assert words.since(word, NOW) == NOW - back


def test_since_takes_a_time_with_its_zone_and_nothing_else() -> None:
    assert words.since("2026-03-05T16:00+05:00", NOW) == NOW - timedelta(hours=1)
    assert words.since(None, NOW) is None
    for word in ("yesterday", "2026-03-05T11:00", "9999999d", "", "-3h", "999999d 4"):
        with pytest.raises(Misconfigured, match="--since"):
            words.since(word, NOW)


def test_a_desk_cannot_forge_an_act_in_its_name() -> None:
    assert words.desk("watch-floor@nacta") == "watch-floor@nacta"
    for word in ("", "a: dead letter", "x" * 61, "a\nb"):
        with pytest.raises(Misconfigured, match="--by"):
            words.desk(word)


def test_an_age_is_told_in_the_largest_unit_that_fits() -> None:
    assert [showing.age(s) for s in (None, 0.25, 90, 7_200, 200_000)] == ["", "0.2 s", "1.5 min", "2.0 h", "2.3 d"]
