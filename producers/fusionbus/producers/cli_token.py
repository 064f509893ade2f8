"""The command that hashes one value as reports do, so that it can be looked for without being told."""

import sys
from typing import Annotated

import typer

from fusionbus.contract.errors import FixTheReport
from fusionbus.contract.vocabulary import EntityType
from fusionbus.producers.normalise import normalise
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.tokens import federation_key
from fusionbus.shell.settings import load


def token(kind: Annotated[str, typer.Argument(help=", ".join(EntityType))]) -> None:
    """Print the token of a plate, CNIC, phone …; the value is asked for, or read from standard input.

    Its output goes into `fusionbus check -`.

    Example: fusionbus token plate
    """
    known = {one.value: one for one in EntityType}
    if kind.lower() not in known:
        raise FixTheReport(f"{kind[:40]!r} is no kind of value: use one of {', '.join(EntityType)}.")
    type_ = known[kind.lower()]
    # Asked for, because a command line is seen by everybody on the machine and stays in the shell's history.
    value = typer.prompt(type_.value, err=True) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    typer.echo(federation_key(load(ProducerSettings)).token(type_, normalise(type_, value)))
