"""An outbox keeps nothing of a report that was purged, in no byte of its files."""

from pathlib import Path

from builders import a_report
from fusionbus.producers.outbox import Outbox
from fusionbus.producers.outcomes import Delivered, Failed
from fusionbus.producers.settings import ProducerSettings

MARK = "zarghunmarker"
AGENCY = "CTD-KP"


def files_hold(folder: Path, word: str) -> bool:
    return any(word.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_purged_report_is_in_no_byte_of_the_outbox_and_the_others_wait_on(tmp_path: Path) -> None:
    settings = ProducerSettings(home=tmp_path)
    marked, other = a_report(local_ref="r1", narrative=f"Near the {MARK}. " * 500), a_report(local_ref="r2")
    with Outbox(AGENCY, settings) as outbox:
        outbox.put_all([marked, other])
        (first, second) = outbox.next_batch()
        outbox.mark([(first, Failed(marked.report_id, "It is refused.", "report"))])
        assert outbox.standing().refused == 1
        assert files_hold(tmp_path, MARK)
        assert outbox.purge(marked.report_id) == 1
        assert not files_hold(tmp_path, MARK)
        assert outbox.purge(marked.report_id) == 0
        assert [one.report_id for one in outbox.next_batch()] == [other.report_id]
        outbox.mark([(second, Delivered(other.report_id, "reports-CTD-KP", 0, 0))])
        assert outbox.purge(other.report_id) == 0
        assert outbox.put(other) == "sent already"


def test_what_was_sent_is_overwritten_when_its_outbox_is_closed(tmp_path: Path) -> None:
    settings = ProducerSettings(home=tmp_path)
    with Outbox(AGENCY, settings) as outbox:
        outbox.put(a_report(narrative=f"Near the {MARK}. " * 500))
        (one,) = outbox.next_batch()
        assert files_hold(tmp_path, MARK)
        outbox.mark([(one, Delivered(one.report_id, "reports-CTD-KP", 0, 0))])
    assert not files_hold(tmp_path, MARK)
