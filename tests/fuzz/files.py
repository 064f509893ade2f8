"""Targets that read files: spreadsheets, reports, mappings, the agencies file, event records."""

import base64
import json
import tempfile
from functools import cache
from importlib.resources import files
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from builders import NOW
from fusionbus.consumers.redress.statement import CONTEXT, checked
from fusionbus.contract.errors import FixTheReport, FusionError
from fusionbus.contract.redress import read_case
from fusionbus.deploy.agencies import parse
from fusionbus.producers.importing import Importer
from fusionbus.producers.mapping import Mapping, load_mapping
from fusionbus.producers.reading import read_reports
from fusionbus.producers.rows import open_sheet
from fusionbus.producers.tokens import demo_key
from fusionbus.streams.fuse import Fusion, reader
from fuzz.workbook import workbook

LINES_MAX = 4


def csv_file(raw: bytes) -> None:
    """Any bytes as a station's CSV."""
    _imported("register.csv", raw)


def jsonl_file(raw: bytes) -> None:
    """Any bytes as JSON lines of cells."""
    _imported("register.jsonl", raw)


def xlsx_file(raw: bytes) -> None:
    """Any bytes as an XLSX file, or as one part of a good one."""
    _imported("register.xlsx", workbook(raw[0], raw[1:]) if raw and raw[:1] != b"P" else raw)


def report_file(raw: bytes) -> None:
    """Any bytes as a file of reports to publish or replay."""
    path = _file("reports.json", raw)
    try:
        for _ in read_reports(path):
            pass
    except FusionError as refused:
        _one_sentence(refused)


def mapping_file(raw: bytes) -> None:
    """Any bytes as an import mapping, then used on the sample register."""
    path = _file("mapping.yaml", raw)
    try:
        rules = load_mapping(str(path))
        _rows(Path(str(files("fusionbus.producers") / "mappings" / "station-register.sample.csv")), rules)
    except FusionError as refused:
        _one_sentence(refused)


def agencies_file(raw: bytes) -> None:
    """Any text as the file of agencies."""
    try:
        parse(raw.decode("utf-8", "replace"))
    except FusionError as refused:
        _one_sentence(refused)


def event_record(raw: bytes) -> None:
    """Any lines as event records, fused."""
    read, fusion = reader("event-record"), Fusion()
    for line in raw.decode("utf-8", "replace").split("\n")[:LINES_MAX]:
        try:
            fusion.take(read(line))
        except FixTheReport as refused:
            _one_sentence(refused)


def case_file(raw: bytes) -> None:
    """Any bytes as a person's case."""
    try:
        read_case(_file("case.json", raw))
    except FusionError as refused:
        _one_sentence(refused)


def statement_file(raw: bytes) -> None:
    """Any bytes as a statement of redress; and, signed, as what one says."""
    text = raw.decode("utf-8", "replace")
    signature = base64.b64encode(_desk().sign(CONTEXT + text.encode())).decode()
    for given in (raw, json.dumps({"statement": text, "signature": signature}).encode()):
        try:
            checked(given, _desk().public_key())
        except FusionError as refused:
            _one_sentence(refused)


@cache
def _desk() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def _imported(name: str, raw: bytes) -> None:
    path = _file(name, raw)
    for rules in ("station-register", "tip-line"):
        try:
            _rows(path, _mapping(rules))
        except FusionError as refused:
            _one_sentence(refused)


@cache
def _mapping(name: str) -> Mapping:
    return load_mapping(name)


def _rows(path: Path, rules: Mapping) -> None:
    for made in Importer(rules, "POLICE-PB", demo_key(), NOW).reports(open_sheet(path, rules)):
        for fault in made if isinstance(made, list) else ():
            str(fault).encode("utf-8", "replace")


def _one_sentence(refused: FusionError) -> None:
    assert str(refused).strip()


def _file(name: str, raw: bytes) -> Path:
    path = _folder() / name
    path.write_bytes(raw)
    return path


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="fuzz-"))
