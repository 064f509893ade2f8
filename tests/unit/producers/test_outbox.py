"""The outbox: on disk before it returns; sent in order, once, whoever dies when."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusionbus.contract.codec import decode_report
from fusionbus.contract.errors import FixTheReport, Misconfigured, RetryLater
from fusionbus.contract.report import ThreatReport
from fusionbus.producers import compose
from fusionbus.producers.outbox import Outbox, agencies_with_outbox, path_of
from fusionbus.producers.outbox_faults import explain_sqlite
from fusionbus.producers.outcomes import Failed
from fusionbus.producers.sender import drain
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.testing import RecordingPublisher, sample_report

AGENCY = "CTD-KP"


@pytest.fixture
def here(tmp_path: Path) -> ProducerSettings:
    return ProducerSettings(home=tmp_path, outbox_batch=3)


@pytest.fixture
def outbox(here: ProducerSettings) -> Iterator[Outbox]:
    with Outbox(AGENCY, here) as opened:
        yield opened


def numbered(count: int) -> list[ThreatReport]:
    return [sample_report(local_ref=f"r{number}") for number in range(count)]


def down(report: ThreatReport) -> Failed:
    return Failed(report.report_id, "The broker is away.", "retry")


def test_what_was_put_is_there_for_the_next_process(here: ProducerSettings) -> None:
    with Outbox(AGENCY, here) as first:
        first.put(sample_report())
    with Outbox(AGENCY, here) as second:
        assert second.standing().waiting == 1
    assert agencies_with_outbox(here) == [AGENCY]


def test_everything_is_sent_in_the_order_it_was_put(outbox: Outbox, here: ProducerSettings) -> None:
    reports, publisher = numbered(10), RecordingPublisher(AGENCY)
    outbox.put_all(reports)
    assert drain(outbox, publisher, settings=here).sent == 10
    assert publisher.reports == reports
    assert outbox.standing().sent == 10


def test_what_the_broker_could_not_take_waits_and_goes_later_in_order(outbox: Outbox, here: ProducerSettings) -> None:
    reports = numbered(5)
    outbox.put_all(reports)
    held = drain(outbox, RecordingPublisher(AGENCY, fails=down), settings=here)
    assert (held.sent, held.held_by) == (0, "The broker is away.")
    later = RecordingPublisher(AGENCY)
    drain(outbox, later, settings=here)
    assert later.reports == reports


def test_a_refused_report_is_set_aside_with_its_reason_and_its_neighbours_go(
    outbox: Outbox, here: ProducerSettings
) -> None:
    reports = numbered(3)
    outbox.put_all(reports)

    def too_large(report: ThreatReport) -> Failed | None:
        return Failed(report.report_id, "Too large.", "report") if report == reports[1] else None

    done = drain(outbox, RecordingPublisher(AGENCY, fails=too_large), settings=here)
    assert (done.sent, done.refused, done.held_by) == (2, 1, None)
    assert outbox.standing().refusals == ((reports[1].report_id, "Too large."),)
    assert outbox.put(reports[1]) == "stored"


def test_two_revisions_of_a_report_are_never_under_way_together(outbox: Outbox) -> None:
    first = sample_report()
    outbox.put_all([sample_report(local_ref="other"), first, compose.revised(first), sample_report(local_ref="more")])
    assert len(outbox.next_batch()) == 2


def test_the_same_report_again_is_not_sent_again(outbox: Outbox, here: ProducerSettings) -> None:
    report, publisher = sample_report(), RecordingPublisher(AGENCY)
    assert (outbox.put(report), outbox.put(report)) == ("stored", "waiting already")
    drain(outbox, publisher, settings=here)
    assert outbox.put(report) == "sent already"
    drain(outbox, publisher, settings=here)
    assert publisher.reports == [report]


def test_the_same_revision_with_another_content_is_told_to_be_an_update(outbox: Outbox) -> None:
    outbox.put(sample_report())
    with pytest.raises(FixTheReport, match="revision 2"):
        outbox.put(sample_report().model_copy(update={"headline": "Something else"}))


def test_a_wrong_report_is_not_kept(outbox: Outbox) -> None:
    with pytest.raises(FixTheReport, match="SOMEBODY"):
        outbox.put_all([sample_report(), sample_report(agency="SOMEBODY")])
    assert outbox.standing().waiting == 0


def test_a_full_outbox_says_so_and_keeps_what_it_has(tmp_path: Path) -> None:
    small = ProducerSettings(home=tmp_path, outbox_bytes_max=65_536)
    with Outbox(AGENCY, small) as outbox:
        outbox.put_all(numbered(20))
        with pytest.raises(RetryLater, match="FUSION_OUTBOX_BYTES_MAX") as told:
            outbox.put_all([sample_report(local_ref=f"more{number}") for number in range(200)])
    assert "was not kept" in str(told.value)
    with Outbox(AGENCY, small) as outbox:
        assert outbox.standing().waiting == 20


def test_a_damaged_file_is_told_in_a_sentence(here: ProducerSettings) -> None:
    path = path_of(AGENCY, here)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database " * 1000)
    with pytest.raises(Misconfigured, match="is damaged"):
        Outbox(AGENCY, here)


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="FUSION_HOME"):
        Outbox(AGENCY, ProducerSettings(home=tmp_path / "file"))


def test_a_full_disk_is_told_in_a_sentence() -> None:
    # SQLite's own error for it, without filling a disk.
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE t (x)")
    database.execute("PRAGMA max_page_count = 3")
    with pytest.raises(sqlite3.OperationalError) as full:
        database.execute("INSERT INTO t VALUES (zeroblob(100000))")
    database.close()
    told = explain_sqlite(full.value, Path("outbox.db"))
    assert isinstance(told, RetryLater)
    assert "disk" in str(told)


SENDER_THAT_DIES = """
import os, signal, sys
from pathlib import Path
from fusionbus.producers.outbox import Outbox
from fusionbus.producers.sender import drain
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.testing import RecordingPublisher

