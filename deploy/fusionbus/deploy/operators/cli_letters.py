"""`fusionbus dead-letters`: shows what the hub could not take, sends it again, or puts it aside."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.records import RejectReason
from fusionbus.deploy.operators import letter_desk, letters, showing, words
from fusionbus.deploy.operators.bus import Bus
from fusionbus.deploy.operators.letters import Action, Choice, Filed
from fusionbus.deploy.operators.settings import OperatorSettings
from fusionbus.shell.settings import load

EXIT_SOME_REFUSED: Final = 1
COLUMNS: Final = ("id", "time (PKT)", "agency", "reason", "field", "sentence", "where", "bytes", "handled")
CHARS_IN_TABLE: Final = 8
WHY_CHARS_MAX: Final = 1_000

letter_commands = typer.Typer(no_args_is_help=True, help="Show, send again or put aside what the hub could not take.")
Agency = Annotated[str | None, typer.Option(help="Only of this writer, such as CTD-KP.")]
Reason = Annotated[str | None, typer.Option(help=f"Only of this reason: {', '.join(RejectReason)}.")]
By = Annotated[str | None, typer.Option(help="The desk that acts; not a person's name. Default: FUSION_USERNAME.")]


@letter_commands.command("list")
def list_letters(
    *,
    agency: Agency = None,
    reason: Reason = None,
    since: words.Since = None,
    every: Annotated[bool, typer.Option("--all", help="Those replayed or discarded too.")] = False,
    as_json: words.AsJson = False,
    bootstrap: words.Bootstrap = None,
) -> None:
    """List dead letters that nobody has handled, oldest first.

    Example: fusionbus dead-letters list --agency CTD-KP --since 12h
    """
    choice = _choice(agency, reason, since)
    with Bus(load(OperatorSettings, bootstrap=bootstrap)) as bus:
        found = letter_desk.filed(bus, choice, also_without_audit=True)
    shown = [one for one in found if every or not one.handled]
    if as_json:
        showing.show_json([_told(one) for one in shown])
        return
    if shown:
        showing.show_table(COLUMNS, map(_row, shown))
    counts = ", ".join(f"{reason} {count}" for reason, count in letters.counted(shown).items())
    hidden = len(found) - len(shown)
    typer.echo(
        (f"{len(shown)} dead letters: {counts}." if shown else "No dead letters wait.")
        + (f" {hidden} more are handled: --all shows them." if hidden else "")
    )


@letter_commands.command()
def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="The id, or how it begins.")],
    as_json: words.AsJson = False,
    bootstrap: words.Bootstrap = None,
) -> None:
    """Show all of one dead letter, the body too where it is text. It may name persons: mind who looks on.

    Example: fusionbus dead-letters show 1b4e28ba-2fa1-51d2-883f-0016d3cca427
    """
    with Bus(load(OperatorSettings, bootstrap=bootstrap)) as bus:
        one = letters.named(letter_desk.filed(bus, Choice(), also_without_audit=True), letter_id)
    body = letters.body_of(one.letter)
    text = _text(body)
    if as_json:
        showing.show_json(_told(one) | {"key_base64": one.letter.key_base64, "body": text} | _raw(one, text))
        return
    for name, value in _told(one).items():
        if value not in (None, []):
            typer.echo(f"{name:<15} {showing.neutral(str(value))}")
    again = letters.sendable(one, again=True)
    typer.echo(f"{'replay':<15} {showing.neutral(again) if isinstance(again, str) else 'possible'}")
    if text is None:
        typer.echo(f"body            {len(body):,} bytes that are no text: --json gives them in base64")
    else:
        typer.echo(f"body\n{showing.block(text)}")


@letter_commands.command()
def replay(
    *,
    letter_ids: Annotated[list[str] | None, typer.Argument(metavar="ID…", help="Ids, or how they begin.")] = None,
    agency: Agency = None,
    reason: Reason = None,
    since: words.Since = None,
    by: By = None,
    again: Annotated[bool, typer.Option("--again", help="Those that were handled already too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
    bootstrap: words.Bootstrap = None,
) -> None:
    """Send kept messages again to the topic they came from; the hub admits or refuses them anew.

    Give ids, or --reason. Needs the right to write on the topics they came from, and on `audit`. Sending twice does no
    harm: the hub knows a revision it has taken. Exit code 1 when any was not sent.
    Example: fusionbus dead-letters replay --reason unknown_agency --agency CTD-GB
    """
    if bool(letter_ids) == bool(reason):
        raise Misconfigured("Say which dead letters: their ids, or --reason (and --agency, --since) and no ids.")
    settings = load(OperatorSettings, bootstrap=bootstrap)
    who, refused = _by(by, settings), 0
    with Bus(settings) as bus:
        found = letter_desk.filed(bus, _choice(agency, reason, since))
        if letter_ids:
            chosen = list(dict.fromkeys(letters.named(found, word) for word in letter_ids))
        else:
            chosen = [one for one in found if again or not one.handled]
        for one in chosen:
            refused += not letter_desk.send_again(bus, one, who, again=again, dry_run=dry_run)
    typer.echo(f"{len(chosen) - refused} of {len(chosen)} {'would be' if dry_run else 'were'} sent again.")
    raise typer.Exit(EXIT_SOME_REFUSED if refused else 0)


@letter_commands.command()
def discard(
    *,
    letter_ids: Annotated[list[str], typer.Argument(metavar="ID…", help="Ids, or how they begin.")],
    why: Annotated[str, typer.Option(help="The reason, for those who read the audit.")],
    by: By = None,
    bootstrap: words.Bootstrap = None,
) -> None:
    """Put dead letters aside: they stay on the topic, and the audit says who did it and why.

    Example: fusionbus dead-letters discard 1b4e28ba-2fa1-51d2-883f-0016d3cca427 --why "Sent anew by the agency."
    """
    if not 0 < len(why.strip()) <= WHY_CHARS_MAX:
        raise Misconfigured(f"--why has {len(why):,} characters: 1 to {WHY_CHARS_MAX:,} are allowed.")
    settings = load(OperatorSettings, bootstrap=bootstrap)
    who = _by(by, settings)
    with Bus(settings) as bus:
        found = letter_desk.filed(bus, Choice())
        for one in list(dict.fromkeys(letters.named(found, word) for word in letter_ids)):
            letter_desk.put_on_record(bus, one, Action.DISCARDED, who, why.strip())
            typer.echo(f"{one.letter.dead_letter_id} is put aside.")


def _choice(agency: str | None, reason: str | None, since: str | None) -> Choice:
    if reason is not None and reason not in set(RejectReason):
        raise Misconfigured(f"--reason {reason[:60]!r} is not known: use one of {', '.join(RejectReason)}.")
    return Choice(agency and words.agency_id(agency), reason, words.since(since, datetime.now(UTC)))


def _by(by: str | None, settings: OperatorSettings) -> str:
    return words.desk(by or settings.username or "operator")


def _row(one: Filed) -> Sequence[str]:
    letter = one.letter
    return (
        letter.dead_letter_id[:CHARS_IN_TABLE],
        showing.clock(letter.at),
        letter.agency or "",
        letter.reason,
        letter.field or "",
        letter.sentence,
        f"{letter.topic}/{letter.partition}/{letter.offset}",
        f"{letter.body_bytes:,}",
        one.handled[-1].action if one.handled else "",
    )


def _told(one: Filed) -> dict[str, Any]:
    """All of a letter but its key and body."""
    told = one.letter.model_dump(mode="json", exclude={"schema_version", "key_base64", "body_base64"})
    acts = [f"{act.at.isoformat()} {act.action} by {act.by}: {act.said}" for act in one.handled]
    return told | {"handled": acts}


def _raw(one: Filed, text: str | None) -> dict[str, str]:
    return {} if text is not None else {"body_base64": one.letter.body_base64}


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None
