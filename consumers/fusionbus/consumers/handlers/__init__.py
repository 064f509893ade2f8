"""Handlers: what is done with an alert. Each takes an alert once, however often it is handed over."""

from enum import Enum
from pathlib import Path
from typing import Protocol, runtime_checkable

from fusionbus.contract.alert import Alert
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.errors import Misconfigured
from fusionbus.shell.plain import neutral


class Taken(Enum):
    """What a handler did with an alert."""

    NEW = "new"
    REPEAT = "repeat"


class Handler(Protocol):
    """Takes alerts, each once.

    `take` returns when the alert is as safe as this handler can make it; the receiver commits after that. What it
    raises says what happens next: RetryLater or an unforeseen error is tried again, then the alert is a dead letter;
    FixTheReport makes it one at once; Misconfigured and NotAllowed stop the receiver, with nothing committed.
    """

    @property
    def name(self) -> str:
        """A short name for logs and metrics; no path, no secret."""

    def take(self, alert: Alert) -> Taken:
        """Whether the alert was new here."""

    def close(self) -> None:
        """Gives back what it holds."""


@runtime_checkable
class KeepsAcknowledgements(Protocol):
    """A handler that also keeps what this agency said of its alerts."""

    def acknowledged(self, acknowledgement: Acknowledgement) -> None:
        """Keeps one acknowledgement that the broker has taken."""


HANDLERS = "terminal, jsonl:PATH, sqlite:PATH or database:URL"

DATABASES = ("sqlite", "database")
"""`sqlite:PATH` is short for `database:sqlite:PATH`."""


def open_handler(spec: str) -> Handler:
    """The handler that `terminal`, `jsonl:PATH`, `sqlite:PATH` or `database:URL` names. Raises: Misconfigured."""
    # Imported where it is asked for: a database host needs no terminal, and a broken extra breaks only itself.
    kind, _, path = spec.partition(":")
    if kind == "terminal" and not path:
        from fusionbus.consumers.handlers.terminal import TerminalHandler  # noqa: PLC0415

        return TerminalHandler()
    if kind == "jsonl" and path:
        from fusionbus.consumers.handlers.jsonl import JsonlHandler  # noqa: PLC0415

        return JsonlHandler(Path(path))
    if kind in DATABASES and path:
        from fusionbus.consumers.handlers.database import DatabaseHandler  # noqa: PLC0415

        return DatabaseHandler(path if kind == "database" else spec)
    raise Misconfigured(f"--handler {neutral(kind)[:20]!r} is not known or names nothing: use {HANDLERS}.")
