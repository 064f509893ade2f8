"""Structured logs: a static event name, fields and ids; never a body, never a person."""

import io
import logging
import sys
import time
from contextlib import suppress
from typing import TextIO, cast

import structlog

from fusionbus.shell.plain import neutral


class PlainLines(logging.Formatter):
    """One line a message of a library, whatever stands in it; structlog does so by itself (it quotes such values)."""

    converter = staticmethod(time.gmtime)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """As the base class, of a message that can neither forge a line nor steer a terminal."""
        record.message = neutral(record.message)
        return super().formatMessage(record)


class Stderr(io.TextIOBase):
    """Standard error as it is now: loggers are kept, and a caller may have put another in its place.

    It never fails: where the disk under a log is full, lines are lost. A thread that dies of its log line would be
    worse, for it follows the registry or sends an outbox.
    """

    def write(self, text: str, /) -> int:
        """Writes to it, or not."""
        with suppress(OSError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        """Sends on what waits in it, or not."""
        with suppress(OSError):
            sys.stderr.flush()


def set_up(level: str = "INFO", *, json: bool = False) -> None:
    """Sends logs to standard error, as lines for people or as JSON."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    stderr = cast("TextIO", Stderr())
    said = logging.StreamHandler(stderr)
    said.setFormatter(PlainLines("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%SZ"))
    logging.basicConfig(level=logging.WARNING, handlers=[said])
    # kafka-python tells each connection attempt as an error; the command tells it once, in words.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    renderer = (
        structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(stderr),
        cache_logger_on_first_use=True,
    )
