"""`fusionbus demo`: the whole bus in one command, checked against the truth."""

import shutil
import signal
import tempfile
from pathlib import Path
from types import FrameType
from typing import Annotated, Final

import typer

from fusionbus.contract.errors import Misconfigured

EXIT_FAULTS: Final = 1

demo_commands = typer.Typer()


@demo_commands.command()
def demo(
    *,
    reports: Annotated[int, typer.Option(min=50, max=20_000, help="Simulated reports around the scenario.")] = 400,
    seed: Annotated[int, typer.Option(help="The same seed makes the same events.")] = 7,
    seconds: Annotated[float, typer.Option(min=5, help="How long the replay takes.")] = 50.0,
    keep: Annotated[Path | None, typer.Option(help="Keep files and logs in this new folder.")] = None,
) -> None:
    """Start a broker, the hub and agencies; watch reports become incidents and alerts; check all against the truth.

    Example: fusionbus demo --keep demo-files
    """
    from fusionbus.deploy import demo as the_demo  # noqa: PLC0415 - kafka-python takes a while; `--help` need not
    from fusionbus.deploy.demo_show import Screen  # noqa: PLC0415 - as above

    signal.signal(signal.SIGTERM, _interrupt)
    screen, folder = Screen(), _folder(keep)
    try:
        faults = the_demo.run(the_demo.Wish(folder, reports, seed, seconds), screen)
    except Exception:
        if keep is None:
            keep = folder
            screen.say(f"The logs are in {folder}.")
        raise
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    if faults:
        screen.say(f"{len(faults)} faults: the demo has failed.", "bold red")
        raise typer.Exit(EXIT_FAULTS)
    screen.say("Everything holds.", "bold green")
    screen.say("To look at a running bus in a browser: `make up`, then docs/dashboard.md.")


def _folder(keep: Path | None) -> Path:
    if keep is None:
        return Path(tempfile.mkdtemp(prefix="fusionbus-demo-"))
    try:
        keep.mkdir(parents=True)
    except OSError as exc:
        raise Misconfigured(f"--keep {keep} cannot be made ({exc.strerror}): name a folder that is not there.") from exc
    return keep.absolute()


def _interrupt(number: int, frame: FrameType | None) -> None:
    """SIGTERM ends the demo as Ctrl-C does, with everything cleaned up."""
    del number, frame
    raise KeyboardInterrupt
