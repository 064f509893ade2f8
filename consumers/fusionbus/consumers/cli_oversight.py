"""`fusionbus oversight`: what the auditors ask of the audit; who got what, what went wrong, and on whom."""

import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from fusionbus.consumers import cli_oversight_showing as showing
from fusionbus.consumers import words
from fusionbus.consumers.settings import ConsumerSettings
from fusionbus.consumers.stopping import Stop, on_signals
from fusionbus.contract.base import Token
from fusionbus.contract.errors import Misconfigured
from fusionbus.shell import metrics
from fusionbus.shell.kafka import explained
from fusionbus.shell.settings import BrokerSettings, load

if TYPE_CHECKING:
    from fusionbus.consumers.oversight.book import Book
    from fusionbus.consumers.oversight.figures import Period

commands = typer.Typer(help="What the auditors ask: who got what and why, what went wrong, and on whom.")

Kept = Annotated[
    str | None,
    typer.Option(
        "--book",
        help="sqlite:PATH, or a URL postgresql://…, for oversight alone. [oversight.db in the data folder]",
        envvar="FUSION_OVERSIGHT_URL",
        show_default=False,
    ),
]
Threats = Annotated[
    str | None,
    typer.Option(help="A threat database, for its access log: who looked, who exported. [none]", show_default=False),
]
Month = Annotated[str | None, typer.Option(help="Such as 2026-11, in Pakistan's time. [the last 30 days]")]
Read = Annotated[bool, typer.Option("--read/--as-kept", help="Read what is new on the audit first, or do not.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
LAST: timedelta = timedelta(days=30)


@commands.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    *,
    month: Month = None,
    book: Kept = None,
    threats: Threats = None,
    read: Read = True,
    as_json: AsJson = False,
) -> None:
    """Show every figure of oversight with what it is out of, by agency; run it as the principal auditor.

    Example: fusionbus oversight --month 2026-11
    """
    if context.invoked_subcommand is not None:
        return
    period = _period(month)
    with _opened(book, read=read) as opened:
        found = _figures(opened, period, threats)
    if as_json:
        from fusionbus.consumers.oversight.trees import figures_tree  # noqa: PLC0415 - SQLAlchemy loads slowly

        _json(figures_tree(found, period))
    else:
        showing.show_figures(found)


@commands.command()
def keep(
    *,
    book: Kept = None,
    follow: Annotated[bool, typer.Option("--follow/--once", help="Wait for more, or end when all is kept.")] = True,
    metrics_port: Annotated[int | None, typer.Option(min=1, max=65535, help="Serve metrics on this port.")] = None,
) -> None:
    """Keep the oversight database filled from the audit, so that nothing has to be read when somebody asks.

    Example: fusionbus oversight keep --metrics-port 9134
    """
    from fusionbus.consumers.oversight.book import Book, default_url  # noqa: PLC0415 - SQLAlchemy loads slowly
    from fusionbus.consumers.oversight.filling import Filler, opened_audit  # noqa: PLC0415 - as above
    from fusionbus.consumers.oversight.watching import Gauges  # noqa: PLC0415 - as above

    broker, settings, stop = load(BrokerSettings), load(ConsumerSettings), Stop()
    with (
        closing(Book(book or default_url())) as opened,
        on_signals(stop),
        explained(broker),
        opened_audit(broker) as reader,
    ):
        metrics.serve(metrics_port)
        filler = Filler(opened, reader)
        if follow:
            filler.follow(stop, Gauges(opened).look)
        else:
            filler.catch_up(settings.scan_s_max)
    typer.echo(f"Kept in {opened.shown}: {filler.new:,} new acts, {filler.unreadable:,} that could not be read.")


@commands.command()
def behind(
    figure: Annotated[str, typer.Argument(help="Its key, such as overrides.")],
    *,
    agency: Annotated[str | None, typer.Option(help="Only what counts for this agency.")] = None,
    month: Month = None,
    last: Annotated[int, typer.Option(min=1, max=100_000, help="So many at most.")] = 1_000,
    book: Kept = None,
    read: Read = True,
    as_json: AsJson = False,
) -> None:
    """List the records behind a figure, each with its place on the audit.

    Example: fusionbus oversight behind overrides --agency CTD-KP --month 2026-11
    """
    from fusionbus.consumers.oversight import figures, trees  # noqa: PLC0415 - SQLAlchemy loads slowly

    about = agency if agency in {None, figures.ALL, figures.UNKNOWN} else words.agency_id(agency or "")
    with _opened(book, read=read) as opened, opened.reading() as connection:
        found = figures.behind(connection, figure, _period(month), about, last)
    if as_json:
        _json(trees.behind_tree(found))
    else:
        showing.show_behind(found)


@commands.command()
def report(
    *,
    month: Annotated[str, typer.Option(help="Such as 2026-11, in Pakistan's time.")],
    out: Annotated[Path, typer.Option(help="The HTML file to write.")],
    book: Kept = None,
    threats: Threats = None,
    read: Read = True,
) -> None:
    """Write the month's report as one HTML page that prints on A4; it holds numbers and agencies, never a person.

    Example: fusionbus oversight report --month 2026-11 --out report.html
    """
    from fusionbus.consumers.oversight.report_page import About, page  # noqa: PLC0415 - SQLAlchemy loads slowly

    period = _period(month)
    with _opened(book, read=read) as opened:
        acts, newest = opened.extent(period.end)
        about = About(month, period.begin, period.end, datetime.now(UTC), acts, newest)
        made = page(_figures(opened, period, threats), about)
    out.write_text(made, encoding="utf-8")
    typer.echo(f"{out}: {acts:,} acts up to the end of {month}.")


@commands.command()
def who(
    report_id: Annotated[str, typer.Argument(help="The report's id.")],
    *,
    book: Kept = None,
    threats: Threats = None,
    read: Read = True,
    as_json: AsJson = False,
) -> None:
    """Tell who received a report, in which form, by which rule, what they answered, and who looked at it.

    Example: fusionbus oversight who 86db73e8-262a-5fa3-a2d6-33f240b4fb01
    """
    name = words.some_id("a report's id", report_id)
    with _opened(book, read=read) as opened:
        _tell(opened, [name], threats, as_json=as_json)


@commands.command()
def whom(
    token: Annotated[str, typer.Argument(help="A token, or - to read it: fusionbus token cnic | … whom -")],
    *,
    by: Annotated[str, typer.Option(help="The desk that asks; not a person's name.")],
    reason: Annotated[str, typer.Option(help="Why, such as a complaint's number; it is kept.")],
    book: Kept = None,
    threats: Threats = None,
    read: Read = True,
    as_json: AsJson = False,
) -> None:
    """Tell which reports carried a token, and who received them and why. The question itself is written down first.

    Example: fusionbus oversight whom - --by "Audit desk 2" --reason "Complaint 17"
    """
    from fusionbus.consumers.oversight.whom import carrying  # noqa: PLC0415 - SQLAlchemy loads slowly

    asked = _token(token)
    if not (by.strip() and reason.strip()):
        raise Misconfigured("--by and --reason: say which desk asks, and why; both are kept with the question.")
    with _opened(book, read=read) as opened:
        with opened.reading() as connection:
            found = carrying(connection, asked)
        opened.note_question(datetime.now(UTC), by[:300], reason[:1_000], asked, len(found))
        _tell(opened, found, threats, as_json=as_json)
    if not as_json:
        typer.echo(f"{len(found)} reports carried it. The question was written down: fusionbus oversight questions.")


@commands.command()
def questions(*, book: Kept = None, as_json: AsJson = False) -> None:
    """List who asked about a person, when and why; the list is only ever added to.

    Example: fusionbus oversight questions
    """
    with _opened(book, read=False) as opened:
        found = opened.questions()
    if as_json:
        _json([{name: str(value) if name == "at" else value for name, value in row.items()} for row in found])
    else:
        showing.show_questions(found)


@contextmanager
def _opened(url: str | None, *, read: bool) -> "Iterator[Book]":
    """The book, with what is new on the audit where that is asked for."""
    from fusionbus.consumers.oversight.book import Book, default_url  # noqa: PLC0415 - SQLAlchemy loads slowly
    from fusionbus.consumers.oversight.filling import brought_up_to_date  # noqa: PLC0415 - as above

    with closing(Book(url or default_url())) as opened:
        if read:
            broker = load(BrokerSettings)
            with explained(broker):
                new, took_s = brought_up_to_date(opened, broker, load(ConsumerSettings).scan_s_max)
            typer.echo(f"{new:,} new acts on the audit, read in {took_s:.1f} s.", err=True)
        yield opened


def _figures(opened: "Book", period: "Period", threats: str | None) -> list[Any]:
    from fusionbus.consumers.oversight.figures import figures  # noqa: PLC0415 - SQLAlchemy loads slowly
    from fusionbus.consumers.oversight.looks import exports  # noqa: PLC0415 - as above
    from fusionbus.consumers.threats.database import ThreatDatabase  # noqa: PLC0415 - as above

    with opened.reading() as connection:
        found = figures(connection, period)
    if threats is not None:
        with closing(ThreatDatabase(threats, make=False)) as database:
            found.append(exports(database, period))
    return found


def _tell(opened: "Book", reports: list[str], threats: str | None, *, as_json: bool) -> None:
    from fusionbus.consumers.oversight.looks import looks_at  # noqa: PLC0415 - SQLAlchemy loads slowly
    from fusionbus.consumers.oversight.trees import told_tree  # noqa: PLC0415 - as above
    from fusionbus.consumers.oversight.whom import told  # noqa: PLC0415 - as above
    from fusionbus.consumers.threats.database import ThreatDatabase  # noqa: PLC0415 - as above

    with opened.reading() as connection:
        stories = [told(connection, name) for name in reports]
    seen: dict[str, Any] = {}
    if threats is not None:
        with closing(ThreatDatabase(threats, make=False)) as database:
            for one in stories:
                ids = {one.report_id, *(step.incident_id for step in one.steps if step.incident_id)}
                seen[one.report_id] = looks_at(database, ids)
    if as_json:
        _json([told_tree(one, seen.get(one.report_id, ())) for one in stories])
        return
    for one in stories:
        showing.show_story(one, seen.get(one.report_id, ()))


def _period(month: str | None) -> "Period":
    from fusionbus.consumers.oversight.figures import Period  # noqa: PLC0415 - SQLAlchemy loads slowly
    from fusionbus.consumers.oversight.folding import month_of  # noqa: PLC0415 - as above

    now = datetime.now(UTC)
    if month is None:
        return Period(now - LAST, now)
    try:
        return Period(*month_of(month))
    except ValueError as exc:
        raise Misconfigured(f"--month {month[:60]!r} is no month: write it as 2026-11.") from exc


def _token(word: str) -> str:
    said = sys.stdin.readline() if word == "-" else word
    try:
        return str(TypeAdapter(Token).validate_python(said.strip()))
    except ValidationError as exc:
        raise Misconfigured(
            "That is no token: make one with `fusionbus token cnic` (or phone, plate …) and hand it over by `-`."
        ) from exc


def _json(tree: Any) -> None:
    typer.echo(json.dumps(tree, indent=2))
