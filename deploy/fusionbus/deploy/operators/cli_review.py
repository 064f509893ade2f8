"""`fusionbus review`, `merge` and `split`: an analyst judges which reports tell of one event."""

import time
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import typer
from pydantic import TypeAdapter, ValidationError

from fusionbus.contract import ids, topics
from fusionbus.contract.base import Id
from fusionbus.contract.codec import decode, encode
from fusionbus.contract.control import Judgement, Split, Verdict, judgement_id
from fusionbus.contract.errors import FixTheReport, Misconfigured, RetryLater
from fusionbus.contract.incident import Incident
from fusionbus.contract.records import Receipt, ReceiptOutcome
from fusionbus.deploy.operators import review, showing, words
from fusionbus.deploy.operators.bus import Bus
from fusionbus.deploy.operators.review import Pair
from fusionbus.deploy.operators.settings import OperatorSettings
from fusionbus.shell.settings import load

REASON_CHARS_MAX: Final = 300
POLL_S: Final = 0.3
CLOCKS_APART_MAX: Final = timedelta(hours=1)
SHOWN_MAX: Final = 20
"""Pairs shown when no number is given: an analyst reads no more at once."""

review_commands = typer.Typer()
pairs_commands = typer.Typer(help="Doubtful pairs of incidents: list them, look at one, decide.")
review_commands.add_typer(pairs_commands, name="review", invoke_without_command=True)

Agency = Annotated[str, typer.Option(help="Whose analyst decides; its entry has `reviews: true`.")]
Why = Annotated[str, typer.Option("--reason", help="Why, in a sentence, for the audit; no recipient reads it.")]
By = Annotated[str | None, typer.Option(help="The desk that decides; not a person's name.")]
NATIONAL: Final = "NACTA"


@pairs_commands.callback()
def list_pairs(
    context: typer.Context,
    *,
    most: Annotated[int, typer.Option(help="How many to show.", min=1)] = SHOWN_MAX,
    every: Annotated[bool, typer.Option("--all", help="Those decided or closed too.")] = False,
    as_json: words.AsJson = False,
    bootstrap: words.Bootstrap = None,
) -> None:
    """List what waits for a person's decision, likeliest first, with what speaks for and against it.

    Example: fusionbus review --most 5
    """
    if context.invoked_subcommand is not None:
        return
    with Bus(load(OperatorSettings, bootstrap=bootstrap)) as bus:
        found = _pairs(bus)
    waiting = [pair for pair in found if every or pair.is_open]
    if as_json:
        showing.show_json([_json(pair) for pair in waiting[:most]])
        return
    for pair in waiting[:most]:
        _show(pair)
    more = f", {len(waiting) - most} more not shown" if len(waiting) > most else ""
    typer.echo(f"{len(waiting)} wait for a decision{more}." if waiting else "Nothing waits for a decision.")


@pairs_commands.command()
def show(
    incident_id: Annotated[str, typer.Argument(metavar="INCIDENT", help="The incident's id.")],
    as_json: words.AsJson = False,
    bootstrap: words.Bootstrap = None,
) -> None:
    """Show an incident as the hub holds it: its reports, why each is there, how many were told, what is related.

    Example: fusionbus review show 1b4e28ba-2fa1-51d2-883f-0016d3cca427
    """
    name = _id(incident_id)
    with Bus(load(OperatorSettings, bootstrap=bootstrap)) as bus:
        incident = _incident(bus, name)
        related = review.related(review.links_of(bus.read(topics.LINKS)), name)
    if as_json:
        showing.show_json(incident.model_dump(mode="json", exclude_none=True) | {"related": related})
        return
    typer.echo(f"{incident.incident_id} zone {incident.zone}: {showing.neutral(review.told(incident))}")
    for member in incident.members:
        who = "masked source" if member.masked else member.agency
        state = "withdrawn" if member.withdrawn else f"told to {len(member.forms)}"
        chance = "" if member.probability is None else f", {member.probability:.0%}"
        typer.echo(f"  {member.report_id} {who} {member.relation}{chance}; {state}")
        for reason in member.reasons:
            typer.echo(f"      {reason.bits:+6.1f}  {showing.neutral(reason.said)}")
    for tie in related:
        typer.echo(f"  {showing.neutral(tie)}")


@pairs_commands.command()
def decide(
    *,
    link_id: Annotated[str, typer.Argument(metavar="LINK", help="The link's id, or how it begins.")],
    decision: Annotated[str, typer.Argument(metavar="same|not-same", help="One event, or two.")],
    reason: Why,
    agency: Agency = NATIONAL,
    by: By = None,
    bootstrap: words.Bootstrap = None,
) -> None:
    """Decide a doubtful pair; the decision holds until the next one on the same pair.

    Example: fusionbus review decide 1b4e28ba same --reason "Both name the same handcart."
    """
    head = _head(agency, by, reason)
    settings = load(OperatorSettings, bootstrap=bootstrap)
    with Bus(settings) as bus:
        message = review.message_for(review.named(_pairs(bus), link_id), decision, **head)
        typer.echo(_ask(bus, message, settings.receipt_wait_s))


