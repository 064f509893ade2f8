"""`fusionbus station`: what an officer types at a police station (`docs/station.md`)."""

import csv
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.report import ThreatReport
from fusionbus.producers.cli_publish import end, tell
from fusionbus.producers.importing import Importer, RowFault
from fusionbus.producers.mapping import load_mapping
from fusionbus.producers.outbox import Outbox
from fusionbus.producers.rows import Sheet, open_sheet
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.station import slips as slip_texts
from fusionbus.producers.station.answers import CLOCK_OFF_MAX
from fusionbus.producers.station.book import Book
from fusionbus.producers.station.card import Card, Language, read_card, write_card
from fusionbus.producers.station.entering import enter_all
from fusionbus.producers.station.standing import WORDS, Line, lines
from fusionbus.producers.station.syncing import Synced, sync
from fusionbus.producers.tokens import federation_key
from fusionbus.shell.plain import as_cell, neutral
from fusionbus.shell.settings import load

station_commands = typer.Typer(no_args_is_help=True, help="A police station: works without a line, syncs with one.")
FAULT: Final = "fault"
PAUSE_S: Final = 60.0
"""Between two syncs of `--follow`: a line that comes back is used within a minute."""
LISTED_MAX: Final = 20


@station_commands.command("set-up")
def set_up(
    agency: Annotated[str, typer.Option(help="Your provincial police, such as POLICE-PB.")],
    name: Annotated[str, typer.Option(help="The station's name; it stands on receipts.")],
    language: Annotated[str, typer.Option(help="Of receipts: en or ur.")] = "en",
) -> None:
    """Say once what this station is; the other commands do not ask again.

    Example: fusionbus station set-up --agency POLICE-PB --name "Police Station City A" --language ur
    """
    card = write_card(agency, name, language, load(ProducerSettings))
    typer.echo(neutral(f"This machine is now {card.name} of {card.agency}."))


@station_commands.command("enter")
def enter(
    register: Annotated[Path, typer.Argument(help="The register as CSV or XLSX.")],
    mapping: Annotated[str, typer.Option(help="How its columns are read.")] = "station-register",
) -> None:
    """Enter the register's new and corrected rows. It needs no line, and the same file again does no harm.

    Rows that are wrong are written beside it, to FILE.mend.csv, with what is wrong: mend them there, enter that file.

    Example: fusionbus station enter register.csv
    """
    settings = load(ProducerSettings)
    card, rules = read_card(settings), load_mapping(mapping)
    sheet = open_sheet(register, rules)
    file_at = datetime.fromtimestamp(register.stat().st_mtime, UTC)
    importer = Importer(rules, card.agency, federation_key(settings), file_at)
    wrong: list[list[RowFault]] = []
    with Book(card.agency, settings) as book, Outbox(card.agency, settings) as outbox:
        counts = enter_all(book, outbox, _good(importer, sheet, wrong))
    told = ", ".join(f"{counts[word]} {word}" for word in ("new", "corrected", "known") if counts[word])
    typer.echo(f"Entered: {told or 'nothing'}.")
    for faults in wrong[:LISTED_MAX]:
        tell("; ".join(map(str, faults)))
    if wrong:
        mend = register.with_name(f"{register.name.removesuffix('.mend.csv')}.mend.csv")
        _write_wrong(mend, sheet, wrong)
        are = "row is" if len(wrong) == 1 else "rows are"
        tell(f"{len(wrong)} {are} wrong and not entered: mend that in {mend.name} and enter that file.")
    end(len(wrong))


@station_commands.command("sync")
def sync_now(
    wait: Annotated[float, typer.Option(min=0, max=3_600, help="How long to wait for answers, in seconds.")] = 20.0,
    follow: Annotated[bool, typer.Option("--follow", help="Stay, and sync again and again.")] = False,
) -> None:
    """Send what waits and fetch what came back. Without a line it says so, and nothing is lost.

    Example: fusionbus station sync
    """
    settings = load(ProducerSettings)
    card = read_card(settings)
    if not follow:
        with Book(card.agency, settings) as book:
            done = sync(book, settings, wait)
            _tell_sync(done)
            _show(card, _lines(book, settings))
        end(done.held_by is not None)
        return
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        with Book(card.agency, settings) as book:
            _tell_sync(sync(book, settings, wait))
        stop.wait(PAUSE_S)


