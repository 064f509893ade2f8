"""`fusionbus import`: a spreadsheet as a producer."""

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import TypeAdapter, ValidationError
from rich.progress import track

from fusionbus.contract.base import AgencyId
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.report import ThreatReport
from fusionbus.producers.cli_publish import end, errors, tell
from fusionbus.producers.delivery import Delivery, open_delivery, summary
from fusionbus.producers.importing import Importer
from fusionbus.producers.mapping import load_mapping
from fusionbus.producers.payments import RowFault
from fusionbus.producers.rows import Sheet, open_sheet
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.tokens import federation_key
from fusionbus.shell.plain import as_cell
from fusionbus.shell.settings import load

FAULT_COLUMN: Final = "fault"


class Counted:
    """Takes reports and sends nothing: the dry run."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def take(self, where: str, report: ThreatReport) -> None:
        """Counts it."""
        del where, report
        self.counts["good, nothing was sent"] += 1

    def finish(self) -> None:
        """Nothing is under way."""


def import_file(
    file: Annotated[Path, typer.Argument(help="A CSV, XLSX or JSONL file.")],
    *,
    mapping: Annotated[str, typer.Option(help="A YAML mapping, or the name of a ready one: station-register.")],
    agency: Annotated[str, typer.Option(envvar="FUSION_AGENCY", help="Whose reports these are.")],
    outbox: Annotated[bool, typer.Option("--outbox", help="Keep them in the outbox.")] = False,
    rejects: Annotated[Path | None, typer.Option(help="Write the bad rows to this CSV, with what is wrong.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row and send nothing.")] = False,
) -> None:
    """Send the rows of a spreadsheet as reports. Bad rows are named; good ones go; importing twice does no harm.

    Example: fusionbus import register.csv --mapping station-register.yaml --agency POLICE-PB
    """
    settings = load(ProducerSettings)
    rules = load_mapping(mapping)
    sheet = open_sheet(file, rules)
    importer = Importer(rules, _agency(agency), federation_key(settings), _file_at(file))
    delivery: Delivery = Counted() if dry_run else open_delivery(settings, tell, outbox=outbox)
    try:
        with _rejects(rejects, sheet) as reject:
            refused = _send_rows(importer, sheet, delivery, reject)
    finally:
        delivery.finish()
    typer.echo(summary(delivery.counts, refused, "row"))
    end(refused + delivery.counts["not sent"] + delivery.counts["not stored"])


def _send_rows(importer: Importer, sheet: Sheet, delivery: Delivery, reject: "Reject") -> int:
    refused = 0
    rows = importer.reports(sheet)
    for one in track(rows, "Rows", console=errors, transient=True, disable=not errors.is_terminal):
        if isinstance(one, list):
            refused += 1
            reject(one)
            for fault in one:
                tell(str(fault))
        else:
            delivery.take(f"row {one[0].number}", one[1])
    return refused


class Reject:
    """Writes bad rows with what is wrong with them; without a file, nowhere."""

    def __init__(self, writer: "csv.DictWriter[str] | None", headings: tuple[str, ...]) -> None:
        self._writer, self._headings = writer, headings

    def __call__(self, faults: list[RowFault]) -> None:
        """Writes the row that has these faults."""
        if self._writer is None:
            return
        cells = faults[0].row.cells
        found = {heading: cells.get(" ".join(heading.split()).casefold(), "") for heading in self._headings}
        told = found | {FAULT_COLUMN: " ".join(map(str, faults))}
        self._writer.writerow({heading: as_cell(str(cell)) for heading, cell in told.items()})


@contextmanager
def _rejects(path: Path | None, sheet: Sheet) -> Iterator[Reject]:
    if path is None:
        yield Reject(None, ())
        return
    headings = tuple(one for one in sheet.headings or () if one.casefold() != FAULT_COLUMN)
    try:
        stream = path.open("w", encoding="utf-8-sig", newline="")
    except OSError as exc:
        raise Misconfigured(f"The rejects cannot be written to {path} ({exc.strerror}).") from exc
    with stream:
        writer = csv.DictWriter(stream, [*headings, FAULT_COLUMN], extrasaction="ignore")
        writer.writerow({heading: as_cell(heading) for heading in [*headings, FAULT_COLUMN]})
        yield Reject(writer, headings)


def _agency(agency: str) -> str:
    try:
        return TypeAdapter[str](AgencyId).validate_python(agency)
    except ValidationError as exc:
        raise Misconfigured(f"--agency {agency}: an agency is written in upper case, such as POLICE-PB.") from exc


def _file_at(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)
