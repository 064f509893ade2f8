"""Commands about originator control: ask to pass a report on, see who asks, answer."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Literal

import typer
from pydantic import ValidationError

from fusionbus.consumers import words
from fusionbus.consumers.answering import find_alert
from fusionbus.consumers.asking import ask_hub
from fusionbus.consumers.handlers.notices import facts_of_notice
from fusionbus.consumers.handlers.terminal import when
from fusionbus.consumers.reading import TopicReader
from fusionbus.consumers.settings import ConsumerSettings
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.control import SharingAnswer, SharingRequest
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.records import Receipt
from fusionbus.contract.topics import alerts_topic, receipts_topic
from fusionbus.contract.vocabulary import Form
from fusionbus.shell.kafka import explained
from fusionbus.shell.settings import BrokerSettings, load

commands = typer.Typer(
    no_args_is_help=True, help="Originator control: ask to pass a report on, see who asks you, answer."
)

Agency = Annotated[str, typer.Option(help="Who speaks, such as CTD-KP.", envvar="FUSION_AGENCY")]
By = Annotated[str | None, typer.Option(help="The desk that acts; not a person's name.")]
Answer = Literal["grant", "deny", "tearline"]


@commands.command()
def ask(
    *,
    agency: Agency,
    alert: Annotated[str, typer.Option(help="The alert that tells of the report.")],
    to: Annotated[list[str], typer.Option(help="The agency that should have it; may be given several times.")],
    reason: Annotated[str, typer.Option(help="Why it needs it; the originator reads this.")],
    by: By = None,
    store: Annotated[
        str | None, typer.Option(help="Where the alert is: sqlite:PATH, database:URL, jsonl:PATH. [topic]")
    ] = None,
) -> None:
    """Ask a report's originator, whoever that is, to let the hub send it to a further agency.

    Example: fusionbus share ask --agency NACTA --alert 1b4e28ba-2fa1-51d2-883f-0016d3cca427 --to CTD-PB --reason "…"
    """
    owner, broker, settings = words.agency_id(agency), load(BrokerSettings), load(ConsumerSettings)
    alert_id = words.some_id("an alert's id", alert)
    with explained(broker):
        found = find_alert(alert_id, owner, store, broker, settings)
    if found.kind.is_notice:
        raise Misconfigured(f"The alert {alert_id} tells of no report: name the alert that does.")
    try:
        message = SharingRequest(
            agency=owner,
            by=by,
            at=datetime.now(UTC),
            request_id=str(uuid.uuid4()),
            alert_id=alert_id,
            incident_id=found.incident_id,
            zone=found.zone,
            to=tuple(words.agency_id(name) for name in to),
            reason=reason,
        )
    except ValidationError as exc:
        raise _wrong(exc) from exc
    typer.echo(f"{ask_hub(owner, message, message.request_id)}\nThe question is {message.request_id}.")


@commands.command()
def answer(
    *,
    question: Annotated[str, typer.Argument(help="The question's id, as shown with it.")],
    agency: Agency,
    grant: Annotated[str | None, typer.Option(help="Send it, in this form at most: full, summary, pointer.")] = None,
    tearline: Annotated[bool, typer.Option("--tearline", help="Send its tearline and nothing else of it.")] = False,
    deny: Annotated[bool, typer.Option("--deny", help="Send nothing.")] = False,
    reason: Annotated[str | None, typer.Option(help="The asker reads this: do not name yourself in it.")] = None,
    by: By = None,
) -> None:
    """Answer a question about a report of yours; the hub does what you say, and nothing beyond its other markings.

    Example: fusionbus share answer 3afe0bbe-e1ec-4e44-a9b2-c648940cf688 --agency CTD-KP --grant summary
    """
    owner = words.agency_id(agency)
    asked = _question(owner, words.some_id("a question's id", question))
    said, form = _said(grant, tearline=tearline, deny=deny)
    try:
        message = SharingAnswer(
            agency=owner,
            by=by,
            at=datetime.now(UTC),
            request_id=asked.sharing.request_id if asked.sharing else question,
            report_id=asked.body.report_id or "",
            answer=said,
            form=form,
            reason=reason,
            incident_id=asked.incident_id,
            zone=asked.zone,
        )
    except ValidationError as exc:
        raise _wrong(exc) from exc
    typer.echo(ask_hub(owner, message, message.request_id))


@commands.command("list")
def questions(agency: Agency) -> None:
    """Show the questions about this agency's reports that are not answered, the oldest first.

    Example: fusionbus share list --agency CTD-KP
    """
    owner, broker, settings = words.agency_id(agency), load(BrokerSettings), load(ConsumerSettings)
    now = datetime.now(UTC)
    with explained(broker):
        done = set(_answered(owner, broker, settings))
        found = {alert.sharing.request_id: alert for alert in _asked(owner, broker, settings) if alert.sharing}
    waiting = [alert for name, alert in found.items() if name not in done and _is_open(alert, now)]
    for alert in waiting:
        for label, text in facts_of_notice(alert, when):
            typer.echo(f"{label:<10}{text}")
        typer.echo()
    if not waiting:
        typer.echo(f"No question waits for {owner}.")


def _said(grant: str | None, *, tearline: bool, deny: bool) -> tuple[Answer, Form]:
    if (grant is not None) + tearline + deny != 1:
        raise Misconfigured("Give one of --grant FORM, --tearline and --deny.")
    if deny:
        return "deny", Form.POINTER
    if grant is None:
        return "tearline", Form.TEARLINE
    form = words.one_of(Form, "--grant", grant)
    if form is Form.TEARLINE:
        raise Misconfigured("For the tearline give --tearline.")
    return "grant", form


def _question(agency: str, request_id: str) -> Alert:
    broker, settings = load(BrokerSettings), load(ConsumerSettings)
    with explained(broker):
        for alert in _asked(agency, broker, settings):
            if alert.sharing is not None and alert.sharing.request_id == request_id:
                return alert
    raise Misconfigured(f"There is no question {request_id} on {alerts_topic(agency)}: see `fusionbus share list`.")


def _asked(agency: str, broker: BrokerSettings, settings: ConsumerSettings) -> Iterator[Alert]:
    with TopicReader(broker, alerts_topic(agency), f"{agency}.share") as reader:
        for record in reader.there_now(settings.scan_s_max):
            alert = codec.decode(Alert, record.value or b"")
            if not isinstance(alert, Undecodable) and alert.sharing is not None:
                yield alert


def _answered(agency: str, broker: BrokerSettings, settings: ConsumerSettings) -> Iterator[str]:
    with TopicReader(broker, receipts_topic(agency), f"{agency}.share") as reader:
        for record in reader.there_now(settings.scan_s_max):
            receipt = codec.decode(Receipt, record.value or b"")
            if not isinstance(receipt, Undecodable) and receipt.request_id is not None:
                yield receipt.request_id


def _is_open(alert: Alert, now: datetime) -> bool:
    return alert.sharing is not None and alert.sharing.answer_by > now


def _wrong(exc: ValidationError) -> Misconfigured:
    fault = exc.errors(include_url=False, include_input=False)[0]
    return Misconfigured(f"--{fault['loc'][0]}: {fault['msg']}.")
