"""The command that hashes one value as reports do, so that it can be looked for without being told."""

import sys
from typing import Annotated, Final

import typer

from fusionbus.contract.errors import FixTheReport
from fusionbus.contract.vocabulary import EntityType
from fusionbus.producers.normalise import normalise
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.tokens import federation_key, name_clk
from fusionbus.shell.settings import load

NAME: Final = "name"


def token(kind: Annotated[str, typer.Argument(help=", ".join((*EntityType, NAME)))]) -> None:
    """Print the token of a plate, CNIC, phone …; the value is asked for, or read from standard input.

    Its output goes into `fusionbus check -`. Of a `name` it prints the filter by which names are compared, for
    `fusionbus redress find -`.

    Example: fusionbus token plate
    """
    known = {one.value: one for one in EntityType}
    if kind.lower() == NAME:
        clk = name_clk(_asked(NAME), key=federation_key(load(ProducerSettings)))
        if clk is None:
            raise FixTheReport("That is no name: it has no letters.")
        typer.echo(clk)
        return
    if kind.lower() not in known:
        raise FixTheReport(f"{kind[:40]!r} is no kind of value: use one of {', '.join((*EntityType, NAME))}.")
    type_ = known[kind.lower()]
    typer.echo(federation_key(load(ProducerSettings)).token(type_, normalise(type_, _asked(type_.value))))


def _asked(what: str) -> str:
    # Asked for, because a command line is seen by everybody on the machine and stays in the shell's history.
    return str(typer.prompt(what, err=True)) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
