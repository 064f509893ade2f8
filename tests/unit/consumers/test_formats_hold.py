"""No format holds what the alert's form does not: words are planted in a report, and looked for in what leaves."""

import re
from collections.abc import Callable

import pytest

from builders import NOW, a_handling, a_report, a_token
from fusionbus.consumers.formats import cap, stix
from fusionbus.consumers.formats.cef import cef
from fusionbus.consumers.testing import sample_alert
from fusionbus.contract.alert import Alert, AlertBody
from fusionbus.contract.codec import encode
from fusionbus.contract.handling import Attachment, Legal, Predicate
from fusionbus.contract.incident import Claim
from fusionbus.contract.report import Actor, Entity, Person, Place, ThreatReport
from fusionbus.contract.sections import CyberSection, Indicator, RecordSection, Section
from fusionbus.contract.vocabulary import AlertKind, EntityType, Form, MsgType, SubjectRole
from fusionbus.streams.compose import body_of

FORMATS: dict[str, Callable[[Alert], bytes]] = {
    "cap": cap.message,
    "stix": stix.bundle,
    "cef": lambda alert: cef(alert).encode(),
}
PLANTED = re.compile(r"planted[a-z]+")
SECTIONS: tuple[Section, ...] = (
    CyberSection(indicators=(Indicator(type="domain", value="plantedindicator"),), impact="plantedimpact"),
    RecordSection(record_type="fir", record_number="plantedfir", police_station="plantedthana"),
)


def planted(section: Section) -> ThreatReport:
    """A report with a word of its own wherever words may stand."""
    return a_report(
        unit="plantedunit",
        local_ref="plantedref",
        headline="plantedheadline",
        narrative="plantednarrative",
        tearline="plantedtearline",
        place=Place(district="planteddistrict", name="plantedplace", lat=1.0, lon=2.0),
        actor=Actor(name="plantedactor"),
        persons=(Person(role=SubjectRole.WITNESS, released_name="plantedperson"),),
        entities=(Entity(type=EntityType.PHONE, token=a_token(), released_value="plantedphone"),),
        attachments=(Attachment(sha256="b" * 64, name="plantedfile", mime_type="text/plain", size_bytes=1),),
        legal=Legal(criminal_predicate=Predicate(basis="plantedbasis")),
        handling=a_handling(caveats=("plantedcaveat",)),
        section=section,
    )


def alert_of(section: Section, form: Form, **changes: object) -> Alert:
    """What the hub sends of it in this form to who knows nothing else of the incident."""
    body = AlertBody.model_validate_json(body_of(planted(section), form, "Desk"))
    view = sample_alert().incident.model_copy(update={"claim": Claim()})
    return sample_alert(form=form, incident=view, **changes).model_copy(update={"body": body})  # type: ignore[arg-type]


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: str(section.kind))
def test_a_format_holds_nothing_that_the_alert_does_not(name: str, form: Form, section: Section) -> None:
    alert = alert_of(section, form)
    allowed = set(PLANTED.findall(encode(alert).decode()))
    assert set(PLANTED.findall(FORMATS[name](alert).decode())) <= allowed
    if form is Form.FULL and name != "cef":
        assert "plantednarrative" in FORMATS[name](alert).decode()


@pytest.mark.parametrize("name", FORMATS)
def test_a_pointer_and_a_tearline_hold_to_their_form_even_where_the_alert_holds_more(name: str) -> None:
    """A second lock: should the hub ever send too much, it does not go on."""
    secret = {"narrative": "plantednarrative", "tearline": "plantedtearline", "msg_type": MsgType.REPORT}
    pointer = sample_alert(form=Form.POINTER, body=secret)
    assert PLANTED.findall(FORMATS[name](pointer).decode()) == []
    tearline = sample_alert(form=Form.TEARLINE, body=secret)
    assert set(PLANTED.findall(FORMATS[name](tearline).decode())) <= {"plantedtearline"}


@pytest.mark.parametrize("name", FORMATS)
def test_a_pointer_to_a_desk_says_nothing_of_the_event(name: str) -> None:
    told = sample_alert(kind=AlertKind.DECONFLICTION, form=Form.POINTER, published_at=NOW)
    assert "Roadside bomb" not in FORMATS[name](told).decode()
    assert "Duty desk" in FORMATS[name](told).decode()
