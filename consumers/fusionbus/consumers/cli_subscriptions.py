"""Commands that make and end subscriptions, and wait for what the hub says to it."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from fusionbus.consumers import words
from fusionbus.consumers.acknowledger import SEND_S_MAX, ControlWriter
from fusionbus.consumers.handlers.plain_text import line
from fusionbus.consumers.reading import TopicReader
from fusionbus.consumers.settings import ConsumerSettings
from fusionbus.consumers.stopping import Stop
from fusionbus.contract import codec, ids
from fusionbus.contract.agency import Subscription
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.control import Subscribe, Unsubscribe
from fusionbus.contract.errors import FixTheReport, Misconfigured, RetryLater
from fusionbus.contract.records import Receipt, ReceiptOutcome
from fusionbus.contract.topics import receipts_topic
from fusionbus.contract.vocabulary import (
    Kind,
    Province,
    Severity,
    Status,
    TargetSectorCode,
    ThreatCategory,
    Urgency,
)
from fusionbus.shell.kafka import explained
from fusionbus.shell.settings import BrokerSettings, load

commands = typer.Typer()

Agency = Annotated[str, typer.Option(help="Who subscribes, such as CTD-KP.", envvar="FUSION_AGENCY")]
Name = Annotated[str, typer.Option(help="The subscription's name; the same name changes it.")]


@commands.command()
def subscribe(
    *,
    agency: Agency,
    name: Name,
    kind: Annotated[list[str] | None, typer.Option(help=", ".join(Kind))] = None,
    category: Annotated[list[str] | None, typer.Option(help=", ".join(ThreatCategory))] = None,
    province: Annotated[list[str] | None, typer.Option(help=", ".join(Province))] = None,
    district: Annotated[list[str] | None, typer.Option(help="A district's name.")] = None,
    actor: Annotated[list[str] | None, typer.Option(help="A group's name.")] = None,
    sector: Annotated[list[str] | None, typer.Option(help="NIEM target sectors: TRANS, EDU, CULTR …")] = None,
    severity_min: Annotated[str | None, typer.Option(help=", ".join(Severity))] = None,
    urgency: Annotated[list[str] | None, typer.Option(help=", ".join(Urgency))] = None,
    near: Annotated[str | None, typer.Option(help="lat,lon,km: within so many km of a point.")] = None,
    status: Annotated[list[str] | None, typer.Option(help=f"{', '.join(Status)} [Actual]")] = None,
) -> None:
    """Subscribe to alerts; each option narrows, several of one kind widen it again.

    Example: fusionbus subscribe --agency CTD-KP --name rail --sector TRANS --province PK-PB --severity-min Severe
    """
    owner, now = words.agency_id(agency), datetime.now(UTC)
    wanted: dict[str, Any] = {
        "statuses": words.some_of(Status, "--status", status) or (Status.ACTUAL,),
        "kinds": words.some_of(Kind, "--kind", kind),
        "categories": words.some_of(ThreatCategory, "--category", category),
        "provinces": words.some_of(Province, "--province", province),
        "districts": tuple(district or ()),
        "target_sectors": words.some_of(TargetSectorCode, "--sector", sector),
        "actors": tuple(actor or ()),
        "severity_min": words.one_of(Severity, "--severity-min", severity_min) if severity_min else None,
        "urgencies": words.some_of(Urgency, "--urgency", urgency),
        "near": words.circle(near),
    }
    subscription = _subscription(owner, name, now, wanted)
    message = Subscribe(agency=owner, at=now, subscription=subscription)
    typer.echo(_ask(owner, message, subscription.subscription_id))


@commands.command()
def unsubscribe(agency: Agency, name: Name) -> None:
    """End a subscription.

    Example: fusionbus unsubscribe --agency CTD-KP --name rail
    """
    owner = words.agency_id(agency)
    subscription_id = ids.subscription_id(owner, name)
    message = Unsubscribe(agency=owner, at=datetime.now(UTC), subscription_id=subscription_id)
    typer.echo(_ask(owner, message, subscription_id))


def _subscription(owner: str, name: str, now: datetime, wanted: dict[str, Any]) -> Subscription:
    """The subscription. Raises: Misconfigured, naming the option that is wrong."""
    try:
        return Subscription(
            subscription_id=ids.subscription_id(owner, name), agency=owner, name=name, created_at=now, **wanted
        )
    except ValidationError as exc:
        fault = exc.errors(include_url=False, include_input=False)[0]
        option = {"districts": "--district", "actors": "--actor"}.get(str(fault["loc"][0]), "--name")
        raise Misconfigured(f"{option}: {fault['msg']}.") from exc


def _ask(agency: str, message: Subscribe | Unsubscribe, about: str) -> str:
    """What the hub answered. Raises: FixTheReport with its reason; RetryLater where it said nothing in time."""
    broker, settings = load(BrokerSettings), load(ConsumerSettings)
    with explained(broker), TopicReader(broker, receipts_topic(agency), f"{agency}.subscribe") as reader:
        reader.skip_to_end()
        writer = ControlWriter(agency, broker)
        try:
            lies = writer.send(message).get(timeout=SEND_S_MAX)
        finally:
            writer.close()
        # Ids are made from what they are about, so the answer to this very message is known beforehand.
        done = ids.receipt_id(about, ReceiptOutcome.CONTROL_DONE, message.at.isoformat())
        letter = ids.dead_letter_id(lies.topic, lies.partition, lies.offset)
        refused = ids.receipt_id(letter, ReceiptOutcome.REJECTED)
        for record in reader.coming(Stop(), settings.receipt_wait_s):
            receipt = codec.decode(Receipt, record.value or b"")
            if isinstance(receipt, Undecodable):
                continue
            if receipt.receipt_id == done:
                return f"The hub says: {line(receipt.sentence or 'done')}"
            if receipt.receipt_id == refused:
                raise FixTheReport(f"The hub refused: {line(receipt.sentence or str(receipt.reason))}")
    raise RetryLater(
        f"The message is with the broker, but the hub sent no receipt in {settings.receipt_wait_s:g} s: "
        "it takes effect when the hub runs again."
    )
