"""Commands of an agency's alert services: check the file, run them, see what waits."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from fusionbus.consumers.handlers.plain_text import line
from fusionbus.consumers.services import running
from fusionbus.consumers.services.config import AlertServices, Service, read
from fusionbus.consumers.services.outbox import Outbox
from fusionbus.consumers.services.plan import next_digest, quiet_until
from fusionbus.consumers.settings import ConsumerSettings
from fusionbus.consumers.stopping import Stop, on_signals
from fusionbus.contract.errors import Misconfigured
from fusionbus.shell import metrics
from fusionbus.shell.settings import BrokerSettings, default_home, load

commands = typer.Typer(no_args_is_help=True, help="Tell the right people of alerts: mail, webhooks, SIEM, files.")

Config = Annotated[Path, typer.Option(help="The services' file; see docs/alert-services.md.")]
OutboxFile = Annotated[Path | None, typer.Option("--outbox", help="What is still to be sent. [in the home folder]")]


@commands.command()
def run(
    config: Config = Path("alert-services.yaml"),
    outbox: OutboxFile = None,
    metrics_port: Annotated[int | None, typer.Option(min=1, max=65535, help="Serve metrics on this port.")] = None,
) -> None:
    """Receive an agency's alerts and tell its contacts, until stopped.

    Example: fusionbus alert-services run --config /etc/fusionbus/alert-services-CTD-KP.yaml
    """
    services, stop = read(config), Stop()
    metrics.serve(metrics_port)
    with on_signals(stop):
        running.run(services, _outbox(services, outbox), load(BrokerSettings), load(ConsumerSettings), stop)


@commands.command()
def check(config: Config = Path("alert-services.yaml")) -> None:
    """Say what the file means, and try whether every contact could be served; nothing is sent.

    Example: fusionbus alert-services check --config alert-services.yaml
    """
    services = read(config)
    for handler in running.open_contacts(services).values():
        handler.close()
    now = datetime.now(UTC)
    typer.echo(f"{services.agency}, times in {services.timezone}:")
    for service in services.services:
        typer.echo(f"  {line(service.name)}: {'; '.join(_means(service, services, now))}.")
    typer.echo(f"{len(services.contacts)} contacts can be served.")


@commands.command()
def waiting(config: Config = Path("alert-services.yaml"), outbox: OutboxFile = None) -> None:
    """Show how much each contact still has to get, and what was given up and why.

    Example: fusionbus alert-services waiting --config alert-services.yaml
    """
    services = read(config)
    path = _outbox(services, outbox)
    if not path.exists():
        raise Misconfigured(f"{path} is not there: the services have not run yet, or with another --outbox.")
    opened = Outbox(path)
    try:
        counts, abandoned = opened.waiting(), opened.abandoned()
    finally:
        opened.close()
    for contact in services.contacts:
        typer.echo(f"{contact}: {counts.get(contact, 0)} waiting")
    for contact in counts.keys() - services.contacts.keys():
        typer.echo(f"{contact}: {counts[contact]} waiting, and {contact} is in the file no more: tell them by hand.")
    for contact, alert_id, said in abandoned:
        typer.echo(f"{contact}: alert {alert_id} was given up: {line(said)}")


def _means(service: Service, services: AlertServices, now: datetime) -> list[str]:
    said = [f"to {', '.join(service.to)}"]
    wanted = service.filter.model_dump(mode="json", exclude_defaults=True)
    said += [f"{key.replace('_', ' ')} {', '.join(v) if isinstance(v, list) else v}" for key, v in wanted.items()]
    if quiet := service.quiet_hours:
        until = quiet_until(quiet, now, services.zone)
        said.append(f"quiet from {quiet.start} to {quiet.end}" + (", which is now" if until else ""))
    if service.digest:
        at = next_digest(service.digest, now, services.zone).astimezone(services.zone)
        said.append(f"up to {service.digest.severity_max} in a digest, the next at {at:%Y-%m-%d %H:%M}")
    if steps := service.escalation:
        said.append(f"unanswered for {steps.after_min} min: then {', then '.join(steps.to)}")
    return said


def _outbox(services: AlertServices, named: Path | None) -> Path:
    return named or default_home() / f"alert-services-{services.agency}.db"