@review_commands.command()
def merge(
    *,
    one: Annotated[str, typer.Argument(metavar="INCIDENT", help="An incident's id.")],
    other: Annotated[str, typer.Argument(metavar="INCIDENT", help="The other's.")],
    reason: Why,
    undo: Annotated[bool, typer.Option("--undo", help="Take a merge of the two apart again.")] = False,
    agency: Agency = NATIONAL,
    by: By = None,
    bootstrap: words.Bootstrap = None,
) -> None:
    """Join two incidents that are one event; the older id stays.

    Example: fusionbus merge 1b4e28ba-2fa1-51d2-883f-0016d3cca427 690e646f-8ebf-530e-8d89-e0459b46ba91 --reason "…"
    """
    head, pair = _head(agency, by, reason), (_id(one), _id(other))
    if pair[0] == pair[1]:
        raise Misconfigured("These are one incident: name two.")
    settings = load(OperatorSettings, bootstrap=bootstrap)
    with Bus(settings) as bus:
        zones = review.zones_of(_incident(bus, one), _incident(bus, other))
        said = "not_same" if undo else "same"
        message = Verdict.model_validate({"incidents": pair, **zones, "decision": said, **head})
        typer.echo(_ask(bus, message, settings.receipt_wait_s))


@review_commands.command()
def split(
    *,
    incident: Annotated[str, typer.Argument(metavar="INCIDENT", help="The incident's id.")],
    report: Annotated[list[str], typer.Option(help="A report to take out; several may be given.")],
    reason: Why,
    agency: Agency = NATIONAL,
    by: By = None,
    bootstrap: words.Bootstrap = None,
) -> None:
    """Take reports out of an incident that they do not tell of; together they are an incident of their own.

    Example: fusionbus split 1b4e28ba-2fa1-51d2-883f-0016d3cca427 --report 86db73e8-262a-5fa3-a2d6-33f240b4fb01
    --reason "Another day."
    """
    head, name = _head(agency, by, reason), _id(incident)
    settings = load(OperatorSettings, bootstrap=bootstrap)
    with Bus(settings) as bus:
        zone = _incident(bus, name).zone
        reports = tuple(map(_id, report))
        message = Split.model_validate({"incident_id": name, "zone": zone, "reports": reports, **head})
        typer.echo(_ask(bus, message, settings.receipt_wait_s))


def _head(agency: str, by: str | None, reason: str) -> dict[str, Any]:
    """What every decision says. Raises: Misconfigured."""
    if not 0 < len(reason.strip()) <= REASON_CHARS_MAX:
        raise Misconfigured(f"--reason has {len(reason):,} characters: 1 to {REASON_CHARS_MAX} are allowed.")
    desk = words.desk(by) if by is not None else None
    return {"agency": words.agency_id(agency), "by": desk, "at": datetime.now(UTC), "reason": reason.strip()}


def _id(word: str) -> str:
    try:
        return str(TypeAdapter(Id).validate_python(word.strip().lower()))
    except ValidationError as exc:
        raise Misconfigured(f"{word[:60]!r} is not an id: it looks like 1b4e28ba-2fa1-51d2-883f-0016d3cca427.") from exc


def _pairs(bus: Bus) -> list[Pair]:
    links = review.links_of(bus.read(topics.LINKS))
    wanted = review.asked(links)
    incidents = review.incidents_of(bus.read(topics.INCIDENTS), wanted) if wanted else {}
    return review.pairs(links, incidents)


def _incident(bus: Bus, name: str) -> Incident:
    found = review.incidents_of(bus.read(topics.INCIDENTS), frozenset({name})).get(name)
    if found is None:
        raise Misconfigured(f"The hub holds no incident {name}: copy the id from an alert or from `fusionbus review`.")
    return found


def _ask(bus: Bus, message: Judgement, wait_s: float) -> str:
    """What the hub answered. Raises: FixTheReport with its reason; RetryLater where it said nothing in time."""
    lies = bus.send(topics.control_topic(message.agency), message.agency.encode(), encode(message), partition=0)
    letter = ids.dead_letter_id(topics.control_topic(message.agency), 0, lies.offset)
    refused = ids.receipt_id(letter, ReceiptOutcome.REJECTED)
    name = judgement_id(message)
    answers = {ids.receipt_id(name, outcome) for outcome in (ReceiptOutcome.CONTROL_DONE, ReceiptOutcome.REJECTED)}
    until = time.monotonic() + wait_s
    while time.monotonic() < until:
        for record in bus.read(topics.receipts_topic(message.agency), message.at - CLOCKS_APART_MAX):
            receipt = decode(Receipt, record.value or b"")
            if isinstance(receipt, Receipt) and receipt.receipt_id in {refused, *answers}:
                if receipt.outcome is ReceiptOutcome.REJECTED:
                    raise FixTheReport(f"The hub refused: {showing.neutral(receipt.sentence or str(receipt.reason))}")
                return f"The hub says: {showing.neutral(receipt.sentence or 'done')}"
        time.sleep(POLL_S)
    raise RetryLater(
        f"The decision is with the broker, but the hub sent no receipt in {wait_s:g} s: "
        "it takes effect when the hub runs again."
    )


def _show(pair: Pair) -> None:
    decided = f"  decided: {pair.decided}" if pair.decided else ""
    typer.echo(f"{pair.link.link_id}  {pair.probability:.0%}: {pair.question}{decided}")
    for incident in pair.incidents:
        typer.echo(f"  {incident.incident_id}  {incident.zone}: {showing.neutral(review.told(incident))}")
    for reason in pair.link.reasons:
        typer.echo(f"      {reason.bits:+6.1f}  {reason.field:<10} {showing.neutral(reason.said)}")


def _json(pair: Pair) -> dict[str, object]:
    return {
        "link": pair.link.model_dump(mode="json", exclude_none=True),
        "probability": round(pair.probability, 4),
        "question": pair.question,
        "decided": pair.decided,
        "incidents": {incident.incident_id: review.told(incident) for incident in pair.incidents},
    }
