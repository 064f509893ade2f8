"""A file of lines known by an id: each id once, whole lines only, on the disk before `append` returns."""

import fcntl
import json
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fusionbus.contract.errors import Misconfigured, RetryLater

LOCK_S_MAX = 5.0  # another receiver holds the lock for one write and one fsync: milliseconds
READ_BYTES = 1 << 20
OWNER_ONLY = 0o600  # alerts are marked information


class AppendFile:
    """A JSONL file that several processes may append to.

    The ids stay in memory: about 100 bytes a line.

    Args:
        path: the file; it is made where it does not exist, its folder must.
        id_field: the member of each line that holds its id.

    Raises:
        Misconfigured: the path cannot be a file to append to.
    """

    def __init__(self, path: Path, id_field: str) -> None:
        self.path = path
        self._id = re.compile(rb'"' + id_field.encode() + rb'": ?"([0-9a-f-]{36})"')
        self._ids: set[bytes] = set()
        self._read_to = 0
        try:
            self._fd = self._open()
            with self._locked():
                self._catch_up()
        except OSError as exc:
            raise Misconfigured(
                f"{path} cannot be written ({exc.strerror}): name a file in a folder that exists and may be written."
            ) from exc

    def append(self, line_id: str, line: bytes) -> bool:
        """Whether the line was new; when this returns it is on the disk. Raises: RetryLater when the disk refuses."""
        try:
            self._follow_rotation()
            with self._locked():
                self._catch_up()
                if line_id.encode() in self._ids:
                    return False
                self._write(line + b"\n")
        except OSError as exc:
            raise RetryLater(
                f"{self.path} cannot be written ({exc.strerror}): free space or mend the disk; it is tried again."
            ) from exc
        self._ids.add(line_id.encode())
        return True

    def close(self) -> None:
        """Closes the file."""
        os.close(self._fd)

    def _open(self) -> int:
        fd = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, OWNER_ONLY)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise Misconfigured(f"{self.path} is not a plain file: name another.")
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)  # or a new file's name may be lost with the power
        finally:
            os.close(folder)
        return fd

    def _follow_rotation(self) -> None:
        """Goes on in a new file where somebody moved the old one away (logrotate); the ids stay known."""
        here = os.fstat(self._fd)
        if self.path.exists() and os.path.samestat(here, self.path.stat()):
            return
        fresh = self._open()
        os.close(self._fd)
        self._fd, self._read_to = fresh, 0

    @contextmanager
    def _locked(self) -> Iterator[None]:
        until = time.monotonic() + LOCK_S_MAX
        while True:
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as exc:
                if time.monotonic() > until:
                    raise RetryLater(f"{self.path} is locked by another process: it is tried again.") from exc
                time.sleep(0.01)
        try:
            yield
        finally:
            fcntl.flock(self._fd, fcntl.LOCK_UN)

    def _catch_up(self) -> None:
        """Learns the ids of lines that were there before or came from others, and mends a torn last line."""
        size = os.fstat(self._fd).st_size
        if size < self._read_to:
            self._read_to = 0
        torn = b""
        while self._read_to + len(torn) < size:
            piece = torn + os.pread(self._fd, READ_BYTES, self._read_to + len(torn))
            *lines, torn = piece.split(b"\n")
            for line in lines:
                if found := self._id.search(line):
                    self._ids.add(found[1])
            self._read_to += len(piece) - len(torn)
        if torn:
            self._mend(torn)

    def _mend(self, torn: bytes) -> None:
        """Ends a last line that is whole, cuts one that is not: its writer died before it said "taken"."""
        try:
            json.loads(torn)
        except ValueError:
            os.ftruncate(self._fd, self._read_to)
            return
        self._write(b"\n", after=torn)
        if found := self._id.search(torn):
            self._ids.add(found[1])

    def _write(self, line: bytes, after: bytes = b"") -> None:
        """Writes all of it or leaves the file as it was."""
        start = self._read_to + len(after)
        try:
            left = memoryview(line)
            while left:
                left = left[os.write(self._fd, left) :]
            os.fsync(self._fd)
        except OSError:
            os.ftruncate(self._fd, start)
            raise
        self._read_to = start + len(line)