settings = ProducerSettings(home=Path(sys.argv[1]), outbox_batch=3)

class Dies(Outbox):
    batches = 0
    def mark(self, outcomes):
        Dies.batches += 1
        if Dies.batches == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        super().mark(outcomes)

class Broker(RecordingPublisher):
    def publish(self, report, on_outcome=None):
        with open(sys.argv[2], "a") as log:
            log.write(report.model_dump_json() + chr(10))
        return super().publish(report, on_outcome)

with Dies("CTD-KP", settings) as outbox:
    drain(outbox, Broker("CTD-KP"), settings=settings)
"""


def test_killed_between_acknowledgement_and_mark_it_sends_the_same_record_again(
    outbox: Outbox, here: ProducerSettings, tmp_path: Path
) -> None:
    reports, log = numbered(8), tmp_path / "broker.jsonl"
    outbox.put_all(reports)
    died = subprocess.run([sys.executable, "-c", SENDER_THAT_DIES, str(tmp_path), str(log)], check=False, timeout=120)
    assert died.returncode == -signal.SIGKILL
    before = [decode_report(line) for line in log.read_bytes().splitlines()]
    assert before == reports[:6]
    after = RecordingPublisher(AGENCY)
    drain(outbox, after, settings=here)
    assert after.reports == reports[3:], "the second batch again, byte for byte, then the rest"
    once = list(dict.fromkeys((report.report_id, report.revision) for report in (*reports[:6], *after.reports)))
    assert once == [(report.report_id, report.revision) for report in reports]


HOLDER = """
import sys
from pathlib import Path
from fusionbus.producers.outbox import Outbox
from fusionbus.producers.settings import ProducerSettings
with Outbox("CTD-KP", ProducerSettings(home=Path(sys.argv[1]))) as outbox, outbox.sole_sender():
    print("holding", flush=True)
    sys.stdin.read()
"""


def test_only_one_process_sends_and_a_dead_one_gives_up_its_right(outbox: Outbox, here: ProducerSettings) -> None:
    outbox.put(sample_report())
    arguments = [sys.executable, "-c", HOLDER, str(here.home)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"holding\n"
        with pytest.raises(RetryLater, match="Another process is sending"):
            drain(outbox, RecordingPublisher(AGENCY), settings=here)
        assert outbox.put(sample_report(local_ref="meanwhile")) == "stored"
        os.kill(holder.pid, signal.SIGKILL)
    assert drain(outbox, RecordingPublisher(AGENCY), settings=here).sent == 2


@settings(max_examples=25, deadline=None)
@given(
    revisions=st.lists(st.integers(0, 3), min_size=1, max_size=12),
    fails_at=st.sets(st.integers(0, 30), max_size=8),
)
def test_whatever_fails_on_the_way_each_revision_goes_once_and_in_order(
    revisions: list[int], fails_at: set[int]
) -> None:
    attempts = 0

    def sometimes(report: ThreatReport) -> Failed | None:
        nonlocal attempts
        attempts += 1
        return down(report) if attempts - 1 in fails_at else None

    put: dict[int, ThreatReport] = {}
    wanted: list[tuple[str, int]] = []
    with tempfile.TemporaryDirectory() as home:
        here, publisher = ProducerSettings(home=Path(home), outbox_batch=3), RecordingPublisher(AGENCY, sometimes)
        with Outbox(AGENCY, here) as outbox:
            for which in revisions:
                put[which] = compose.revised(put[which]) if which in put else sample_report(local_ref=f"r{which}")
                outbox.put(put[which])
                wanted.append((put[which].report_id, put[which].revision))
            for _ in range(len(fails_at) + 1):
                drain(outbox, publisher, settings=here)
            assert outbox.standing().waiting == 0
    sent = [(report.report_id, report.revision) for report in publisher.reports]
    assert sorted(sent) == sorted(wanted)
    for report_id in {one for one, _ in sent}:
        numbers = [number for one, number in sent if one == report_id]
        assert numbers == sorted(numbers)
