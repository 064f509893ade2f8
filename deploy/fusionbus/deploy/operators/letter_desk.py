"""What operators do with dead letters on a bus: read them with the acts on them, send them again, record it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import typer

from fusionbus.contract import topics
from fusionbus.contract.codec import Undecodable, decode, encode
from fusionbus.contract.errors import FusionError, NotAllowed, RetryLater
from fusionbus.contract.records import AuditRecord, DeadLetter
from fusionbus.deploy.operators import letters, showing
from fusionbus.deploy.operators.bus import Appended, Written
from fusionbus.deploy.operators.letters import Action, Choice, Filed, Handled

CLOCKS_APART_MAX: Final = timedelta(hours=1)
"""Acts are looked for from so long before the oldest letter on: the operator's clock may be behind the hub's."""


class Topics(Protocol):
    """A bus, as far as letters need it."""

    def read(self, topic: str, since: datetime | None = None) -> Iterator[Written]:
        """The topic's records by now."""

    def send(self, topic: str, key: bytes | None, value: bytes, partition: int | None = None) -> Appended:
        """Where the record is."""


def filed(bus: Topics, choice: Choice, *, also_without_audit: bool = False) -> list[Filed]:
    """The letters that are meant, with what was done with them as far as this user may read that."""
    chosen: list[DeadLetter] = []
    for record in bus.read(topics.DEAD_LETTERS, _early(choice.since)):
        letter = decode(DeadLetter, record.value or b"")
        if isinstance(letter, Undecodable):
            typer.echo(f"The record at {topics.DEAD_LETTERS} offset {record.offset} is no dead letter.", err=True)
        elif choice.takes(letter):
            chosen.append(letter)
    if not chosen:
        return []
    try:
        return letters.filed(chosen, _acts(bus, min(letter.at for letter in chosen)))
    except NotAllowed:
        if not also_without_audit:
            raise
    typer.echo("This user may not read `audit`: letters that were handled are shown as if they were not.", err=True)
    return letters.filed(chosen, ())


def _acts(bus: Topics, since: datetime) -> Iterator[Handled]:
    for record in bus.read(topics.AUDIT, _early(since)):
        # Most of the audit is routing: what cannot be an act is not parsed.
        if record.value is None or b'"person_action"' not in record.value:
            continue
        told = decode(AuditRecord, record.value)
        act = None if isinstance(told, Undecodable) else letters.handled_in(told)
        if act is not None:
            yield act


def send_again(bus: Topics, one: Filed, who: str, *, again: bool, dry_run: bool) -> bool:
    """Whether it was sent, or would be."""
    what = letters.sendable(one, again=again)
    if isinstance(what, str):
        typer.echo(showing.neutral(what), err=True)
        return False
    name, where = one.letter.dead_letter_id, f"{what.topic} partition {what.partition}"
    if dry_run:
        typer.echo(f"{name} would go to {where}.")
        return True
    try:
        where = f"{where} offset {bus.send(what.topic, what.key, what.value, what.partition).offset}"
    except NotAllowed as exc:
        raise NotAllowed(
            f"{name} was not sent: a replay needs the right to WRITE on {what.topic} and on {topics.AUDIT}, "
            "to be given for the replay and taken away after it, for whoever has it can write in the agency's name."
        ) from exc
    try:
        put_on_record(bus, one, Action.REPLAYED, who, f"sent to {where}")
    except FusionError as exc:
        raise RetryLater(
            f"{name} was sent to {where}, but the audit did not take the record of it ({exc}) "
            "Replaying it again does no harm."
        ) from exc
    typer.echo(f"{name} was sent to {where}.")
    return True


def put_on_record(bus: Topics, one: Filed, action: Action, who: str, said: str) -> None:
    """Writes the act to the audit, under the letter's id."""
    record = letters.record_of(one.letter, action, who, said, datetime.now(UTC))
    bus.send(topics.AUDIT, one.letter.dead_letter_id.encode(), encode(record))


def _early(since: datetime | None) -> datetime | None:
    return None if since is None else since - CLOCKS_APART_MAX
