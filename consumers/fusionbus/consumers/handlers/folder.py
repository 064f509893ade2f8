"""Handlers that put each alert into a folder as a file of its own: CAP, STIX, or JSON as it came."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from fusionbus.consumers.alert_book import AlertBook
from fusionbus.consumers.handlers import Taken
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.errors import RetryLater

Render = Callable[[Alert, Sequence[Alert]], bytes]
"""From an alert, and what this recipient had of its incidents before, to a file."""
BOOK: Final = ".alerts.db"
GROUP_MAY_READ: Final = 0o640  # whoever takes the files away runs as another user of the same group


class FolderHandler:
    """Writes whole files only: each is renamed into place when it is on the disk.

    What was written is noted in a file beside them, `.alerts.db`. So a file that somebody took away does not come
    again, an update knows what it updates, and a file is written anew when something of it may not be kept.

    Raises:
        Misconfigured: the folder cannot be written.
    """

    def __init__(self, name: str, folder: Path, ending: str, render: Render) -> None:
        self.name = name
        self._folder, self._ending, self._render = folder, ending, render
        self._book = AlertBook(folder / BOOK)

    def take(self, alert: Alert) -> Taken:
        """Whether the alert was new in this folder; its file is on the disk then. Raises: RetryLater."""
        if alert.erase is not None:
            with self._book.transaction():
                changed = self._book.erase(alert.erase, alert.alert_id)
                # Inside: if a file cannot be written, the erasure is tried again as a whole.
                for left in changed:
                    self._write(left)
            self._book.sweep()
        if alert.alert_id in self._book:
            return Taken.REPEAT
        # First the file: after a crash in between the same file is written once more under its name.
        self._write(alert)
        with self._book.transaction():
            self._book.add(alert)
        return Taken.NEW

    def close(self) -> None:
        """Closes the book."""
        self._book.close()

    def _write(self, alert: Alert) -> None:
        earlier = self._book.of_incidents([alert.incident_id, *(alert.merged_from or ())])
        document = self._render(alert, [one for one in earlier if one.alert_id != alert.alert_id])
        at = alert.issued_at.strftime("%Y%m%dT%H%M%SZ")
        path = self._folder / f"{at}_{alert.alert_id}.{self._ending}"
        half = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            _write_whole(half, document)
            half.replace(path)
            _sync(self._folder)
        except OSError as exc:
            with suppress(OSError):
                half.unlink(missing_ok=True)
            raise RetryLater(
                f"{self._folder} cannot be written ({exc.strerror}): free space or mend the disk; it is tried again."
            ) from exc


def open_folder(kind: str, folder: Path) -> FolderHandler:
    """The handler of this kind: `cap`, `stix`, or `drop` for alerts as they came."""
    # Imported where it is asked for: the library behind STIX takes 0.6 s to load.
    match kind:
        case "cap":
            from fusionbus.consumers.formats import cap  # noqa: PLC0415

            return FolderHandler(kind, folder, "xml", cap.message)
        case "stix":
            from fusionbus.consumers.formats import stix  # noqa: PLC0415

            return FolderHandler(kind, folder, "json", stix.bundle)
        case _:
            return FolderHandler(kind, folder, "json", lambda alert, _earlier: codec.encode(alert) + b"\n")


def _write_whole(path: Path, document: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, GROUP_MAY_READ)
    with os.fdopen(fd, "wb") as file:
        file.write(document)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)  # or a new file's name may be lost with the power
    finally:
        os.close(fd)
