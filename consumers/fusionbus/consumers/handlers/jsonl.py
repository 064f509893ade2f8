"""The handler that appends alerts to a file, one JSON line each."""

from pathlib import Path

from fusionbus.consumers.append_file import AppendFile
from fusionbus.consumers.handlers import Taken
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert


class JsonlHandler:
    """Appends each alert once, as it came. Raises: Misconfigured where the path cannot be written."""

    name = "jsonl"

    def __init__(self, path: Path) -> None:
        self._file = AppendFile(path, "alert_id")

    def take(self, alert: Alert) -> Taken:
        """Whether the alert was new in this file; it is on the disk then."""
        return Taken.NEW if self._file.append(alert.alert_id, codec.encode(alert)) else Taken.REPEAT

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
