"""The command that shows what became of an agency's reports."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fusionbus.consumers import words
from fusionbus.consumers.handlers.plain_text import line
from fusionbus.consumers.handlers.terminal import PKT
from fusionbus.consumers.reading import TopicReader
from fusionbus.consumers.settings import ConsumerSettings
from fusionbus.consumers.stopping import Stop, on_signals
from fusionbus.contract import codec, ids
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.records import Receipt
from fusionbus.contract.topics import receipts_topic
from fusionbus.shell.kafka import explained
from fusionbus.shell.settings import BrokerSettings, load

commands = typer.Typer()

COLUMNS = ("time (PKT)", "report", "outcome", "incident", "origins", "delivered", "withheld", "answers", "said")
WIDTH_MIN = 150  # where nobody looks at a terminal (a pipe, a file) nine columns need so much


@commands.command()
def receipts(
    agency: Annotated[str, typer.Option(help="Whose reports, such as CTD-KP.", envvar="FUSION_AGENCY")],
    report: Annotated[str | None, typer.Option(help="Only this report: its id or local reference.")] = None,
    last: Annotated[int, typer.Option(min=1, max=10_000, help="Show so many of the newest.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", help="Wait for more.")] = False,
) -> None:
    """Show what became of an agency's reports: fused, delivered, withheld, acknowledged, used.

    Example: fusionbus receipts --agency CTD-KP --report DD-17/2026
    """
    name, broker, settings = words.agency_id(agency), load(BrokerSettings), load(ConsumerSettings)
    terminal = Console()
    console = Console(
        markup=False,
        highlight=False,
        emoji=False,
        width=None if terminal.is_terminal else max(terminal.width, WIDTH_MIN),
    )
    stop = Stop()
    with explained(broker), TopicReader(broker, receipts_topic(name), f"{name}.receipts") as reader, on_signals(stop):
        choice = _Choice(name, report)
        newest = deque(choice.among(reader.there_now(settings.scan_s_max)), maxlen=last)
        found = sorted(newest, key=lambda receipt: receipt.at)
        if found or not follow:
            console.print(_table(found, choice.refs) if found else _nothing(name, report))
        if follow:
            for receipt in choice.among(reader.coming(stop)):
                console.print("  ".join(cell for cell in _cells(receipt, choice.refs) if cell), soft_wrap=True)


class _Choice:
    """Which receipts are shown, each once, and the local references of their reports."""

    def __init__(self, agency: str, report: str | None) -> None:
        # A report's id is made from its local reference, so either names it.
        self._reports = None if report is None else {report.strip().lower(), ids.report_id(agency, report)}
        self._seen: set[str] = set()
        self.refs: dict[str, str] = {}

    def among(self, records: Iterable[Any]) -> Iterator[Receipt]:
        """The receipts among these records that were asked for."""
        for record in records:
            receipt = codec.decode(Receipt, record.value or b"")
            if isinstance(receipt, Undecodable) or receipt.receipt_id in self._seen:
                continue
            if receipt.report_id and receipt.local_ref:
                self.refs[receipt.report_id] = receipt.local_ref
            if self._reports is None or receipt.report_id in self._reports:
                self._seen.add(receipt.receipt_id)
                yield receipt


def _nothing(agency: str, report: str | None) -> str:
    return f"There are no receipts for {agency}" + (f" about {line(report)}." if report else ".")


def _table(found: Iterable[Receipt], refs: Mapping[str, str]) -> Table:
    table = Table(*COLUMNS, show_lines=False)
    for receipt in found:
        table.add_row(*(Text(cell) for cell in _cells(receipt, refs)))
    return table


def _cells(receipt: Receipt, refs: Mapping[str, str]) -> tuple[str, ...]:
    report_id = receipt.report_id or ""
    ref = line(receipt.local_ref or refs.get(report_id, report_id))
    if not ref and receipt.request_id:
        ref = f"question {receipt.request_id}"
    answers = (
        (receipt.acknowledged_by, "acknowledged"),
        (receipt.used_by, "used"),
        (receipt.false_alarm_by, "false alarm"),
        (receipt.overdue, "late"),
    )
    return (
        receipt.at.astimezone(PKT).strftime("%m-%d %H:%M:%S"),
        f"{ref} r{receipt.revision}" if receipt.revision and receipt.revision > 1 else ref,
        receipt.outcome.value.replace("_", " ") + (f" ({receipt.reason.value})" if receipt.reason else ""),
        (receipt.incident_id or "")[:8],
        "" if receipt.independent_origins is None else str(receipt.independent_origins),
        "" if receipt.delivered_to is None else _delivered(receipt.delivered_to, receipt),
        ", ".join(f"{rule.value} {count}" for rule, count in receipt.withheld.items()),
        ", ".join(f"{count} {said}" for count, said in answers if count is not None),
        line(receipt.sentence or ""),
    )


def _delivered(count: int, receipt: Receipt) -> str:
    forms = ", ".join(f"{form.value} {number}" for form, number in receipt.forms.items())
    return f"{count} ({forms})" if forms else str(count)