@station_commands.command("status")
def status(everything: Annotated[bool, typer.Option("--all", help="Also list what was taken.")] = False) -> None:
    """Show what waits, what was sent and what came back. It needs no line.

    Example: fusionbus station status --all
    """
    settings = load(ProducerSettings)
    card = read_card(settings)
    with Book(card.agency, settings) as book:
        found = _lines(book, settings)
    _show(card, found)
    for line in found if everything else ():
        typer.echo(_one(line, card))


@station_commands.command("slips")
def slips(
    number: Annotated[str | None, typer.Argument(help="Our number, or the reference.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page to print instead of plain text.")] = None,
    language: Annotated[str | None, typer.Option(help="en or ur; by default the station's.")] = None,
) -> None:
    """Print receipts with reference numbers: plain text for any printer, or a page.

    Example: fusionbus station slips "City A/12/26" --html receipt.html --language ur
    """
    settings = load(ProducerSettings)
    card = read_card(settings)
    chosen = language or card.language
    if chosen not in {"en", "ur"}:
        raise Misconfigured("--language: en or ur.")
    spoken: Language = "ur" if chosen == "ur" else "en"
    with Book(card.agency, settings) as book:
        found = [line for line in _lines(book, settings) if number is None or _is(line, number)]
    if not found:
        raise Misconfigured("Nothing of this number was entered: `fusionbus station status --all` lists the numbers.")
    if html is None:
        typer.echo(slip_texts.plain(found, card, spoken))
        return
    try:
        html.write_text(slip_texts.html(found, card, spoken), encoding="utf-8")
    except (OSError, ValueError) as exc:
        raise Misconfigured(f"The page cannot be written to that file ({exc}): name another.") from exc
    typer.echo(f"{len(found)} receipts are on the page {neutral(html.name)}: open it and print.")


def _good(importer: Importer, sheet: Sheet, wrong: list[list[RowFault]]) -> Iterator[ThreatReport]:
    for one in importer.reports(sheet):
        if isinstance(one, list):
            wrong.append(one)
        else:
            yield one[1]


def _write_wrong(path: Path, sheet: Sheet, wrong: list[list[RowFault]]) -> None:
    headings = [one for one in sheet.headings or () if one.casefold() != FAULT]
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow([as_cell(one) for one in (*headings, FAULT)])
            for faults in wrong:
                cells = faults[0].row.cells
                row = [str(cells.get(" ".join(one.split()).casefold(), "")) for one in headings]
                writer.writerow([as_cell(cell) for cell in (*row, " ".join(map(str, faults)))])
    except OSError as exc:
        tell(f"The wrong rows cannot be written to {path.name} ({exc.strerror}); they are told above.")


def _lines(book: Book, settings: ProducerSettings) -> list[Line]:
    with Outbox(book.agency, settings) as outbox:
        return lines(book.entries(), outbox.lies())


def _tell_sync(done: Synced) -> None:
    typer.echo(f"{done.sent} sent, {done.answers} answers came.")
    if done.held_by is not None:
        tell(f"Not all is done: {done.held_by} What waits is safe; sync again later.")
    off = done.clock_off
    if off is not None and abs(off) > CLOCK_OFF_MAX:
        which = "ahead of" if off.total_seconds() > 0 else "behind"
        tell(f"This machine's clock is {_length(abs(off).total_seconds())} {which} the centre's: set it right.")


def _show(card: Card, found: list[Line]) -> None:
    typer.echo(neutral(f"{card.name}, {card.agency}"))
    words = WORDS[card.language]
    for state in ("waiting", "sent", "taken", "refused", "refused here", "missing"):
        some = [line for line in found if line.state == state]
        if some:
            typer.echo(f"  {len(some)} {words[state]}")
        for line in some[:LISTED_MAX] if state in {"refused", "refused here", "missing"} else ():
            typer.echo(f"    {_one(line, card)}")
    if not found:
        typer.echo("  Nothing was entered yet: type `fusionbus station enter register.csv`.")


def _one(line: Line, card: Card) -> str:
    said = f": {line.sentence}" if line.sentence else ""
    return neutral(f"{line.entry.local_ref}  {line.reference}  {WORDS[card.language][line.state]}{said}")


def _is(line: Line, number: str) -> bool:
    return number.strip().casefold() in {line.entry.local_ref.casefold(), line.reference.casefold()}


def _length(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3_600)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds / 60:.0f} minutes"
