"""What the broker refused, as its log tells it: who tried what, where, from where. Pure but for reading the file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

LINE_CHARACTERS_MAX: Final = 2_000
"""Of a line of the log; what was refused stands at its beginning."""
NOBODY: Final = "unknown"
"""Who failed to sign in: the broker does not tell whose password was tried."""

Cause = Literal["rights", "password", "tls"]


@dataclass(frozen=True, slots=True)
class Denial:
    """One refusal."""

    at: str
    principal: str
    cause: Cause
    tried: str
    host: str


def read(lines: Iterable[str]) -> Iterator[Denial]:
    """The refusals among the lines of a broker's log, in their order."""
    for line in lines:
        found = _denial(line[:LINE_CHARACTERS_MAX])
        if found is not None:
            yield found


def _denial(line: str) -> Denial | None:
    at, level, rest = line[:23], line[24:29], line[29:]
    if level != "INFO ":
        return None
    if rest.startswith("logger Principal = ") and " is Denied operation = " in rest:
        who = _between(rest, "Principal = User:", " is Denied")
        operation, place = _between(rest, "operation = ", " from host"), _between(rest, "resource = ", " for request")
        kind, _, name = place.partition(":")
        tried = f"{operation} {kind.lower()} {name.partition(':')[2]}"
        return Denial(at, who, "rights", tried, _between(rest, "host = ", " on resource"))
    if rest.startswith("Selector ") and "Failed authentication with /" in rest:
        cause: Cause = "tls" if "SSL handshake failed" in rest else "password"
        return Denial(at, NOBODY, cause, "sign in", _between(rest, "authentication with /", " (channelId"))
    return None


def _between(text: str, before: str, after: str) -> str:
    return text.partition(before)[2].partition(after)[0]


@dataclass(slots=True)
class Log:
    """A log that grows, and begins anew when it is full."""

    file: Path
    _read: int = 0

    def older(self) -> Iterator[str]:
        """The lines of the files that were full, the oldest first."""
        kept = sorted(self.file.parent.glob(f"{self.file.name}.*"), key=lambda path: path.suffix, reverse=True)
        for path in kept:
            yield from path.read_text(encoding="utf-8", errors="replace").splitlines()

    def more(self) -> list[str]:
        """The whole lines that came since the last look. Raises: OSError."""
        with self.file.open("rb") as stream:
            if self.file.stat().st_size < self._read:
                self._read = 0
            stream.seek(self._read)
            fresh = stream.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._read += len(whole)
        return whole.decode("utf-8", "replace").splitlines()
