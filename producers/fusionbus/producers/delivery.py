"""Where the commands put reports: straight on the bus, or in the outboxes; with a count of what became of them."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Final, Protocol

from fusionbus.contract.errors import FixTheReport, Misconfigured, NotAllowed
from fusionbus.contract.report import ThreatReport
from fusionbus.producers.outbox import Outbox
from fusionbus.producers.outcomes import Delivered, Outcome, Publishes
from fusionbus.producers.publisher import Publisher
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.wire import Wire, open_wire

PUT_BATCH: Final = 200
"""Reports put into an outbox with one write to the disk: an import of a year's register takes seconds, not minutes."""

Tell = Callable[[str], None]
Place = tuple[str, ThreatReport]
"""Where in the user's file a report stands ("line 3"), and the report."""


class Delivery(Protocol):
    """Takes reports; what goes wrong is told with the place in the file."""

    counts: Counter[str]

    def take(self, where: str, report: ThreatReport) -> None:
        """Takes one report."""
        ...

    def finish(self) -> None:
        """Returns when the fate of every report taken is known, or the time limit is over."""
        ...


class Direct:
    """Publishes at once; the publishers of all agencies share one connection.

    Raises: as `open_wire` and `Publisher`, when it is made or when an agency first occurs.
    """

    def __init__(
        self, settings: ProducerSettings, tell: Tell, publisher_of: Callable[[str], Publishes] | None = None
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._settings, self._tell = settings, tell
        self._wire: Wire | None = None if publisher_of else open_wire(settings, "producer")
        self._publisher_of = publisher_of or self._open
        self._publishers: dict[str, Publishes] = {}
        self._barred: set[str] = set()
        self._lock = threading.Lock()

    def take(self, where: str, report: ThreatReport) -> None:
        """Hands the report over; blocks while too many are under way.

        An agency that may not send from here is told once; the others go on.
        """
        publisher = self._publishers.get(report.agency) or self._try(where, report.agency)
        if publisher is None:
            self.counts["not sent"] += 1
        else:
            publisher.publish(report).add_done_callback(partial(self._note, where))

    def finish(self) -> None:
        """Waits for the broker, `close_timeout_s` at most for each agency."""
        for publisher in self._publishers.values():
            publisher.close()
        if self._wire is not None:
            self._wire.close(timeout=1)

    def _try(self, where: str, agency: str) -> Publishes | None:
        if agency in self._barred:
            return None
        try:
            self._publishers[agency] = self._publisher_of(agency)
        except (Misconfigured, NotAllowed) as exc:
            self._barred.add(agency)
            self._tell(f"{where}, and all of {agency}: {exc}")
            return None
        return self._publishers[agency]

    def _open(self, agency: str) -> Publishes:
        return Publisher(agency, self._settings, wire=self._wire)

    def _note(self, where: str, future: "Future[Outcome]") -> None:
        outcome = future.result()
        with self._lock:
            if isinstance(outcome, Delivered):
                self.counts["delivered"] += 1
            else:
                self.counts["not sent"] += 1
                self._tell(f"{where}: {outcome.sentence}")


class Stored:
    """Puts reports into the outboxes of their agencies."""

    def __init__(self, settings: ProducerSettings, tell: Tell) -> None:
        self.counts: Counter[str] = Counter()
        self._settings, self._tell = settings, tell
        self._outboxes: dict[str, Outbox] = {}
        self._held: dict[str, list[Place]] = {}

    def take(self, where: str, report: ThreatReport) -> None:
        """Keeps the report until some are together, or until the end."""
        held = self._held.setdefault(report.agency, [])
        held.append((where, report))
        if len(held) >= PUT_BATCH:
            self._put(report.agency)

    def finish(self) -> None:
        """Returns when everything is on the disk."""
        for agency in self._held:
            self._put(agency)
        for outbox in self._outboxes.values():
            outbox.close()

    def _put(self, agency: str) -> None:
        outbox = self._outboxes.get(agency)
        if outbox is None:
            outbox = self._outboxes[agency] = Outbox(agency, self._settings)
        held, self._held[agency] = self._held[agency], []
        try:
            self.counts.update(outbox.put_all([report for _, report in held]))
        except FixTheReport:  # one of them: find out which, and keep the others
            for where, report in held:
                self._put_one(outbox, where, report)

    def _put_one(self, outbox: Outbox, where: str, report: ThreatReport) -> None:
        try:
            self.counts[outbox.put(report)] += 1
        except FixTheReport as exc:
            self.counts["not stored"] += 1
            self._tell(f"{where}: {exc}")


def open_delivery(settings: ProducerSettings, tell: Tell, *, outbox: bool) -> Delivery:
    """Where the reports go: the outboxes or the broker. Raises: as `Direct`."""
    return Stored(settings, tell) if outbox else Direct(settings, tell)


def summary(counts: Counter[str], refused: int, what: str = "report") -> str:
    """One line: how many there were, and what became of them."""
    total = counts.total() + refused
    parts = [f"{count} {name}" for name, count in sorted(counts.items()) if count]
    if refused:
        parts.append(f"{refused} refused")
    return f"{total} {what}{'' if total == 1 else 's'}: {', '.join(parts) or 'nothing to send'}."
