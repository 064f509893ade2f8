"""What the demo shows: a live table at a terminal, plain lines elsewhere, and the closing table."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from fusionbus.contract.alert import Alert
from fusionbus.contract.records import Receipt, ReceiptOutcome
from fusionbus.deploy.demo_evidence import ENDS, Evidence, Fault

COLUMNS: Final = {
    "new": ReceiptOutcome.NEW_INCIDENT,
    "corrob.": ReceiptOutcome.CORROBORATION,
    "relay": ReceiptOutcome.RELAY,
    "update": ReceiptOutcome.UPDATE,
    "cancel": ReceiptOutcome.CANCELLED,
    "repeat": ReceiptOutcome.REPEAT,
    "refused": ReceiptOutcome.REJECTED,
}
NEWEST: Final = 6
PLAIN_EVERY_S: Final = 5.0
PIPE_WIDTH: Final = 120
FAULTS_SHOWN: Final = 25


class Screen:
    """One console, live where somebody looks at it."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or _console()
        self._live: Live | None = None
        self._began = time.monotonic()
        self._said_at = 0.0

    def say(self, sentence: str, style: str = "") -> None:
        """One line with the seconds since the start."""
        seconds = f"{time.monotonic() - self._began:6.1f} s  "
        self.console.print(Text(seconds, style="dim") + Text(sentence, style=style))

    @contextmanager
    def phase(self, doing: str) -> Iterator[None]:
        """Shows that something is being done, and how long it took."""
        began = time.monotonic()
        if self.console.is_terminal:
            with self.console.status(doing):
                yield
        else:
            yield
        self.say(f"{doing}: {time.monotonic() - began:.1f} s")

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._live = Live(console=self.console, refresh_per_second=4, transient=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def show(
        self, receipts: Sequence[Receipt], alerts: Mapping[str, int], newest: Sequence[tuple[str, Alert]], sent: int
    ) -> None:
        """The counters now: a table at a terminal, else a line every few seconds."""
        if self._live is not None:
            self._live.update(Group(counters(receipts, alerts), latest(newest)))
        elif time.monotonic() - self._said_at >= PLAIN_EVERY_S:
            self._said_at = time.monotonic()
            ended = sum(1 for receipt in receipts if receipt.outcome in ENDS)
            self.say(f"{ended} of {sent} messages have their receipt, {sum(alerts.values())} alerts are out")


def _console() -> Console:
    """The terminal, or in a pipe lines wide enough for the tables."""
    terminal = Console(highlight=False)
    return terminal if terminal.is_terminal else Console(highlight=False, width=max(terminal.width, PIPE_WIDTH))


def counters(receipts: Sequence[Receipt], alerts: Mapping[str, int]) -> Table:
    """One row an agency: how its reports ended, and how many alerts it got."""
    table = Table(title="What became of each agency's reports", title_justify="left", header_style="bold")
    for name in ("agency", "sent", *COLUMNS, "alerts got"):
        table.add_column(name, justify="left" if name == "agency" else "right")
    by_agency: dict[str, Counter[ReceiptOutcome]] = {}
    for receipt in receipts:
        by_agency.setdefault(receipt.agency, Counter())[receipt.outcome] += 1
    totals: Counter[ReceiptOutcome] = Counter()
    for agency in sorted(by_agency.keys() | {name for name, count in alerts.items() if count}):
        held = by_agency.get(agency, Counter())
        totals += held
        table.add_row(*_row(agency, held, alerts.get(agency, 0)))
    table.add_section()
    table.add_row(*_row("all", totals, sum(alerts.values())), style="bold")
    return table


def _row(name: str, held: Counter[ReceiptOutcome], alerts: int) -> list[str]:
    cells = [str(held[outcome]) if held[outcome] else "" for outcome in COLUMNS.values()]
    return [name, str(sum(held[outcome] for outcome in ENDS)), *cells, str(alerts)]


def latest(newest: Sequence[tuple[str, Alert]]) -> Table:
    """The alerts that came last."""
    table = Table(title="Latest alerts", title_justify="left", header_style="bold")
    for name in ("to", "status", "what", "from", "form", "origins", "why"):
        table.add_column(name, no_wrap=True, max_width=46, overflow="ellipsis")
    for agency, alert in list(newest)[-NEWEST:]:
        body = alert.body
        told = body.headline or body.tearline or f"{body.kind.value} (ask {body.contact or 'the hub'})"
        origins = str(alert.incident.independent_origins)
        cells = (agency, alert.status.value, told, body.agency or "masked", alert.form.value, origins, alert.why)
        table.add_row(*(Text(cell.replace("\n", " ")) for cell in cells))
    return table


@dataclass(frozen=True, slots=True)
class Latency:
    """From the broker's time stamp on a report to its alert in the handler's file."""

    alerts: int
    p50_ms: float
    p99_ms: float


def closing(evidence: Evidence, latency: Latency, acknowledged: int) -> Table:
    """The demo's figures."""
    ends = Counter(receipt.outcome for receipt in evidence.receipts if receipt.outcome in ENDS)
    incidents = {receipt.incident_id for receipt in evidence.receipts if receipt.incident_id}
    rows = {
        "messages sent": f"{len(evidence.sent) + len(evidence.bad)}",
        "reports": f"{len({told.report.report_id for told in evidence.sent})}",
        "  telling of true events": f"{len({told.event for told in evidence.sent})}",
        "exact duplicates": f"{ends[ReceiptOutcome.REPEAT]}",
        "relays (echoes)": f"{ends[ReceiptOutcome.RELAY]}",
        "corroborations": f"{ends[ReceiptOutcome.CORROBORATION]}",
        "updates, withdrawals": f"{ends[ReceiptOutcome.UPDATE]}, {ends[ReceiptOutcome.CANCELLED]}",
        "refused with a reason": f"{ends[ReceiptOutcome.REJECTED]}",
        "incidents": f"{len(incidents)}",
        "alerts": f"{sum(len(alerts) for alerts in evidence.alerts.values())}",
        "receipts that tell of answers": f"{acknowledged}",
        "publish to alert, p50": f"{latency.p50_ms:.0f} ms",
        "publish to alert, p99": f"{latency.p99_ms:.0f} ms  ({latency.alerts} alerts at their handlers)",
    }
    table = Table(title="The run", title_justify="left", show_header=False)
    table.add_column("what")
    table.add_column("value", justify="right")
    for what, value in rows.items():
        table.add_row(what, value)
    return table


def verdict(checks: Sequence[str], faults: Sequence[Fault]) -> Table:
    """Each check with how many faults it found."""
    table = Table(title="Checked against the truth", title_justify="left", show_header=False)
    found = Counter(fault.check for fault in faults)
    for name in checks:
        count = found[name]
        table.add_row(name, Text("holds", "green") if not count else Text(f"{count} faults", "bold red"))
    return table
