"""The one command, `fusionbus`: each installed room adds its own sub-commands."""

import sys
from importlib.metadata import entry_points

import typer

from fusionbus.contract.base import SCHEMA_VERSION
from fusionbus.contract.errors import FusionError
from fusionbus.shell import logs
from fusionbus.shell.joining.cli import agency_commands
from fusionbus.shell.plain import neutral

EXIT_FAULT = 2
EXIT_INTERRUPTED = 130
NAME_SHOWN_MAX = 200


def build() -> typer.Typer:
    """The command with the sub-commands of the rooms that are installed here."""
    app = typer.Typer(
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="A message bus for a multi-agency fusion centre: threat reports in, fused and routed alerts out.",
    )

    @app.callback()
    def root(
        log_level: str = typer.Option("INFO", envvar="FUSION_LOG_LEVEL", help="DEBUG, INFO, WARNING or ERROR."),
    ) -> None:
        logs.set_up(log_level)

    @app.command()
    def version() -> None:
        """Print the version of the software and of the wire.

        Example: fusionbus version
        """
        from importlib.metadata import distributions  # noqa: PLC0415 - only here

        for dist in sorted({(d.name, d.version) for d in distributions() if d.name.startswith("fusionbus")}):
            typer.echo(f"{dist[0]} {dist[1]}")
        typer.echo(f"wire {SCHEMA_VERSION}")

    app.add_typer(agency_commands, name="agency")
    for entry in sorted(entry_points(group="fusionbus.cli"), key=lambda e: e.name):
        app.add_typer(entry.load())
    _join_groups(app)
    return app


def _join_groups(app: typer.Typer) -> None:
    """A group to which several rooms add commands is one group: the first room's, with the others' commands in it."""
    first: dict[str, typer.Typer] = {}
    rooms = [one.typer_instance for one in app.registered_groups if one.typer_instance is not None]
    for room in rooms:
        for group in list(room.registered_groups):
            if not isinstance(group.name, str) or group.typer_instance is None:
                continue
            known = first.setdefault(group.name, group.typer_instance)
            if known is not group.typer_instance:
                known.registered_commands.extend(group.typer_instance.registered_commands)
                room.registered_groups.remove(group)


def main() -> None:
    """Runs the command; a fault is one sentence on standard error and exit code 2."""
    try:
        build()()
    except (FusionError, OSError) as exc:
        sentence = told(exc)
        if sentence is None:
            raise
        _end(sentence, EXIT_FAULT)
    except KeyboardInterrupt:
        _end("Stopped.", EXIT_INTERRUPTED)


def told(exc: BaseException) -> str | None:
    """What a person is told of a fault; None where it is a bug, which needs its traceback.

    A file that somebody named and that cannot be used (a name too long, a folder in the way, no right) is no bug.
    """
    if isinstance(exc, FusionError):
        return str(exc)
    if isinstance(exc, OSError) and exc.filename is not None:
        name = str(exc.filename)
        shown = name if len(name) <= NAME_SHOWN_MAX else f"{name[:NAME_SHOWN_MAX]}…"
        return f"{shown} cannot be used ({exc.strerror}): name another file or folder, or mend its rights."
    return None


def _end(sentence: str, code: int) -> None:
    print(neutral(sentence), file=sys.stderr)  # noqa: T201 - the command speaks
    sys.exit(code)
