"""A small disk of its own for one folder: a tmpfs, which only root may mount; filled, and grown again."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BALLAST = "ballast"


class SmallDisk:
    """A tmpfs of so many megabytes, mounted on a folder. Raises: PermissionError where one may not mount."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        if os.geteuid() != 0:
            raise PermissionError("rows with a full disk mount a tmpfs: run them as root")
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "chaos", str(folder))

    def fill(self) -> None:
        """Leaves not a byte free."""
        with (self.folder / BALLAST).open("ab", buffering=0) as file:
            piece = 1 << 20
            while piece:
                try:
                    written = file.write(b"\0" * piece)
                except OSError:
                    written = 0
                piece = piece if written == piece else piece // 2

    def empty(self) -> None:
        """Takes the ballast away."""
        (self.folder / BALLAST).unlink(missing_ok=True)

    def grow(self, megabytes: int) -> None:
        """Makes it larger, with all that is on it."""
        _run("mount", "-o", f"remount,size={megabytes}m", str(self.folder))

    def close(self) -> None:
        """Unmounts it; what is on it is gone."""
        _run("umount", "--lazy", str(self.folder))


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Such a disk for the duration of the block."""
    disk = SmallDisk(folder, megabytes)
    try:
        yield disk
    finally:
        disk.close()


def _run(*line: str) -> None:
    subprocess.run(line, check=True, capture_output=True)
