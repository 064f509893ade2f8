"""A real PostgreSQL for tests: the system's own binaries, a cluster in a folder of its own, behind a Unix socket."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

PACKAGE: Final = "no PostgreSQL server is installed here: on Debian, `apt-get install postgresql`"
NOBODY: Final = "nobody"
"""PostgreSQL refuses to run as root."""
QUICK: Final = ("fsync=off", "full_page_writes=off", "shared_buffers=64MB", "max_connections=60", "listen_addresses=")


@dataclass
class PostgreSQL:
    """A running cluster; each test takes a database of its own."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=count)

    def url(self, database: str = "postgres") -> str:
        """How to reach a database of the cluster."""
        return f"postgresql://fusion@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"threats{next(self._numbers)}"
        self.run("createdb", "-h", str(self.folder), "-U", "fusion", "-T", "template0", "-E", "UTF8", name)
        return self.url(name)

    def control(self, word: str) -> None:
        """`start`, `stop` or `restart`, waited for; without `fsync`, for a test only."""
        options = " ".join(f"-c {one}" for one in (*QUICK, f"unix_socket_directories={self.folder}"))
        log = str(self.folder / "log")
        self.run("pg_ctl", "-D", str(self.folder / "cluster"), "-l", log, "-m", "fast", "-w", "-o", options, word)

    def run(self, program: str, *words: str) -> str:
        """What a program of PostgreSQL printed. Raises: AssertionError with what it said."""
        line = [*as_nobody(), str(find(program)), *words]
        done = subprocess.run(
            line,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            check=False,
        )
        assert done.returncode == 0, f"{program}: {done.stdout}"
        return done.stdout


@contextmanager
def running() -> Iterator[PostgreSQL]:
    """A cluster for the time of the block. Fails, and never skips, where no server is installed."""
    find("initdb")
    # A Unix socket's path may have 107 characters, which pytest's own folders come near to.
    folder = Path(tempfile.mkdtemp(prefix="fusion-pg-"))
    cluster = PostgreSQL(folder)
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, NOBODY)
        cluster.run(
            "initdb",
            "-D",
            str(folder / "cluster"),
            "-U",
            "fusion",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale=C.UTF-8",
        )
        cluster.control("start")
        try:
            yield cluster
        finally:
            cluster.control("stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find(program: str) -> Path:
    """The newest installed program of this name. Raises: AssertionError that names the package."""
    there = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: int(path.parts[4]))
    found = there[-1] if there else shutil.which(program)
    assert found, PACKAGE
    return Path(found)


def as_nobody() -> list[str]:
    """What a command line begins with where it would run as root."""
    return ["setpriv", f"--reuid={NOBODY}", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
