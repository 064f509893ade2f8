"""`fusionbus fuse`: a file in, assignments out, and a bar while it runs."""

import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from fusionbus.contract.errors import Misconfigured
from fusionbus.shell.plain import neutral
from fusionbus.streams.fuse import BadLine, fuse, reader, write
from fusionbus.streams.values import Joined


def fuse_file(file: Path, out: Path, mapping: str, explain: Path | None) -> str:
    """What was found, in one line; a line that is no report is told on standard error and passed over.

    Raises: Misconfigured where a file cannot be used or the mapping is unknown.
    """
    read = reader(mapping)
    bad = reports = joined = 0
    incidents: set[str] = set()
    console = Console(stderr=True)
    try:
        with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
            for one in write(fuse(_lines(file, progress), read), out, explain):
                if isinstance(one, BadLine):
                    bad += 1
                    console.print(
                        neutral(f"line {one.number}: {one.sentence}"), markup=False, highlight=False, soft_wrap=True
                    )
                else:
                    reports += 1
                    joined += isinstance(one.match, Joined)
                    incidents.add(one.incident_id)
    except OSError as exc:
        raise Misconfigured(f"{exc.filename} cannot be used: {exc.strerror}.") from exc
    return f"{reports} reports in {len(incidents)} incidents, {joined} joined an earlier one, {bad} bad lines"


def _lines(file: Path, progress: Progress) -> Iterator[str]:
    with file.open("rb") as raw:
        task = progress.add_task(file.name, total=file.stat().st_size)
        for line in raw:
            progress.advance(task, len(line))
            yield line.decode("utf-8", errors="replace")
