"""`fusionbus redress find`, `show`, `prove` and `verify`: what is held on a person, and what became of it."""

import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from pydantic import TypeAdapter, ValidationError

from fusionbus.consumers import cli_redress_showing as showing
from fusionbus.consumers.reading import TopicReader
from fusionbus.consumers.settings import ConsumerSettings
from fusionbus.contract import codec, topics
from fusionbus.contract.base import Token
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.errors import FusionError, Misconfigured
from fusionbus.contract.incident import Incident
from fusionbus.contract.records import AuditRecord, Receipt
from fusionbus.contract.redress import Case, FoundReport, read_case, write_case
from fusionbus.contract.seals import Seal
from fusionbus.shell.kafka import explained
from fusionbus.shell.settings import BrokerSettings, load

if TYPE_CHECKING:
    from fusionbus.consumers.redress.places import Place
    from fusionbus.consumers.redress.statement import Lying

commands = typer.Typer(no_args_is_help=True, help="A person asks for correction or purge: find, ask, follow, prove.")

CENTRE: Final = "NACTA"
CLIENT: Final = f"{CENTRE}.redress"
CaseFile = Annotated[Path, typer.Argument(metavar="CASE", help="The case's file.")]
Threats = Annotated[str | None, typer.Option(help="The centre's threat database. [none]", show_default=False)]
Book = Annotated[str | None, typer.Option(help="The oversight database, for its marks. [none]", show_default=False)]


@commands.command()
def find(
    source: Annotated[str, typer.Argument(help="- : tokens from `fusionbus token cnic` or `token name`, one a line.")],
    *,
    case: Annotated[Path, typer.Option(help="The file to write; it is its owner's alone.")],
    by: Annotated[str, typer.Option(help="The desk; not a person's name.")],
    reason: Annotated[str, typer.Option(help="What the person asks, such as a complaint's number.")],
    threats: Threats = None,
    book: Book = None,
) -> None:
    """Find the reports that name a person, in the hub's incidents, the threat database and the audit's marks.

    Example: fusionbus redress find - --case case-17.json --by "Redress desk" --reason "Complaint 17"
    """
    if source != "-":
        raise Misconfigured("Give the tokens by standard input: `fusionbus token cnic | fusionbus redress find - …`.")
    tokens, clks = _sought(sys.stdin.read())
    found, searched, missed = _found(tokens, clks, threats, book)
    try:
        made = Case(
            case_id=str(uuid.uuid4()),
            opened_at=datetime.now(UTC),
            by=by,
            reason=reason,
            tokens=tokens,
            name_clks=clks,
            found=found,
            searched=tuple(searched),
            not_searched=tuple(missed),
        )
    except ValidationError as exc:
        raise Misconfigured("--by and --reason: name the desk and the reason in 1 to 300 characters each.") from exc
    write_case(case, made)
    showing.show_found(made)
    typer.echo(f"Case {made.case_id} is in {case}: `fusionbus redress purge {case}` or `correct` asks the originators.")


@commands.command()
def show(case: CaseFile) -> None:
    """Show what became of each report of a case: asked, answered, refused and why, overdue, purged, held.

    Example: fusionbus redress show case-17.json
    """
    held, broker, settings = read_case(case), load(BrokerSettings), load(ConsumerSettings)
    with explained(broker):
        said = _receipts(held, broker, settings)
    showing.show_case(held, said, datetime.now(UTC))


