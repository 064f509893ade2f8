"""Commands that make and end subscriptions, and wait for what the hub says to it."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from fusionbus.consumers import words
from fusionbus.consumers.asking import ask_hub
from fusionbus.contract import ids
from fusionbus.contract.agency import Subscription
from fusionbus.contract.control import CATCH_UP_MAX, CatchUp, Subscribe, Unsubscribe, catch_up_id
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.vocabulary import (
    FindingKind,
    Kind,
    Province,
    Severity,
    Status,
    TargetSectorCode,
    ThreatCategory,
    Urgency,
)

CATCH_UP_WAIT_S = 60.0
"""The hub begins within a tick (10 s) and two seconds, and then looks through some thousand reports in seconds."""

commands = typer.Typer()

Agency = Annotated[str, typer.Option(help="Who subscribes, such as CTD-KP.", envvar="FUSION_AGENCY")]
Name = Annotated[str, typer.Option(help="The subscription's name; the same name changes it.")]


@commands.command()
def subscribe(
    *,
    agency: Agency,
    name: Name,
    kind: Annotated[list[str] | None, typer.Option(help=", ".join(Kind))] = None,
    finding: Annotated[list[str] | None, typer.Option(help=f"What the centre finds: {', '.join(FindingKind)}")] = None,
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
        "findings": words.some_of(FindingKind, "--finding", finding) or None,
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
    typer.echo(ask_hub(owner, message, subscription.subscription_id))


@commands.command()
def unsubscribe(agency: Agency, name: Name) -> None:
    """End a subscription.

    Example: fusionbus unsubscribe --agency CTD-KP --name rail
    """
    owner = words.agency_id(agency)
    subscription_id = ids.subscription_id(owner, name)
    message = Unsubscribe(agency=owner, at=datetime.now(UTC), subscription_id=subscription_id)
    typer.echo(ask_hub(owner, message, subscription_id))


@commands.command()
def catch_up(
    *,
    agency: Agency,
    days: Annotated[float, typer.Option(min=0, max=CATCH_UP_MAX.days, help="Incidents heard of in so many days.")] = 7,
    subscription: Annotated[str | None, typer.Option(help="Only what the subscription of this name asks for.")] = None,
) -> None:
    """Have the hub send what is open and what you would have been sent, had you subscribed before.

    Example: fusionbus catch-up --agency CTD-KP --days 3
    """
    owner, now = words.agency_id(agency), datetime.now(UTC)
    only = ids.subscription_id(owner, subscription) if subscription is not None else None
    message = CatchUp(agency=owner, at=now, since=now - timedelta(days=days), subscription_id=only)
    typer.echo(ask_hub(owner, message, catch_up_id(message), CATCH_UP_WAIT_S))


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
