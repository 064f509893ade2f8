"""`fusionbus simulate` and `fusionbus scenario`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from fusionbus.contract.errors import Misconfigured
from fusionbus.producers.scenario import telling as scenario_telling
from fusionbus.producers.simulate import truth as beside
from fusionbus.producers.simulate import world
from fusionbus.producers.simulate.events import Outbreak
from fusionbus.producers.simulate.stream import Traffic
from fusionbus.producers.simulate.suspicions import Suspicions

commands = typer.Typer()

DEFAULT_START: Final = "2024-01-01T00:00:00Z"
OUTBREAK_MAX: Final = 500
UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
NOT_NOW: Final = timedelta(seconds=5)
"""How far before the present the newest report lies, so that no clock calls it future-dated."""

Out = Annotated[Path, typer.Option(help="Where the reports go, one JSON report a line, oldest first.")]
Truth = Annotated[Path | None, typer.Option(help="Where the truth goes, one row for each line of the reports.")]


@commands.command()
def simulate(
    *,
    out: Out,
    truth: Truth = None,
    reports: Annotated[int, typer.Option(min=1, max=5_000_000, help="How many.")] = 500,
    seed: Annotated[int, typer.Option(help="The same seed makes the same reports.")] = 1,
    start: Annotated[str, typer.Option(help="The earliest event, ISO 8601.")] = DEFAULT_START,
    span: Annotated[str, typer.Option(help="How long: 90m, 12h, 3d.")] = "3d",
    now: Annotated[bool, typer.Option("--now", help="End the span at the present instead of using --start.")] = False,
    outbreak: Annotated[
        list[str] | None,
        typer.Option(help="A surge on top, at the end of the span: DISTRICT,COUNT,TIME, like Hangu,8,4d."),
    ] = None,
    launderers: Annotated[
        int, typer.Option(min=0, max=20_000, help="Add schemes of payments, and twelve honest customers to each.")
    ] = 0,
    wanted: Annotated[
        int, typer.Option(min=0, max=20_000, help="Add wanted persons, and travellers of whom some are they.")
    ] = 0,
) -> None:
    """Invent threat reports of many agencies, with the truth beside them.

    Example: fusionbus simulate --out sim.jsonl --truth truth.jsonl --reports 1000 --seed 1
    """
    length = parse_span(span)
    began = datetime.now(UTC) - length - NOT_NOW if now else parse_start(start)
    outbreaks = [parse_outbreak(text, length) for text in outbreak or ()]
    lines = Traffic(seed, began, length, outbreaks).lines(reports)
    if launderers or wanted:
        lines += Suspicions(seed, began, length).lines(launderers, wanted)
        lines.sort(key=lambda line: line.report.reported_at)
    _write(lines, out, truth, [])
    typer.echo(f"{len(lines)} reports on {len({line.facts.event for line in lines})} events: {out}")


@commands.command()
def scenario(
    out: Out,
    truth: Truth = None,
    now: Annotated[str, typer.Option(help="When the scenario ends, ISO 8601 or `now`.")] = "now",
) -> None:
    """Tell publicly known attacks as if they had happened in the last hours, with who must and must not be alerted.

    Example: fusionbus scenario --out scenario.jsonl
    """
    told = scenario_telling.load()
    lines = told.lines(datetime.now(UTC) - NOT_NOW if now == "now" else parse_start(now))
    _write(lines, out, truth, told.expectations())
    typer.echo(f"{len(lines)} reports on {len({line.facts.event for line in lines})} events: {out}")


def _write(lines: list[beside.Line], out: Path, truth: Path | None, more: list[dict[str, object]]) -> None:
    try:
        beside.write(lines, out, truth, more)
    except OSError as exc:
        raise Misconfigured(f"{exc.filename or out} cannot be written ({exc.strerror}).") from exc


def parse_outbreak(text: str, span: timedelta) -> Outbreak:
    """The surge in words like Hangu,8,4d. Raises: Misconfigured."""
    name, _, rest = text.rpartition(",")[0].partition(",")
    found = next((each for each in world.districts() if each.name.casefold() == name.strip().casefold()), None)
    if found is None:
        raise Misconfigured(f"--outbreak {text}: the simulator has no district {name or text!r}; write Hangu,8,4d.")
    if not rest.strip().isdecimal() or not 1 <= int(rest) <= OUTBREAK_MAX:
        raise Misconfigured(f"--outbreak {text}: the count lies from 1 to {OUTBREAK_MAX}; write Hangu,8,4d.")
    length = parse_span(text.rpartition(",")[2].strip(), "--outbreak")
    if length > span / 2:
        raise Misconfigured(f"--outbreak {text}: it is longer than half the span, so nothing usual comes before it.")
    return Outbreak(found, int(rest), length)


def parse_span(text: str, option: str = "--span") -> timedelta:
    """The length of time in words like 90m, 12h, 3d. Raises: Misconfigured."""
    try:
        span = timedelta(**{UNITS[text[-1:]]: float(text[:-1])})
    except (KeyError, ValueError, OverflowError):
        span = timedelta(0)
    if span <= timedelta(0):
        raise Misconfigured(f"{option} {text} is no length of time: write 90m, 12h or 3d.")
    return span


def parse_start(text: str) -> datetime:
    """The moment in ISO 8601, UTC where no offset is given. Raises: Misconfigured."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise Misconfigured(f"{text} is no moment: write 2024-01-31T08:00:00Z.") from exc
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
