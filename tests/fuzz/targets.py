"""What is fuzzed: each target takes any bytes and fails by an exception that nobody declared, or a broken promise."""

import json
import math
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from functools import cache
from typing import Any, Final

from builders import NOW
from fusionbus.contract import ids, topics
from fusionbus.contract.agency import RegistryEntry
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
from fusionbus.contract.control import ControlMessage
from fusionbus.contract.errors import FixTheReport
from fusionbus.contract.records import Accepted, DeadLetter, RejectReason
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.schemas import examples, kebab, models_of
from fusionbus.producers.tips.mail import text_of
from fusionbus.producers.tips.told import tell
from fusionbus.producers.tokens import demo_key
from fusionbus.streams.engine import fits
from fusionbus.streams.enrich import enrich
from fusionbus.streams.registry import Registry
from fuzz.bites import Bites, as_json, edited
from fuzz.files import (
    agencies_file,
    case_file,
    csv_file,
    event_record,
    jsonl_file,
    mapping_file,
    report_file,
    statement_file,
    xlsx_file,
)
from hub import HubOnPaper, a_federation

Target = Callable[[bytes], None]
REPORTS: Final = "threat-report"
CONTROLS: Final = tuple(kebab(model.__name__) for model in models_of(ControlMessage))
ENTRIES: Final = tuple(kebab(model.__name__) for model in models_of(RegistryEntry))
ACCEPTED: Final = tuple(kebab(model.__name__) for model in models_of(Accepted))
LATER: Final = NOW + timedelta(days=365)
"""After every time in the examples, so that the hub takes them."""
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
    hub = HubOnPaper(_federation(), LATER)
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
    hub = HubOnPaper(_federation(), LATER)
    for _ in range(1 + bites.below(MESSAGES_MAX)):
        if bites.below(3):
            _sends(hub, edited(bites, _trees(REPORTS)), bites.below(8) == 1)
        else:
            _tells(hub, edited(bites, _trees(*CONTROLS)), answering=bites.below(2) == 0)
    _kept_promises(hub)


def bytes_to_the_hub(raw: bytes) -> None:
    """Any bytes on any topic that the hub reads."""
    bites, hub = Bites(raw), HubOnPaper(_federation(), LATER)
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
            known = {
                "alert_id": told.alert_id,
                "incident_id": told.incident_id,
                "incident_revision": told.incident_revision,
                "report_id": told.body.report_id,
                "zone": told.zone,
            }
            tree |= {name: value for name, value in known.items() if name in tree}
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


# -- what is read from text -----------------------------------------------------------------------------
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


def mail(raw: bytes) -> None:
    """A mail to the tip line: a tip within its bounds, or a refusal."""
    read = message_from_bytes(raw, policy=default)
    with suppress(FixTheReport):
        told = tell("email", text_of(read), text_max=4_000, key=demo_key())
        assert 10 <= len(told.text) <= 4_000


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
    "mail": mail,
    "csv": csv_file,
    "jsonl": jsonl_file,
    "xlsx": xlsx_file,
    "report-file": report_file,
    "mapping": mapping_file,
    "agencies": agencies_file,
    "event-record": event_record,
    "redress-case": case_file,
    "redress-statement": statement_file,
}
