"""What is fuzzed: each target takes any bytes and fails by an exception that nobody declared, or a broken promise."""

import json
import math
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from builders import NOW
from fusionbus.contract import ids, topics
from fusionbus.contract.codec import (
    SENTENCE_MAX,
    Undecodable,
    decode,
    decode_accepted,
    decode_control,
    decode_registry,
    decode_report,
    encode,
)
from fusionbus.contract.errors import FixTheReport, FusionError
from fusionbus.contract.records import DeadLetter, RejectReason
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.schemas import examples
from fusionbus.deploy.agencies import parse
from fusionbus.producers.importing import Importer
from fusionbus.producers.mapping import Mapping, load_mapping
from fusionbus.producers.reading import read_reports
from fusionbus.producers.rows import open_sheet
from fusionbus.producers.tokens import demo_key
from fusionbus.streams.engine import fits
from fusionbus.streams.enrich import enrich
from fusionbus.streams.fuse import Fusion, reader
from fusionbus.streams.registry import Registry
from fuzz.bites import Bites, as_json, edited
from fuzz.workbook import workbook
from hub import HubOnPaper, a_federation

Target = Callable[[bytes], None]
REPORTS: Final = "threat-report"
CONTROLS: Final = ("acknowledgement", "subscribe", "unsubscribe", "sharing-request", "sharing-answer", "catch-up")
ENTRIES: Final = ("agency", "subscription", "removal")
MESSAGES_MAX: Final = 4
AGENCIES: Final = ("CTD-KP", "IB", "NACTA", "LIAISON-1", "FMU")


def trees(*names: str) -> list[Any]:
    """The contract's examples of these messages."""
    return [json.loads(text) for name in names for text in examples(name).values()]


# -- the wire ---------------------------------------------------------------------------------------------------------
def _decoded(raw: bytes, decoding: Callable[[bytes], Any]) -> None:
    found = decoding(raw)
    if isinstance(found, Undecodable):
        assert 0 < len(found.sentence) <= SENTENCE_MAX
        found.sentence.encode()
    else:
        assert decoding(encode(found)) == found


def report(raw: bytes) -> None:
    """Any bytes as a report."""
    _decoded(raw, decode_report)


def control(raw: bytes) -> None:
    """Any bytes as a control message."""
    _decoded(raw, decode_control)


def accepted(raw: bytes) -> None:
    """Any bytes as accepted traffic."""
    _decoded(raw, decode_accepted)


def registry(raw: bytes) -> None:
    """Any bytes as an entry of the registry; an edited one may be followed, and reports are routed by it."""
    _decoded(raw, decode_registry)
    bites = Bites(raw)
    hub = HubOnPaper(_federation())
    for _ in range(MESSAGES_MAX):
        entry = decode_registry(as_json(edited(bites, _trees(*ENTRIES))))
        if not isinstance(entry, Undecodable):
            hub.registry = hub.registry.with_entries([entry])
    _sends(hub, _trees(REPORTS)[bites.below(len(_trees(REPORTS)))])
    _kept_promises(hub)


# -- the hub ----------------------------------------------------------------------------------------------------------
def walk(raw: bytes) -> None:
    """Some messages, each an example with a few edits, through the whole hub."""
    bites = Bites(raw)
    hub = HubOnPaper(_federation())
    for _ in range(1 + bites.below(MESSAGES_MAX)):
        if bites.below(3):
            _sends(hub, edited(bites, _trees(REPORTS)), bites.below(8) == 1)
        else:
            _tells(hub, edited(bites, _trees(*CONTROLS)), answering=bites.below(2) == 0)
    _kept_promises(hub)


def bytes_to_the_hub(raw: bytes) -> None:
    """Any bytes on any topic that the hub reads."""
    bites, hub = Bites(raw), HubOnPaper(_federation())
    topic = (topics.reports_topic("CTD-KP"), topics.control_topic("IB"), topics.reports_topic("NOBODY"))[bites.below(3)]
    hub.put(topic, raw[1:37] if bites.below(2) else None, raw[2:] if bites.left else None)
    hub.fuse([hub.event(topics.ACCEPTED, b"PK", raw)])
    _kept_promises(hub)


