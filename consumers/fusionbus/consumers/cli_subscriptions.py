"""Commands that make and end subscriptions, and wait for what the hub says to it."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from fusionbus.consumers import words
from fusionbus.consumers.asking import ask_hub
from fusionbus.contract import ids
from fusionbus.contract.agency import Subscription
from fusionbus.contract.control import Subscribe, Unsubscribe
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.vocabulary import (
    Kind,
    Province,
    Severity,
    Status,
    TargetSectorCode,
    ThreatCategory,
    Urgency,
)

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
