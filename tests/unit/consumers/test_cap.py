"""Every alert is a valid message of the Common Alerting Protocol 1.2."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from fusionbus.consumers.formats import cap
from fusionbus.consumers.testing import SAMPLE_AT, sample_alert
from fusionbus.contract.alert import Alert, AlertHandling
from fusionbus.contract.vocabulary import (
    PAP,
    TLP,
    AlertKind,
    AlertMsgType,
    Classification,
    Form,
    Status,
    ThreatCategory,
)
from strategies import alerts

STANDARDS = Path(__file__).resolve().parents[2] / "standards"
SCHEMAS = [
    etree.XMLSchema(etree.parse(path))
    for path in (STANDARDS / "cap12.xsd", os.environ.get("FUSION_CAP_XSD"))
    if path is not None
]
"""Ours, and OASIS' own where a copy is named: see tests/standards/README.md."""
EARLIER = (sample_alert(published_at=datetime(1999, 1, 1, tzinfo=UTC)), sample_alert(number=2))
NAMES = {"cap": cap.NAMESPACE}


def parsed(document: bytes) -> Any:
    root = etree.fromstring(document)
    for schema in SCHEMAS:
        schema.assertValid(root)
    return root


def said(root: Any, path: str) -> list[str]:
    steps = "/".join(f"cap:{step}" for step in path.split("/"))
    return [str(one.text) for one in root.xpath(f"/cap:alert/{steps}", namespaces=NAMES)]


def parameter(root: Any, name: str) -> list[str]:
    names, values = said(root, "info/parameter/valueName"), said(root, "info/parameter/value")
    return [value for key, value in zip(names, values, strict=True) if key == name]


def later(**changes: object) -> Alert:
    return sample_alert(revision=2, published_at=SAMPLE_AT + timedelta(minutes=9), **changes)  # type: ignore[arg-type]


@settings(max_examples=25, deadline=None)
@given(alerts(), st.sampled_from(EARLIER))
def test_every_alert_is_a_valid_message(alert: Alert, earlier: Alert) -> None:
    root = parsed(cap.message(alert, [earlier]))
    assert said(root, "identifier") == [alert.alert_id]
    assert said(root, "status") == [alert.status]
    assert set(said(root, "info/severity")) == {alert.body.severity}


@pytest.mark.parametrize(
    ("broken", "by"),
    [(b"<status>Actual", b"<status>Real"), (b"-00:00</sent>", b"Z</sent>"), (b"<sender>", b"<sender>a b, ")],
)
def test_the_schema_refuses_what_the_standard_forbids(broken: bytes, by: bytes) -> None:
    document = cap.message(sample_alert())
    assert broken in document
    assert not SCHEMAS[0].validate(etree.fromstring(document.replace(broken, by)))


def test_an_update_names_what_it_supersedes_and_is_an_alert_to_who_had_nothing() -> None:
    first, update = sample_alert(), later()
    root = parsed(cap.message(update, [first, update]))
    assert said(root, "msgType") == ["Update"]
    assert said(root, "references") == [f"fusionbus,{first.alert_id},2026-01-15T09:30:00-00:00"]
    alone = parsed(cap.message(update))
    assert said(alone, "msgType") == ["Alert"]
    assert said(alone, "references") == []


def test_a_withdrawal_cancels_what_was_sent() -> None:
    first = sample_alert()
    recall = later(kind=AlertKind.RECALL, msg_type=AlertMsgType.CANCEL)
    root = parsed(cap.message(recall, [first]))
    assert said(root, "msgType") == ["Cancel"]
    assert first.alert_id in said(root, "references")[0]


def test_words_in_urdu_stand_in_a_block_of_their_own_and_the_facts_in_english() -> None:
    urdu = "بنوں میں پولیس وین کے قریب دھماکہ"
    root = parsed(cap.message(sample_alert(body={"language": "ur", "headline": urdu, "narrative": urdu})))
    assert said(root, "info/language") == ["en", "ur"]
    assert said(root, "info/headline") == ["IED, Township, Bannu, Khyber Pakhtunkhwa", urdu]
    english, own = said(root, "info/description")
    assert own == urdu
    assert urdu not in english
    assert "killed 2–4, injured 7" in english


@pytest.mark.parametrize(
    ("tlp", "scope"),
    [(TLP.RED, "Private"), (TLP.AMBER_STRICT, "Private"), (TLP.AMBER, "Restricted"), (TLP.CLEAR, "Restricted")],
)
def test_no_message_is_public_and_each_says_to_whom_and_how_it_may_go_on(tlp: TLP, scope: str) -> None:
    marks = AlertHandling(tlp=tlp, pap=PAP.GREEN, classification=Classification.SECRET, originator_control=True)
    root = parsed(cap.message(sample_alert(handling=marks)))
    assert said(root, "scope") == [scope]
    assert said(root, "addresses") == ["CTD-KP"]
    assert said(root, "restriction") == [f"TLP:{tlp}, PAP:GREEN, secret, originator control, third-agency rule"]
    assert parameter(root, "TLP") == [tlp]
    assert parameter(root, "classification") == ["secret"]


def test_the_place_is_a_circle_as_wide_as_it_is_uncertain() -> None:
    root = parsed(cap.message(sample_alert()))
    assert said(root, "info/area/circle") == ["32.99000,70.60000 5.000"]
    assert said(root, "info/area/geocode/value") == ["PK-KP"]


def test_an_exercise_cannot_be_taken_for_the_real_thing() -> None:
    root = parsed(cap.message(sample_alert(status=Status.EXERCISE)))
    assert said(root, "status") == ["Exercise"]
    assert said(root, "info/headline")[0].startswith("EXERCISE: ")
    assert said(root, "note")


def test_a_pointer_says_that_it_is_one_and_whom_to_ask() -> None:
    root = parsed(cap.message(sample_alert(form=Form.POINTER, body={"category": ThreatCategory.CYBER})))
    assert "An improvised device" not in said(root, "info/description")[0]
    assert said(root, "info/description")[0].endswith("A pointer only: ask the contact.")
    assert said(root, "info/contact") == ["Duty desk, Police Khyber Pakhtunkhwa"]
    assert said(root, "info/category") == ["Security", "Infra"]
