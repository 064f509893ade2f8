"""The handler that appends alerts to a file, one JSON line each."""

from functools import partial
from pathlib import Path

from fusionbus.consumers.append_file import AppendFile
from fusionbus.consumers.erasing import left_of
from fusionbus.consumers.handlers import Taken
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.keeping import Erasure


class JsonlHandler:
    """Appends each alert once, as it came. Raises: Misconfigured where the path cannot be written."""

    name = "jsonl"

    def __init__(self, path: Path) -> None:
        self._file = AppendFile(path, "alert_id")

    def take(self, alert: Alert) -> Taken:
        """Whether the alert was new in this file; it is on the disk then."""
        if alert.erase is not None:
            self._file.rewrite(partial(_left, erasure=alert.erase, by=alert.alert_id))
        return Taken.NEW if self._file.append(alert.alert_id, codec.encode(alert)) else Taken.REPEAT

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def _left(line: bytes, *, erasure: Erasure, by: str) -> bytes:
    """The line as it may stay; one that is no alert is not ours to change."""
    if not any(name.encode() in line for name in (*erasure.alerts, *erasure.incidents)):
        return line
    alert = codec.decode(Alert, line)
    if isinstance(alert, Undecodable):
        return line
    left = left_of(alert, erasure, by)
    return line if left is alert else codec.encode(left)
