"""Reads files of reports: JSON, a list of them, or one a line."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Final

from fusionbus.contract.codec import Undecodable, decode_report
from fusionbus.contract.errors import FixTheReport, Misconfigured
from fusionbus.contract.report import REPORT_BYTES_MAX, ThreatReport

LINE_BYTES_MAX: Final = REPORT_BYTES_MAX * 2
"""A longer line is no report; it is skipped without being held in memory."""
WHOLE_BYTES_MAX: Final = 67_108_864
"""A JSON list is read at once, so it ends here: 64 MiB; the same reports one a line have no limit."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something in the file that is no report, and why."""

    where: str
    sentence: str


def read_reports(file: Path | None) -> Iterator[tuple[str, ThreatReport] | Unreadable]:
    """Each report of a file, or of standard input, with its place ("line 3"); what is none, as `Unreadable`.

    Raises: Misconfigured when there is no such file.
    """
    with _opened(file) as stream:
        first, blank_lines = _start(stream)
        if first == b"[":
            yield from _listed(first + stream.read(WHOLE_BYTES_MAX + 1))
            return
        lines = _lines(stream, first)
        head = next(lines, b"")
        if head and _unfinished(head):
            yield from _spread_out(head, lines)
            return
        yield from _each(chain((head,), lines), blank_lines + 1)


@contextmanager
def _opened(file: Path | None) -> Iterator[IO[bytes]]:
    if file is None or str(file) == "-":
        yield sys.stdin.buffer
        return
    try:
        stream = file.open("rb")
    except OSError as exc:
        raise Misconfigured(f"{file} cannot be read ({exc.strerror}): check the name.") from exc
    with stream:
        yield stream


def _start(stream: IO[bytes]) -> tuple[bytes, int]:
    """The first byte that is no blank, and the line ends before it; some editors begin with a byte order mark."""
    lines = 0
    while (byte := stream.read(1)) and (byte.isspace() or byte in b"\xef\xbb\xbf"):
        lines += byte == b"\n"
    return byte, lines


def _lines(stream: IO[bytes], first: bytes) -> Iterator[bytes | None]:
    """Each line; None for one that is too long, of which the rest is skipped."""
    while line := first + stream.readline(LINE_BYTES_MAX):
        first = b""
        if len(line) < LINE_BYTES_MAX or line.endswith(b"\n"):
            yield line
            continue
        while (more := stream.readline(LINE_BYTES_MAX)) and not more.endswith(b"\n"):
            pass
        yield None


def _each(lines: Iterable[bytes | None], number: int) -> Iterator[tuple[str, ThreatReport] | Unreadable]:
    for at, line in enumerate(lines, start=number):
        if line is None:
            yield Unreadable(f"line {at}", f"The line is longer than {LINE_BYTES_MAX:,} bytes: no report is.")
        elif line.strip():
            yield _report(f"line {at}", line.strip())


def _unfinished(line: bytes) -> bool:
    """Whether a line is the beginning of an object that goes on in the next."""
    return line.strip() in (b"{", b"") or (line.startswith(b"{") and line.rstrip().endswith((b",", b"{", b"[")))


def _spread_out(head: bytes, lines: Iterable[bytes | None]) -> Iterator[tuple[str, ThreatReport] | Unreadable]:
    """One report, written over several lines."""
    whole = bytearray(head)
    for line in lines:
        whole += line or b""
        if len(whole) > LINE_BYTES_MAX:
            break
    yield _report("the file", bytes(whole))


def _listed(raw: bytes) -> Iterator[tuple[str, ThreatReport] | Unreadable]:
    if len(raw) > WHOLE_BYTES_MAX:
        raise FixTheReport(f"The list is larger than {WHOLE_BYTES_MAX:,} bytes: write one report a line.")
    try:
        items = json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise FixTheReport(f"The file begins as a JSON list and is none: {exc}.") from exc
    for number, item in enumerate(items, start=1):
        yield _report(f"report {number}", json.dumps(item).encode())


def _report(where: str, raw: bytes) -> tuple[str, ThreatReport] | Unreadable:
    found = decode_report(raw)
    return Unreadable(where, found.sentence) if isinstance(found, Undecodable) else (where, found)
