"""Loggers are made once and live long; what they write to may change meanwhile."""

import contextlib
import io

import structlog

from fusionbus.shell import logs


def test_a_logger_kept_from_before_writes_to_standard_error_as_it_is_now() -> None:
    first, second = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stderr(first):
            logs.set_up()
            log = structlog.get_logger("of this test")
            log.warning("first")
        first.close()
        with contextlib.redirect_stderr(second):
            log.warning("second")
    finally:
        structlog.reset_defaults()
    assert "second" in second.getvalue()
