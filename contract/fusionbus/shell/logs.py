"""Structured logs: a static event name, fields and ids; never a body, never a person."""

import logging
import sys

import structlog


def set_up(level: str = "INFO", *, json: bool = False) -> None:
    """Sends logs to standard error, as lines for people or as JSON."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