@commands.command()
def prove(
    case: CaseFile,
    *,
    out: Annotated[Path, typer.Option(help="The statement to write.")],
    key: Annotated[Path, typer.Option(help="The desk's Ed25519 key in PEM.", envvar="FUSION_SIGNING_KEY_FILE")],
    threats: Threats = None,
    file: Annotated[list[Path] | None, typer.Option(help="A file or folder to search too; any number.")] = None,
) -> None:
    """Search everywhere again and write the signed statement: found, done by whom and when, the audit's proof, left.

    Ends with code 1 where something is still there, or a place could not be searched.
    Example: fusionbus redress prove case-17.json --key desk.key --out statement-17.json
    """
    from fusionbus.consumers.redress import statement  # noqa: PLC0415 - cryptography loads slowly

    held, signing = read_case(case), statement.private_key(key)
    broker, settings = load(BrokerSettings), load(ConsumerSettings)
    with explained(broker):
        seals = [one for _, one in _read(broker, settings, topics.AUDIT_SEALS, Seal)]
        names = {one.report_id for one in held.found}
        acts = (pair for pair in _read(broker, settings, topics.AUDIT, AuditRecord) if pair[1].report_id in names)
        deeds, used = statement.deeds_of((pair for pair in acts if pair[1].event in statement.TOLD), seals)
    looked = [
        statement.Looked(place=place.name[:300], records=place.records, remark=place.remark[:300] or None)
        for place in _everywhere(held, broker, settings, threats, file or ())
    ]
    made = statement.statement_of(held, deeds, used, looked, datetime.now(UTC))
    out.write_bytes(statement.signed(made, signing))
    showing.show_looked(made.looked)
    sealed = sum(one.sealed for one in deeds)
    typer.echo(f"{out}: {len(held.found)} reports, {len(deeds)} acts, {sealed} of them sealed by the hub.")
    typer.echo("Nothing of the person was found anywhere." if made.nothing_left else "Not all is gone: see above.")
    raise typer.Exit(0 if made.nothing_left else 1)


@commands.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="STATEMENT", help="The file that `redress prove` wrote.")],
    *,
    public_key: Annotated[Path, typer.Option(help="The desk's public key in PEM.")],
    hub_key: Annotated[list[Path] | None, typer.Option(help="A public key of the hub's seals; any number.")] = None,
) -> None:
    """Check a statement without the bus: the desk's signature, and each act against the hub's seals.

    Example: fusionbus redress verify statement-17.json --public-key desk.pub --hub-key audit-seal.pub
    """
    from fusionbus.consumers.redress import statement  # noqa: PLC0415 - cryptography loads slowly

    desk, hub = statement.public_key(public_key), [statement.public_key(one) for one in hub_key or ()]
    made, faults = statement.checked(file.read_bytes(), desk, hub)
    for fault in faults:
        typer.echo(fault)
    typer.echo(
        f"Case {made.case_id}, {made.made_at:%Y-%m-%d}: signed by the desk; "
        f"{len(made.deeds)} acts, {len(faults)} faults."
    )
    if not hub:
        typer.echo("The seals' signatures were not checked: give --hub-key.")
    raise typer.Exit(1 if faults else 0)


