"""`fusionbus audit`: what became of one report, who got it by which rule, and whether the audit still tells it."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer
from pydantic import TypeAdapter, ValidationError

from fusionbus.contract import ids, topics
from fusionbus.contract.base import Id
from fusionbus.contract.codec import Undecodable, decode
from fusionbus.contract.errors import Misconfigured, NotAllowed
from fusionbus.contract.records import AuditRecord, Receipt
from fusionbus.deploy.operators import showing, story, words
from fusionbus.deploy.operators.bus import Bus
from fusionbus.deploy.operators.cli_audit_watch import watch
from fusionbus.deploy.operators.cli_seals import keep_checkpoints, verify
from fusionbus.deploy.operators.settings import OperatorSettings
from fusionbus.deploy.operators.story import Line, Recipient
from fusionbus.shell.settings import load

COLUMNS: Final = ("time (PKT)", "what", "agencies", "rule", "form", "said")
RECIPIENT_COLUMNS: Final = ("recipient", "rule", "form", "sent (PKT)", "answered (PKT)", "said")
EXIT_UNKNOWN: Final = 1
CLOCKS_APART_MAX: Final = timedelta(hours=1)
"""How far an operator's clock may be from the hub's: acts are looked for from so long before the report on."""

audit_commands = typer.Typer(no_args_is_help=True, help="Read what the hub did, and why.")
audit_commands.command("verify")(verify)
audit_commands.command("checkpoints")(keep_checkpoints)
audit_commands.command("watch")(watch)


@audit_commands.command()
def show(
    *,
    report_id: Annotated[str | None, typer.Argument(help="The report's id.")] = None,
    agency: Annotated[str | None, typer.Option(help="With --local-ref: the originator, such as CTD-KP.")] = None,
    local_ref: Annotated[str | None, typer.Option(help="With --agency: the originator's own reference.")] = None,
    since: words.Since = None,
    as_json: words.AsJson = False,
    bootstrap: words.Bootstrap = None,
) -> None:
    """Tell a report's whole story: accepted, who got what by which rule, who did not, recalls, answers.

    It names withheld agencies: for the hub's auditors only. The audit is read from its beginning unless --since
    says from where on.
    Example: fusionbus audit show --agency CTD-KP --local-ref KP-2026-0417
    """
    wanted = _wanted(report_id, agency, local_ref)
    start = words.since(since, datetime.now(UTC))
    with Bus(load(OperatorSettings, bootstrap=bootstrap)) as bus:
        records = _records(bus, wanted, start)
        named = (record.agency for record in records if record.report_id == wanted and record.agency)
        originator = next(named, agency and words.agency_id(agency))
        receipts = _receipts(bus, wanted, originator, start)
    lines = story.told(records, receipts)
    readers = story.recipients(records)
    if as_json:
        told = {"story": [_json(line) for line in lines], "recipients": [_recipient_json(one) for one in readers]}
        showing.show_json({"report_id": wanted, "agency": originator} | told)
    elif lines:
        typer.echo(f"Report {wanted} of {originator or 'an unknown agency'}")
        showing.show_table(COLUMNS, map(_row, lines))
        showing.show_table(RECIPIENT_COLUMNS, map(_recipient_row, readers))
    else:
        typer.echo(f"Neither the audit nor a receipt tells of report {wanted}.")
    raise typer.Exit(0 if lines else EXIT_UNKNOWN)


def _wanted(report_id: str | None, agency: str | None, local_ref: str | None) -> str:
    if (report_id is None) == (agency is None or local_ref is None):
        raise Misconfigured("Say which report: its id, or --agency with --local-ref.")
    if report_id is None:
        return ids.report_id(words.agency_id(str(agency)), str(local_ref))
    try:
        return str(TypeAdapter(Id).validate_python(report_id.strip().lower()))
    except ValidationError as exc:
        raise Misconfigured(
            f"{report_id[:60]!r} is not a report's id: it looks like 1b4e28ba-2fa1-51d2-883f-0016d3cca427; "
            "for a local reference give --agency and --local-ref."
        ) from exc


def _records(bus: Bus, wanted: str, since: datetime | None) -> list[AuditRecord]:
    """The report's own records; then, from the first of them on, what was done about its incidents and dead letters."""
    own = [record for record in _audit(bus, frozenset({wanted}), since) if record.report_id == wanted]
    more = story.clues(own)
    if not more:
        return own
    first = min(record.at for record in own) - CLOCKS_APART_MAX
    return own + [record for record in _audit(bus, more, first) if story.belongs(record, more)]


def _audit(bus: Bus, names: frozenset[str], since: datetime | None) -> Iterator[AuditRecord]:
    """The audit's records that hold one of these ids."""
    needles = [name.encode() for name in names]
    for record in bus.read(topics.AUDIT, since):
        value = record.value or b""
        if any(needle in value for needle in needles):
            told = decode(AuditRecord, value)
            if not isinstance(told, Undecodable):
                yield told


def _receipts(bus: Bus, wanted: str, agency: str | None, since: datetime | None) -> list[Receipt]:
    """The originator's receipts of this report: they are kept for a week, the audit for ever."""
    if agency is None:
        return []
    topic, needle, found = topics.receipts_topic(agency), wanted.encode(), []
    try:
        for record in bus.read(topic, since):
            told = decode(Receipt, record.value or b"") if needle in (record.value or b"") else None
            if isinstance(told, Receipt) and told.report_id == wanted:
                found.append(told)
    except (NotAllowed, Misconfigured):
        # A topic that this user may not describe looks to it like one that is not there.
        typer.echo(f"{topic} is not there, or this user may not read it: receipts are left out.", err=True)
    return found


def _json(line: Line) -> dict[str, object]:
    return asdict(line) | {"at": line.at.isoformat()}


def _recipient_json(one: Recipient) -> dict[str, object]:
    answered_at = one.answered_at.isoformat() if one.answered_at is not None else None
    return asdict(one) | {"at": one.at.isoformat(), "answered_at": answered_at}


def _recipient_row(one: Recipient) -> tuple[str, ...]:
    answered = showing.clock(one.answered_at) if one.answered_at is not None else "no answer"
    return one.agency, one.rule, one.form, showing.clock(one.at), answered, one.answered


def _row(line: Line) -> tuple[str, ...]:
    incident = f"incident {line.incident[:8]}" if line.incident and not line.rule else ""
    said = ", ".join(part for part in (incident, line.said) if part)
    return showing.clock(line.at), line.what, ", ".join(line.agencies), line.rule, line.form, said
