"""Every alert is a valid STIX 2.1 bundle, the same one whenever it is made."""

import json
from datetime import timedelta
from typing import Any

import pytest
import stix2
from hypothesis import given, settings

from builders import a_token
from fusionbus.consumers.formats import stix
from fusionbus.consumers.testing import SAMPLE_AT, sample_alert
from fusionbus.contract.alert import Alert, AlertHandling
from fusionbus.contract.control import Acknowledgement
from fusionbus.contract.report import Entity, Person
from fusionbus.contract.sections import CyberSection, Indicator
from fusionbus.contract.vocabulary import (
    PAP,
    TLP,
    AckAction,
    AlertKind,
    AlertMsgType,
    Classification,
    EntityType,
    Opinion,
    Status,
    SubjectRole,
)
from strategies import alerts

OFFICIAL = {
    TLP.CLEAR: "94868c89-83c2-464b-929b-a1a8aa3c8487",
    TLP.GREEN: "bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    TLP.AMBER: "55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    TLP.AMBER_STRICT: "939a9414-2ddd-4d32-a0cd-375ea402b003",
    TLP.RED: "e828b379-4e03-4974-9ac4-e53a884c97c1",
}
SHA256 = "a" * 64


def objects(document: bytes) -> list[dict[str, Any]]:
    """The bundle's objects, once the library has read it strictly."""
    stix2.parse(document, allow_custom=False)
    made: list[dict[str, Any]] = json.loads(document)["objects"]
    return made


def of_type(document: bytes, kind: str) -> list[dict[str, Any]]:
    return [one for one in objects(document) if one["type"] == kind]


def later(**changes: Any) -> Alert:
    return sample_alert(revision=2, published_at=SAMPLE_AT + timedelta(minutes=9), **changes)


@settings(max_examples=25, deadline=None)
@given(alerts())
def test_every_alert_is_a_valid_bundle_and_always_the_same(alert: Alert) -> None:
    document = stix.bundle(alert)
    made = objects(document)
    names = [one["id"] for one in made]
    assert len(names) == len(set(names))
    marking = f"marking-definition--{OFFICIAL[alert.handling.tlp]}"
    for one in made:
        assert one["type"] == "marking-definition" or marking in one["object_marking_refs"], one
        refs = [*one.get("object_refs", []), *(one[key] for key in one if key.endswith("_ref"))]
        assert set(refs) <= set(names), one
    assert stix.bundle(alert) == document


@pytest.mark.parametrize("tlp", TLP)
def test_the_marking_is_the_official_object_of_tlp_2(tlp: TLP) -> None:
    marks = AlertHandling(tlp=tlp, pap=PAP.AMBER, classification=Classification.SECRET, caveats=("No copies",))
    marking, statement = of_type(stix.bundle(sample_alert(handling=marks)), "marking-definition")
    assert marking == {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": f"marking-definition--{OFFICIAL[tlp]}",
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{tlp}",
        "extensions": {
            "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": {
                "extension_type": "property-extension",
                "tlp_2_0": tlp.lower(),
            }
        },
    }
    assert statement["definition"]["statement"].startswith("PAP:AMBER; classification: secret; for CTD-KP")
    assert statement["definition"]["statement"].endswith("No copies")


def test_an_update_is_a_newer_version_of_the_same_incident() -> None:
    first, update = sample_alert(), later()
    (old,) = of_type(stix.bundle(first), "incident")
    (new,) = of_type(stix.bundle(update, [first]), "incident")
    assert (new["id"], new["created"]) == (old["id"], old["created"])
    assert new["modified"] > old["modified"]
    assert new["confidence"] == 90


def test_the_same_incident_at_two_recipients_is_two_objects() -> None:
    ids = {of_type(stix.bundle(sample_alert(name)), "incident")[0]["id"] for name in ("CTD-KP", "CTD-SD")}
    assert len(ids) == 2


def test_a_withdrawal_revokes_what_was_said_and_the_incident_once_nothing_is_left_of_it() -> None:
    first = sample_alert()
    gone = sample_alert().incident.model_copy(update={"reports": 0, "independent_origins": 0})
    recall = later(kind=AlertKind.RECALL, msg_type=AlertMsgType.CANCEL)
    document = stix.bundle(recall, [first])
    assert [one["revoked"] for one in of_type(document, "sighting")] == [True]
    (told,) = of_type(stix.bundle(first), "report")
    revoked = {one["id"]: one for one in of_type(document, "report") if one.get("revoked")}
    assert list(revoked) == [told["id"]]
    assert revoked[told["id"]]["name"] == "Withdrawn"
    assert not of_type(document, "incident")[0].get("revoked")
    (left,) = of_type(stix.bundle(recall.model_copy(update={"incident": gone}), [first]), "incident")
    assert left["revoked"]


def test_traces_become_observables_and_what_is_none_stays_in_words() -> None:
    section = CyberSection(
        indicators=(
            Indicator(type="ipv4", value="192.0.2.7"),
            Indicator(type="sha256", value=SHA256),
            Indicator(type="md5", value="no digest"),
            Indicator(type="cve", value="CVE-2026-0001"),
        )
    )
    body = {
        "section": section,
        "entities": (Entity(type=EntityType.PLATE, token=a_token(), released_value="BNU 1234"),),
        "persons": (Person(role=SubjectRole.WITNESS, released_name="Made-up Khan"),),
    }
    document = stix.bundle(sample_alert(body=body))
    (observed,) = of_type(document, "observed-data")
    assert [ref.split("--")[0] for ref in observed["object_refs"]] == ["ipv4-addr", "file"]
    assert of_type(document, "vulnerability")[0]["name"] == "CVE-2026-0001"
    (note,) = of_type(document, "note")
    assert "md5: no digest" in note["content"]
    assert "plate (other): BNU 1234" in note["content"]
    assert [one["roles"] for one in of_type(document, "identity") if one["name"] == "Made-up Khan"] == [["witness"]]


def test_answers_become_opinions_and_notes() -> None:
    alert = sample_alert()
    head: dict[str, Any] = {
        "agency": "CTD-KP",
        "by": "Desk",
        "at": SAMPLE_AT,
        "alert_id": alert.alert_id,
        "incident_id": alert.incident_id,
        "incident_revision": 1,
        "zone": alert.zone,
    }
    answers = [
        Acknowledgement(action=AckAction.OPINION, opinion=Opinion.DISAGREE, note="It was a gas bottle.", **head),
        Acknowledgement(action=AckAction.USED, **head),
    ]
    document = stix.bundle(alert, answers=answers)
    (opinion,) = of_type(document, "opinion")
    assert (opinion["opinion"], opinion["explanation"]) == ("disagree", "It was a gas bottle.")
    assert opinion["object_refs"] == [of_type(document, "incident")[0]["id"]]
    assert [one["content"] for one in of_type(document, "note") if one.get("authors") == ["Desk"]] == ["used"]


def test_an_exercise_cannot_be_taken_for_the_real_thing() -> None:
    (incident,) = of_type(stix.bundle(sample_alert(status=Status.EXERCISE)), "incident")
    assert incident["name"].startswith("EXERCISE: ")
    assert "exercise" in incident["labels"]
