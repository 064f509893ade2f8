"""Handlers: what is done with an alert. Each takes an alert once, however often it is handed over."""

from collections.abc import Sequence
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


@runtime_checkable
class TellsTogether(Protocol):
    """A handler that can put several alerts, or a word of ours, into one message for a person."""

    def tell(self, alerts: Sequence[Alert], word: str, key: str) -> None:
        """Sends them; the same key makes the same message, however often it is sent."""


HANDLERS = (
    "terminal, jsonl:PATH, sqlite:PATH, database:URL, cap:DIR, stix:DIR, drop:DIR, webhook:URL, smtp:ADDRESS, "
    "syslog:HOST:PORT or syslogs:HOST:PORT"
)

DATABASES = ("sqlite", "database")
"""`sqlite:PATH` is short for `database:sqlite:PATH`."""


def open_handler(spec: str) -> Handler:
    """The handler that a spec such as `jsonl:PATH` names; see `HANDLERS`. Raises: Misconfigured."""
    kind, _, target = spec.partition(":")
    if bool(target) is (kind != "terminal"):
        opened = _on_this_machine(kind, target) or _outward(kind, target)
        if opened is not None:
            return opened
    # What follows the kind may be an address with a secret in it: it is not repeated.
    raise Misconfigured(f"--handler {neutral(kind)[:20]!r} is not known or names nothing: use {HANDLERS}.")


# Handlers are imported where they are asked for: a database host needs no terminal, and a broken extra breaks only
# itself.
def _on_this_machine(kind: str, target: str) -> Handler | None:
    match kind:
        case "terminal":
            from fusionbus.consumers.handlers.terminal import TerminalHandler  # noqa: PLC0415

            return TerminalHandler()
        case "jsonl":
            from fusionbus.consumers.handlers.jsonl import JsonlHandler  # noqa: PLC0415

            return JsonlHandler(Path(target))
        case _ if kind in DATABASES:
            from fusionbus.consumers.handlers.database import DatabaseHandler  # noqa: PLC0415

            return DatabaseHandler(target if kind == "database" else f"{kind}:{target}")
        case "cap" | "stix" | "drop":
            from fusionbus.consumers.handlers.folder import open_folder  # noqa: PLC0415

            return open_folder(kind, Path(target))
    return None


def _outward(kind: str, target: str) -> Handler | None:
    if kind not in {"webhook", "smtp", "syslog", "syslogs"}:
        return None
    from fusionbus.consumers.handlers.outward import OutwardSettings  # noqa: PLC0415
    from fusionbus.shell.settings import load  # noqa: PLC0415

    settings = load(OutwardSettings)
    if kind == "webhook":
        from fusionbus.consumers.handlers.webhook import WebhookHandler  # noqa: PLC0415

        return WebhookHandler(target, settings)
    if kind == "smtp":
        from fusionbus.consumers.handlers.smtp import SmtpHandler  # noqa: PLC0415

        return SmtpHandler(target, settings)
    from fusionbus.consumers.handlers.syslog import SyslogHandler  # noqa: PLC0415

    return SyslogHandler(target, settings, tls=kind == "syslogs")
