"""Loggers are made once and live long; what they write to may change meanwhile."""

import contextlib
import errno
import io
from typing import NoReturn

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


class FullDisk(io.StringIO):
    """A log file on a disk without room."""

    def write(self, text: str) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device", text[:0])

    def flush(self) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_what_is_logged_onto_a_full_disk_is_lost_and_raises_nothing() -> None:
    try:
        with contextlib.redirect_stderr(FullDisk()):
            logs.set_up()
            structlog.get_logger("of this test").warning("something_happened", number=1)
    finally:
        structlog.reset_defaults()