def _sends(hub: HubOnPaper, tree: Any, as_it_is: bool = False) -> None:
    """The report on its agency's topic, with the ids set right, so that it comes beyond the first check."""
    agency = AGENCIES[0]
    if isinstance(tree, dict) and not as_it_is:
        agency = tree["agency"] if tree.get("agency") in AGENCIES else AGENCIES[0]
        local_ref = tree.get("local_ref")
        tree["agency"] = agency
        if isinstance(local_ref, str) and local_ref.isprintable():
            tree["report_id"] = ids.report_id(agency, local_ref)
    key = str(tree.get("report_id", "")).encode("utf-8", "replace") if isinstance(tree, dict) else b""
    hub.put(topics.reports_topic(agency), key, as_json(tree))


def _tells(hub: HubOnPaper, tree: Any, *, answering: bool) -> None:
    """The control message on its agency's topic; where it may, of an alert that there is."""
    agency = tree.get("agency") if isinstance(tree, dict) else None
    agency = agency if agency in AGENCIES else AGENCIES[1]
    alerts = hub.alerts_of(agency)
    if isinstance(tree, dict):
        tree["agency"] = agency
        if alerts and answering:
            told = alerts[-1]
            tree |= {
                "alert_id": told.alert_id,
                "incident_id": told.incident_id,
                "incident_revision": told.incident_revision,
                "zone": told.zone,
            }
    hub.put(topics.control_topic(agency), agency.encode(), as_json(tree))


def _kept_promises(hub: HubOnPaper) -> None:
    """What the hub wrote can be read by those who get it, fits, and nothing broke a step."""
    messages = {topic.name: topic.message for topic in topics.hub_topics()}
    assert hub.sent
    for output in hub.sent:
        assert fits(output, topics.ONE_MESSAGE_BYTES_MAX)
        if output.topic == topics.DEAD_LETTERS:
            letter = decode(DeadLetter, output.value or b"")
            assert isinstance(letter, DeadLetter)
            assert letter.reason is not RejectReason.UNPROCESSABLE, letter.sentence
        elif output.topic == topics.ACCEPTED:
            assert not isinstance(decode_accepted(output.value or b""), Undecodable)
        elif output.topic == topics.REGISTRY:
            assert not isinstance(decode_registry(output.value or b""), Undecodable)
        elif output.value is not None and topics.agency_of(output.topic) is None:
            assert not isinstance(decode(messages[output.topic], output.value), Undecodable)
    hub.alerts()
    hub.receipts()


# -- what is read from text and from files ----------------------------------------------------------------------------
def text(raw: bytes) -> None:
    """Any text as a report's narrative and, its first line, as place and headline."""
    said = raw.decode("utf-8", "replace").replace("\ufffd", " ")
    head = said.split("\n", 1)[0][:300] or "x"
    tree = _trees(REPORTS)[0] | {"narrative": said[:20_000] or "x", "headline": head, "place": {"name": head}}
    for field in ("category", "casualties", "occurred", "actor", "weapon", "target_sector"):
        tree.pop(field, None)
    told = decode_report(as_json(tree))
    if isinstance(told, ThreatReport):
        found = enrich(told)
        assert not [one for one in found.evidence if one.start < 0 or one.end < one.start]
        claim = found.claim
        for toll in (claim.killed, claim.injured):
            assert toll is None or 0 <= toll.low <= toll.high
        if claim.place is not None and claim.place.lat is not None:
            assert math.isfinite(claim.place.lat)


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
    for line in raw.decode("utf-8", "replace").split("\n")[:MESSAGES_MAX]:
        try:
            fusion.take(read(line))
        except FixTheReport as refused:
            _one_sentence(refused)


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


@cache
def _trees(*names: str) -> list[Any]:
    return trees(*names)


@cache
def _federation() -> Registry:
    return Registry().with_entries(a_federation())


TARGETS: Final[dict[str, Target]] = {
    "report": report,
    "control": control,
    "accepted": accepted,
    "registry": registry,
    "walk": walk,
    "hub": bytes_to_the_hub,
    "text": text,
    "csv": csv_file,
    "jsonl": jsonl_file,
    "xlsx": xlsx_file,
    "report-file": report_file,
    "mapping": mapping_file,
    "agencies": agencies_file,
    "event-record": event_record,
}
