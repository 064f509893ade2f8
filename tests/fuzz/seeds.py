"""Inputs to begin with: the contract's examples, the sample files, and what broke a target before."""

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Final

from fuzz.targets import ACCEPTED, CONTROLS, ENTRIES, REPORTS, trees
from fuzz.workbook import parts

FOUND: Final = Path(__file__).parent / "found"
"""A folder for each target: inputs that broke it once."""
EXAMPLES: Final[dict[str, tuple[str, ...]]] = {
    "report": (REPORTS,),
    "control": CONTROLS,
    "accepted": ACCEPTED,
    "registry": ENTRIES,
    "report-file": (REPORTS,),
    "hub": (REPORTS,),
}

ONE: Final = "5f0c9d2e-8d0b-4a52-9c35-0d6a3f1f7a10"
"""The id of a case."""


MAIL: Final = (
    "From: A <a@b.pk>\r\nSubject: =?utf-8?q?At_the?= mill\r\nMessage-ID: <1@b.pk>\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\nPHA+aGVsbG8gd29ybGQgYWdhaW48L3A+\r\n--b\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n\r\nsome words here again\r\n--b--\r\n"
)


def found(name: str) -> list[bytes]:
    """What broke this target once."""
    return [path.read_bytes() for path in sorted((FOUND / name).glob("*"))]


def seeds(name: str) -> Iterator[bytes]:
    """Inputs of which the target takes at least one as good."""
    for tree in trees(*EXAMPLES.get(name, ())):
        yield (b"\0\0" if name == "hub" else b"") + json.dumps(tree, ensure_ascii=False).encode()
    if name in {"walk", "registry"}:
        yield from (bytes([0, number, 1, 2, 3, number, 5, 8, 13]) for number in range(16))
    if name == "text":
        yield from (f"{one.get('headline', '')}\n{one.get('narrative', '')}".encode() for one in trees(REPORTS))
    if name == "mail":
        yield MAIL.encode()
    if name == "event-record":
        record = {"report_id": "1", "source": "a.example", "kind": "incident", "text": "Blast kills 4 in Quetta"}
        yield json.dumps(record | {"date": "2026-03-05", "reported_at": "2026-03-05T12:00:00Z"}).encode()
    if name == "redress-case":
        yield json.dumps({"case_id": ONE, "opened_at": "2026-03-05T12:00:00Z", "by": "Desk", "reason": "17"}).encode()
    if name == "redress-statement":
        made = {"case_id": ONE, "made_at": "2026-03-05T12:00:00Z", "by": "Desk", "reason": "17", "nothing_left": True}
        yield json.dumps(made | {"found": [], "asked": [], "deeds": [], "looked": []}).encode()
    if name == "agencies":
        agencies = [tree | {"type": "agency"} for tree in trees("agency")]
        yield json.dumps({"as_of": "2026-01-01T00:00:00Z", "agencies": agencies}).encode()
    if name in {"csv", "jsonl", "xlsx", "mapping"}:
        yield from _files(name)
    yield from found(name)


def _files(name: str) -> Iterator[bytes]:
    ready = files("fusionbus.producers") / "mappings"
    sample = (ready / "station-register.sample.csv").read_bytes()
    match name:
        case "csv":
            yield sample
        case "jsonl":
            head, *rows = (line.split(",") for line in sample.decode().splitlines()[:3])
            yield from (json.dumps(dict(zip(head, row, strict=False))).encode() for row in rows)
        case "xlsx":
            yield from (bytes([at]) + part for at, part in enumerate(parts().values()))
        case "mapping":
            yield from ((ready / rules).read_bytes() for rules in ("station-register.yaml", "tip-line.yaml"))
