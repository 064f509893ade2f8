"""`fusionbus retention`: what is due for review, past its retention or held; and cutting what was read."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

import typer

from fusionbus.contract import topics
from fusionbus.contract.codec import Undecodable, decode
from fusionbus.contract.errors import NotAllowed
from fusionbus.contract.incident import Incident
from fusionbus.deploy.operators import kept, showing, words
from fusionbus.deploy.operators.bus import Bus
from fusionbus.deploy.operators.settings import OperatorSettings
from fusionbus.shell.settings import load

retention_commands = typer.Typer(help="How long reports are kept: what is due, and what may go now.")


@retention_commands.callback(invoke_without_command=True)
def due(
    context: typer.Context,
    *,
    agency: Annotated[str | None, typer.Option(help="Only this originator's reports.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Also what is not due yet, and what was purged.")] = False,
    as_json: words.AsJson = False,
    bootstrap: words.Bootstrap = None,
) -> None:
    """List reports that are due for review, past their retention, or held.

    It reads the hub's incidents: for an agency with `reviews: true`, or the role hub.
    Example: fusionbus retention --agency CTD-KP
    """
    if context.invoked_subcommand is not None:
        return
    now, only = datetime.now(UTC), words.agency_id(agency) if agency else None
    with Bus(load(OperatorSettings, bootstrap=bootstrap)) as bus:
        found = kept.kept(_incidents(bus))
    shown = [one for one in found if only in (None, one.agency) and (every or one.is_pressing(now))]
    if as_json:
        showing.show_json([_json(one, now) for one in shown])
        return
    if shown:
        headings = ("report", "agency", "reported (PKT)", "recipients", "state")
        showing.show_table(headings, (_row(one, now) for one in shown))
    typer.echo(f"{len(shown)} of {len(found)} reports of which something is noted.")


@retention_commands.command()
def cut(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this it is only told.")] = False,
    bootstrap: words.Bootstrap = None,
) -> None:
    """Delete from the topics that carry reports all that their readers have read; it cannot be undone.

    By itself it goes after seven days. This is for what may not lie there so long. It needs the right to DELETE, which
    no role has: be the cluster's administrator. What a receiver has not read yet stays.
    Example: fusionbus retention cut --yes
    """
    with Bus(load(OperatorSettings, bootstrap=bootstrap)) as bus:
        carrying = frozenset(filter(kept.carries_reports, bus.topics()))
        found, unread = kept.cuts(bus.spans(carrying), bus.committed())
        for topic in unread:
            typer.echo(f"{topic}: nobody is known to have read it; it is left.", err=True)
        if yes:
            try:
                bus.cut({one.place: one.before for one in found})
            except NotAllowed as exc:
                raise NotAllowed(f"Nothing was cut: {exc} Be the cluster's administrator.") from exc
    records, done = sum(one.records for one in found), "were deleted" if yes else "would be deleted; --yes does it"
    typer.echo(f"{records} records of {len({one.place[0] for one in found})} topics {done}.")


def _incidents(bus: Bus) -> Iterator[Incident]:
    """The newest state of every incident."""
    newest = {record.key: record.value for record in bus.read(topics.INCIDENTS)}
    for value in newest.values():
        incident = decode(Incident, value) if value is not None else None
        if incident is not None and not isinstance(incident, Undecodable):
            yield incident


def _row(one: kept.Kept, now: datetime) -> tuple[str, ...]:
    recipients = str(one.recipients)
    return one.report_id, one.agency, showing.clock(one.reported_at), recipients, "; ".join(one.states(now))


def _json(one: kept.Kept, now: datetime) -> dict[str, object]:
    return {
        "report_id": one.report_id,
        "agency": one.agency,
        "reported_at": one.reported_at.isoformat(),
        "recipients": one.recipients,
        "states": one.states(now),
        **one.keeping.model_dump(mode="json", exclude_none=True),
    }
