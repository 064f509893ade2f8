"""`fusionbus doctor`: looks at everything once and says what is wrong and what to do."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer

from fusionbus.deploy import agencies as agencies_file
from fusionbus.deploy.operators import showing, words
from fusionbus.deploy.operators.doctor_look import Doctor
from fusionbus.deploy.operators.findings import Finding, Level
from fusionbus.deploy.operators.settings import OperatorSettings
from fusionbus.deploy.signing_keys import PublicKeys
from fusionbus.shell.settings import load

EXIT_FAULTS: Final = 1

doctor_commands = typer.Typer()


@doctor_commands.command()
def doctor(
    *,
    agencies: Annotated[Path | None, typer.Option(help="Who takes part. Default: the packaged agencies.yaml.")] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Write nothing: clocks are not compared then.")
    ] = False,
    as_json: words.AsJson = False,
    bootstrap: words.Bootstrap = None,
) -> None:
    """Look at broker, topics, registry, rights, hub, clocks, disks, versions and old state; exit code 1 at a fault.

    To compare clocks it makes a topic of its own, writes two records, and deletes it.
    Example: fusionbus doctor --read-only
    """
    settings = load(OperatorSettings, bootstrap=bootstrap)
    federation = PublicKeys.under(settings.home).joined_to(agencies_file.read(agencies))
    found = Doctor(settings, federation, read_only=read_only).visit()
    counts = Counter(one.level for one in found)
    if as_json:
        showing.show_json({"faults": counts[Level.FAULT], "findings": [asdict(one) for one in found]})
    else:
        for one in sorted(found, key=_worst_first):
            typer.echo(f"{one.level:<6} {one.check:<9} {showing.neutral(one.sentence)}")
        typer.echo(_summary(found))
    raise typer.Exit(EXIT_FAULTS if counts[Level.FAULT] else 0)


def _worst_first(one: Finding) -> int:
    return (Level.FAULT, Level.UNSEEN, Level.NOTE, Level.OK).index(one.level)


def _summary(found: list[Finding]) -> str:
    faults = sum(one.level is Level.FAULT for one in found)
    blind = ", ".join(dict.fromkeys(one.check for one in found if one.level is Level.UNSEEN))
    besides = f" Not looked at: {blind}." if blind else ""
    if not faults:
        return f"Nothing is wrong in what was looked at.{besides}" if blind else "Nothing is wrong."
    return f"{faults} fault{'s' if faults > 1 else ''}: mend from the top.{besides}"