def _sought(said: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tokens and name filters, as `fusionbus token` prints them. Raises: Misconfigured where a line is neither."""
    from fusionbus.consumers.redress.finding import lines  # noqa: PLC0415 - SQLAlchemy loads slowly
    from fusionbus.contract.clk import read_clk  # noqa: PLC0415 - only here

    known, tokens, clks = TypeAdapter(Token), [], []
    for line in lines(said):
        try:
            tokens.append(known.validate_python(line))
        except ValidationError as exc:
            if not line.startswith("x") or read_clk(line) is None:
                raise Misconfigured("Each line is a token or a name's filter, as `fusionbus token` prints it.") from exc
            clks.append(line)
    # A part of a name is no person: names are compared as a whole, by their filters.
    papers = tuple(dict.fromkeys(one for one in tokens if not one.startswith("name:")))
    if not (papers or clks):
        raise Misconfigured("Nothing to look for came: `fusionbus token cnic | fusionbus redress find - …`.")
    return papers, tuple(dict.fromkeys(clks))


def _found(
    tokens: tuple[str, ...], clks: tuple[str, ...], threats: str | None, book: str | None
) -> tuple[tuple[FoundReport, ...], list[str], list[str]]:
    """The reports, the places searched, and those not, with why."""
    from fusionbus.consumers.redress import finding  # noqa: PLC0415 - SQLAlchemy loads slowly
    from fusionbus.consumers.threats.database import ThreatDatabase  # noqa: PLC0415 - as above

    wanted = finding.Wanted(frozenset(tokens), clks)
    broker, settings = load(BrokerSettings), load(ConsumerSettings)
    lists, searched, missed = [], [finding.INCIDENTS], []
    with explained(broker):
        lists.append(finding.in_incidents(_incidents(broker, settings), wanted))
    if threats is not None:
        with closing(ThreatDatabase(threats, make=False)) as database:
            lists.append(finding.in_threats(database, wanted))
        searched.append(finding.THREATS)
    else:
        missed.append("threat database: name it with --threats")
    if book is not None:
        lists.append(_marked(book, tokens))
        searched.append("audit")
    else:
        missed.append("audit: name an oversight database with --book")
    return finding.together(*lists), searched, missed


def _marked(url: str, tokens: Sequence[str]) -> list[FoundReport]:
    """Reports whose marks the tokens fit: also such whose words the hub has let go of."""
    from fusionbus.consumers.oversight.book import Book as Opened  # noqa: PLC0415 - SQLAlchemy loads slowly
    from fusionbus.consumers.oversight.whom import carrying, told  # noqa: PLC0415 - as above

    found = []
    with closing(Opened(url, make=False)) as opened, opened.reading() as connection:
        for token in tokens:
            for name in carrying(connection, token):
                story = told(connection, name)
                if story.agency is not None:
                    by = token.partition(":")[0]
                    found.append(FoundReport(report_id=name, agency=story.agency, found_in=("audit",), by=by))
    return found


def _everywhere(
    case: Case, broker: BrokerSettings, settings: ConsumerSettings, threats: str | None, files: Sequence[Path]
) -> "Iterator[Place]":
    from fusionbus.consumers.redress import places  # noqa: PLC0415 - SQLAlchemy loads slowly
    from fusionbus.consumers.redress.finding import Wanted  # noqa: PLC0415 - as above
    from fusionbus.consumers.threats.database import ThreatDatabase  # noqa: PLC0415 - as above

    wanted: Wanted = Wanted(frozenset(case.tokens), case.name_clks)
    sought = places.needles(wanted)
    yield from places.in_topics(broker, sought, settings.scan_s_max)
    if threats is not None:
        try:
            with closing(ThreatDatabase(threats, make=False)) as database:
                yield places.in_database(database, wanted)
        except FusionError as fault:
            yield places.Place("threat database", None, str(fault))
    for path in files:
        yield places.in_files(path, sought)


def _incidents(broker: BrokerSettings, settings: ConsumerSettings) -> list[Incident]:
    """The newest state of every incident."""
    newest: dict[bytes, Incident] = {}
    for lying, incident in _read(broker, settings, topics.INCIDENTS, Incident):
        newest[lying.key or b""] = incident
    return list(newest.values())


def _receipts(case: Case, broker: BrokerSettings, settings: ConsumerSettings) -> list[Receipt]:
    """What the hub told the desk of this case."""
    told = (one for _, one in _read(broker, settings, topics.receipts_topic(CENTRE), Receipt))
    return [one for one in told if one.request_id == case.case_id]


def _read(broker: BrokerSettings, settings: ConsumerSettings, topic: str, model: Any) -> "Iterator[tuple[Lying, Any]]":
    """The records of a topic that can be read, with where they lie."""
    from fusionbus.consumers.redress.statement import Lying  # noqa: PLC0415 - cryptography loads slowly

    with TopicReader(broker, topic, CLIENT) as reader:
        for record in reader.there_now(settings.scan_s_max):
            got = codec.decode(model, record.value or b"")
            if not isinstance(got, Undecodable):
                yield Lying(record.partition, record.offset, record.timestamp, record.key, record.value), got
