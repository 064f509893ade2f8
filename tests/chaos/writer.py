"""A producer as an agency runs one, with a ledger: `writer.py REPORTS LEDGER RATE`; SIGTERM ends it in order.

Every report that the broker acknowledged stands in the ledger, and the ledger is on the disk (fsync) line by line. What
failed for a reason that passes is sent again; a later revision waits for the earlier one.
"""

import json
import os
import queue
import signal
import sys
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from io import FileIO
from pathlib import Path

from fusionbus.contract.codec import decode_report
from fusionbus.contract.errors import RetryLater
from fusionbus.contract.report import ThreatReport
from fusionbus.producers.outcomes import Delivered, Outcome
from fusionbus.producers.publisher import Publisher
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.wire import Wire, open_wire
from fusionbus.shell.settings import load

LAST_S_MAX = 150.0
"""How long the end waits for what is under way: a broker may be away for a minute."""
CONNECT_S_MAX = 60.0


@dataclass
class Writer:
    """Sends reports at a steady rate, in the order of the file."""

    settings: ProducerSettings
    wire: Wire
    ledger: FileIO
    over: threading.Event = field(default_factory=threading.Event)
    failed: int = 0
    _publishers: dict[str, Publisher] = field(default_factory=dict)
    _told: "queue.Queue[tuple[ThreatReport, Outcome]]" = field(default_factory=queue.Queue)
    _under_way: dict[str, "Future[Outcome]"] = field(default_factory=dict)
    _left: int = 0

    def play(self, lines: list[bytes], rate: float) -> None:
        """Sends until the end of the lines, or until told to stop; returns when the fate of each is known."""
        begun = time.monotonic()
        for number, line in enumerate(lines):
            while (ahead_s := begun + number / rate - time.monotonic()) > 0 and not self.over.is_set():
                self._note(min(ahead_s, 0.02))
            if self.over.is_set():
                break
            report = decode_report(line)
            if not isinstance(report, ThreatReport):
                raise TypeError(report.sentence)
            self._send(report)
            self._left += 1
        until = time.monotonic() + LAST_S_MAX
        while self._left and time.monotonic() < until:
            self._note(0.1)

    def _send(self, report: ThreatReport) -> None:
        before = self._under_way.get(report.report_id)
        while before is not None and not before.done():
            self._note(0.01)
        publisher = self._publishers.get(report.agency)
        if publisher is None:
            publisher = Publisher(report.agency, self.settings, wire=self.wire)
            self._publishers[report.agency] = publisher
        self._under_way[report.report_id] = publisher.publish(report, partial(self._heard, report))

    def _heard(self, report: ThreatReport, outcome: Outcome) -> None:
        self._told.put((report, outcome))

    def _note(self, wait_s: float) -> None:
        """Writes down what was acknowledged; sends again what was not."""
        again: list[ThreatReport] = []
        lines = b""
        try:
            heard = [self._told.get(timeout=max(wait_s, 0.001))]
        except queue.Empty:
            return
        while not self._told.empty():
            heard.append(self._told.get_nowait())
        for report, outcome in heard:
            if isinstance(outcome, Delivered):
                place = {"topic": outcome.topic, "partition": outcome.partition, "offset": outcome.offset}
                lines += json.dumps(place | {"report_id": report.report_id, "revision": report.revision}).encode()
                lines += b"\n"
                self._left -= 1
            elif outcome.retry:
                again.append(report)
            else:
                raise ValueError(outcome.sentence)
        if lines:
            self.ledger.write(lines)
            os.fsync(self.ledger.fileno())
        self.failed += len(again)
        for report in again:
            self._send(report)

    @property
    def left(self) -> int:
        """Reports whose fate is not known."""
        return self._left


def connected(settings: ProducerSettings) -> Wire:
    """A wire, once there is a way through."""
    until = time.monotonic() + CONNECT_S_MAX
    while True:
        try:
            return open_wire(settings, "chaos-writer")
        except RetryLater:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)


def main() -> int:
    """0 when the fate of every report that was begun is known."""
    reports, ledger, rate = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    settings = load(ProducerSettings)
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    with ledger.open("ab", buffering=0) as file:
        writer = Writer(settings, connected(settings), file, over)
        writer.play(reports.read_bytes().splitlines(), rate)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it ends: told so now, Python on its way out would die of it
    sys.stderr.write(f"writer: {writer.failed} sent again, {writer.left} of unknown fate\n")
    return int(writer.left > 0)


if __name__ == "__main__":
    sys.exit(main())
