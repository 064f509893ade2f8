"""A file of lines known by an id: each id once, whole lines only, on the disk before `append` returns."""

import fcntl
import json
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fusionbus.contract.errors import Misconfigured, RetryLater

LOCK_S_MAX = 5.0  # another receiver holds the lock for one write and one fsync: milliseconds
READ_BYTES = 1 << 20
_FRESH = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
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
        with self._explained(), self._locked():
            self._catch_up()
            if line_id.encode() in self._ids:
                return False
            self._write(line + b"\n")
        self._ids.add(line_id.encode())
        return True

    def rewrite(self, change: Callable[[bytes], bytes]) -> bool:
        """Whether a line became another by `change`, which gets each without its end.

        The file is replaced as a whole, on the disk when this returns: a reader sees the old one or the new one. Lines
        that somebody moved away (logrotate) are out of reach.

        Raises:
            RetryLater: the disk refuses; the file is as it was.
        """
        with self._explained(), self._locked():
            self._catch_up()
            fresh = self.path.with_name(self.path.name + ".rewritten")
            try:
                changed = self._write_changed(fresh, change)
                if changed:
                    fresh.replace(self.path)
            finally:
                fresh.unlink(missing_ok=True)
        if changed:
            self._follow_rotation()
        return changed

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

    def _write_changed(self, fresh: Path, change: Callable[[bytes], bytes]) -> bool:
        changed = False
        with self.path.open("rb") as lines, os.fdopen(os.open(fresh, _FRESH, OWNER_ONLY), "wb") as out:
            for line in lines:
                old = line.rstrip(b"\n")
                new = change(old)
                changed = changed or new != old
                out.write(new + b"\n")
            out.flush()
            os.fsync(out.fileno())
        return changed

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise RetryLater(
                f"{self.path} cannot be written ({exc.strerror}): free space or mend the disk; it is tried again."
            ) from exc

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Holds the lock of the file that has the name now: another process may have put a new one in its place."""
        while True:
            self._follow_rotation()
            with self._lock_held():
                if os.path.samestat(os.fstat(self._fd), self.path.stat()):
                    yield
                    return

    @contextmanager
    def _lock_held(self) -> Iterator[None]:
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
