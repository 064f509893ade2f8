"""Messages that are kept share their notes of which fields were given, and nothing else of them changes."""

from builders import a_report, an_interval
from fusionbus.contract.base import slimmed
from fusionbus.contract.codec import decode, encode
from fusionbus.contract.report import ThreatReport


def read(report: ThreatReport) -> ThreatReport:
    found = decode(ThreatReport, encode(report))
    assert isinstance(found, ThreatReport)
    return found


def test_a_slimmed_message_is_what_it_was() -> None:
    whole, slim = read(a_report()), slimmed(read(a_report()))
    assert slim == whole
    assert encode(slim) == encode(whole)
    assert slim.model_fields_set == whole.model_fields_set


def test_messages_alike_share_their_notes_and_a_copy_has_its_own() -> None:
    one, other = slimmed(read(a_report(local_ref="a"))), slimmed(read(a_report(local_ref="b")))
    assert one.model_fields_set is other.model_fields_set
    assert one.handling.model_fields_set is other.handling.model_fields_set
    given = set(one.model_fields_set)
    changed = one.model_copy(update={"occurred": an_interval(), "attachments": ()})
    assert "attachments" in changed.model_fields_set
    assert one.model_fields_set == other.model_fields_set == given
