"""What an alert holds: no more than its form allows, no trace of a masked source, nothing of a withheld report."""

import json
from typing import Any

import pytest

from builders import NOW, a_handling, a_report, a_subscription, a_token, an_agency, an_interval, minutes
from fusionbus.contract import codec, ids
from fusionbus.contract.alert import Alert, AlertBody
from fusionbus.contract.base import Range
from fusionbus.contract.codec import decode, encode
from fusionbus.contract.handling import Attachment, Legal, Predicate, Source
from fusionbus.contract.report import Casualties, Entity, Person, ThreatReport
from fusionbus.contract.sections import (
    BorderSection,
    FinanceSection,
    OperationSection,
    RecordSection,
    Section,
    TipSection,
    Transaction,
)
from fusionbus.contract.vocabulary import (
    TLP,
    AlertKind,
    Attribution,
    Classification,
    Credibility,
    EntityType,
    Form,
    Kind,
    MsgType,
    Outcome,
    Province,
    Reliability,
    Severity,
    SubjectRole,
)
from fusionbus.streams.compose import body_of
from fusionbus.streams.deadlines import DEFAULT
from hub import HubOnPaper, a_federation

SECTIONS: tuple[Section, ...] = (
    a_report().section,
    FinanceSection(str_reference="STR-SECRET-9", transactions=(Transaction(at=NOW, amount=5.0),)),
    RecordSection(record_type="fir", record_number="FIR-SECRET-7", police_station="Thana Secret"),
    TipSection(channel="phone", triaged_by="Desk Secret", caller_token=a_token(number=77)),
    BorderSection(event="seized", goods="Detonators"),
    OperationSection(operation="raid", planned=an_interval(), contact="Desk Secret"),
)


def body(report: ThreatReport, form: Form) -> AlertBody:
    """What a recipient of this form may read."""
    told = decode(AlertBody, body_of(report, form, "Desk"))
    assert isinstance(told, AlertBody)
    return told


def a_rich_report(**changes: Any) -> ThreatReport:
    """A report with something in every part."""
    told: dict[str, Any] = {
        "unit": "Unit Secret",
        "persons": (
            Person(role=SubjectRole.WITNESS, released_name="Made-up Witness", id_tokens=(a_token("cnic", 5),)),
            Person(role=SubjectRole.OTHER, released_name="Public Figure", privacy=False),
        ),
        "entities": (
            Entity(type=EntityType.PHONE, token=a_token(number=6)),
            Entity(type=EntityType.PLATE, token=a_token("plate", 8), privacy=False),
        ),
        "source": Source(
            reliability=Reliability.B,
            credibility=Credibility.PROBABLY_TRUE,
            source_token=a_token("source", 3),
            derived_from=(ids.report_id("IB", "IB-SECRET"),),
        ),
        "attachments": (Attachment(sha256="ab" * 32, name="ctd-kp-scan.pdf", mime_type="image/png", size_bytes=1),),
        "casualties": (Casualties(outcome=Outcome.KILLED, low=10, high=12),),
        "legal": Legal(criminal_predicate=Predicate(basis="Made up.")),
        "tearline": "There was a blast in the district.",
        "handling": a_handling(caveats=("Not before court",)),
    }
    return a_report(**told | changes)


@pytest.fixture
def hub() -> HubOnPaper:
    return HubOnPaper.of()


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: str(section.kind))
def test_every_joined_alert_is_one_that_the_model_could_have_written(hub: HubOnPaper, section: Section) -> None:
    hub.send(a_rich_report(section=section), a_rich_report(agency="IB", local_ref="IB-1", section=section))
    raw = [output.value or b"" for output in hub.sent if output.topic.startswith("alerts-")]
    assert len(raw) >= 3
    for each in raw:
        alert = codec.decode(Alert, each)
        assert isinstance(alert, Alert)
        assert codec.decode(Alert, encode(alert)) == alert
        # Of the body, what is at its default may be left out; of the rest, nothing.
        told, written = json.loads(each), json.loads(encode(alert))
        assert told.pop("body").keys() <= written.pop("body").keys()
        assert told == written
        assert alert.alert_id == ids.alert_id(alert.incident_id, alert.incident_revision, alert.recipient)


# -- masked sources -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: str(section.kind))
@pytest.mark.parametrize("mask", [{"mask_source": True}, {"attribution": Attribution.MUST_NOT}], ids=str)
def test_no_byte_of_any_alert_says_whose_a_masked_report_is(
    hub: HubOnPaper, section: Section, mask: dict[str, Any]
) -> None:
    report = a_rich_report(section=section, handling=a_handling(tlp=TLP.CLEAR, **mask))
    hub.send(report, report.model_copy(update={"msg_type": MsgType.CANCEL, "revision": 2}))
    assert len(hub.alerts()) >= 6
    contact = hub.registry.agencies["CTD-KP"].contact
    secrets = (
        "CTD-KP", "ctd-kp", contact, report.report_id, report.local_ref, "Unit Secret", a_token("source", 3),
        report.source.derived_from[0], "Thana Secret", "FIR-SECRET", "STR-SECRET", "Desk Secret",
    )  # fmt: skip
    for output in hub.sent:
        if output.topic.startswith("alerts-"):
            for secret in secrets:
                assert secret.encode() not in (output.value or b""), f"{output.topic} tells {secret}"


def test_an_open_source_is_named_and_still_keeps_its_own_sources(hub: HubOnPaper) -> None:
    hub.send(a_rich_report())
    (alert,) = hub.alerts_of("NACTA")
    assert (alert.body.agency, alert.body.unit) == ("CTD-KP", "Unit Secret")
    assert alert.body.contact == hub.registry.agencies["CTD-KP"].contact
    assert alert.body.source is not None
    assert (alert.body.source.reliability, alert.body.source.source_token) == (Reliability.B, None)
    assert alert.body.source.derived_from == ()


# -- forms --------------------------------------------------------------------------------------------------------
def test_a_summary_leaves_out_private_persons_entities_and_the_free_text_that_may_name_them() -> None:
    told = body(a_rich_report(), Form.SUMMARY)
    assert [person.released_name for person in told.persons] == ["Public Figure"]
    assert [entity.type for entity in told.entities] == [EntityType.PLATE]
    assert (told.narrative, told.attachments) == (None, ())
    assert told.casualties == a_rich_report().casualties


def test_a_summary_of_a_report_that_names_nobody_keeps_its_text() -> None:
    assert body(a_report(), Form.SUMMARY).narrative == a_report().narrative


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: str(section.kind))
def test_a_summary_holds_no_account_caller_or_record(section: Section) -> None:
    told = body(a_rich_report(section=section), Form.SUMMARY)
    kept = {Kind.INCIDENT: section, Kind.FINANCE: FinanceSection(str_reference="STR-SECRET-9")}
    assert told.section == kept.get(section.kind)


@pytest.mark.parametrize(
    ("form", "more"),
    [(Form.POINTER, set()), (Form.TEARLINE, {"tearline", "urgency", "severity", "certainty"})],
)
def test_a_tearline_or_pointer_carries_nothing_else(form: Form, more: set[str]) -> None:
    told = body(a_rich_report(unit=None), form).model_dump(exclude_defaults=True)
    assert set(told) == {"msg_type", "kind", "reported_at", "contact"} | more


def test_past_a_refusal_not_even_caveats_or_the_toll_go_along() -> None:
    ground = {"organisation": "Elsewhere", "provinces": (Province.KHYBER_PAKHTUNKHWA,)}
    secret = a_handling(classification=Classification.SECRET, caveats=("Names a source",))
    for tearline in (None, "Leave the bazaar."):
        station = an_agency(agency="STATION", clearance=Classification.RESTRICTED, **ground)
        hub = HubOnPaper.of([*a_federation(), station])
        hub.send(a_rich_report(handling=secret, tearline=tearline))
        (alert,) = hub.alerts_of("STATION")
        assert alert.form is (Form.TEARLINE if tearline else Form.POINTER)
        claim = alert.incident.claim.model_dump(exclude_none=True)
        assert claim == ({"place": {"province": Province.KHYBER_PAKHTUNKHWA}} if tearline else {})
        assert (alert.handling.caveats, alert.incident.reasons) == ((), ())


# -- the incident, as far as its reader may know it ---------------------------------------------------------------
def a_withheld_report(**changes: Any) -> ThreatReport:
    """The Bureau's report of the same blast, for nobody but the centre, with another toll and place."""
    told: dict[str, Any] = {
        "agency": "IB",
        "local_ref": "IB-9",
        "handling": a_handling(tlp=TLP.RED, releasable_to=("NACTA",)),
        "casualties": (Casualties(outcome=Outcome.KILLED, low=91, high=97),),
        "headline": "Explosion, the withheld one",
        "place": a_report().place.model_copy(update={"name": "Withheld lane", "uncertainty_km": 0.1}),  # type: ignore[union-attr]
        "occurred": an_interval(NOW - minutes(39)),
    }
    return a_report(**told | changes)


def a_shared_report(**changes: Any) -> ThreatReport:
    return a_report(casualties=(Casualties(outcome=Outcome.KILLED, low=10, high=12),), **changes)


@pytest.mark.parametrize("withheld_first", [True, False])
def test_nothing_of_a_withheld_report_shows_in_the_view_of_who_may_not_have_it(withheld_first: bool) -> None:
    hub = HubOnPaper.of([*a_federation(), a_subscription(agency="CTD-PB")])
    told = [a_withheld_report(), a_shared_report(entities=())]
    hub.send(*(told if withheld_first else told[::-1]))
    assert len(hub.incident().members) == 2
    for alert in hub.alerts_of("CTD-PB"):
        assert (alert.incident.reports, alert.incident.independent_origins) == (1, 1)
        assert alert.incident.credibility is not Credibility.CONFIRMED
        assert alert.incident.claim.killed == Range(low=10, high=12)
        assert alert.incident.reasons == ()
        assert "ithheld" not in alert.model_dump_json()
        assert alert.handling.tlp is TLP.GREEN
    centre = hub.alerts_of("NACTA")[-1]
    assert (centre.incident.reports, centre.incident.credibility) == (2, Credibility.CONFIRMED)
    assert centre.incident.claim.killed == Range(low=10, high=97)
    assert centre.incident.reasons
    assert centre.handling.tlp is TLP.RED, "the high-water mark of what shows in it"


def test_one_hidden_report_hides_the_reasons_even_among_others_that_are_read() -> None:
    hub = HubOnPaper.of([*a_federation(), a_subscription(agency="CTD-PB")])
    hub.send(a_withheld_report(), a_shared_report())
    hub.send(a_shared_report(agency="POLICE-KP", local_ref="P-1", narrative="Another account of the spice sellers."))
    assert len(hub.incident().members) == 3
    last = hub.alerts_of("CTD-PB")[-1]
    assert last.incident.reports == 2
    assert last.incident.reasons == ()


def test_a_report_that_was_narrowed_shows_no_more_to_who_lost_it() -> None:
    hub = HubOnPaper.of([*a_federation(), a_subscription(agency="CTD-PB")])
    hub.send(a_withheld_report(handling=a_handling()), a_shared_report())
    assert hub.alerts_of("CTD-PB")[-1].incident.reports == 2
    hub.send(a_withheld_report(msg_type=MsgType.UPDATE, revision=2))
    recall = hub.alerts_of("CTD-PB")[-1]
    assert (recall.kind, recall.form) == (AlertKind.RECALL, Form.POINTER)
    assert recall.body.contact == hub.registry.agencies["NACTA"].contact
    hub.send(a_shared_report(msg_type=MsgType.UPDATE, revision=2))
    last = hub.alerts_of("CTD-PB")[-1]
    assert (last.incident.reports, last.incident.claim.killed) == (1, Range(low=10, high=12))


def test_a_withdrawn_report_neither_shows_nor_marks_the_alerts_that_follow() -> None:
    hub = HubOnPaper.of()
    hub.send(a_shared_report(), a_withheld_report(), a_withheld_report(msg_type=MsgType.CANCEL, revision=2))
    hub.send(a_shared_report(msg_type=MsgType.UPDATE, revision=2))
    last = hub.alerts_of("NACTA")[-1]
    assert (last.incident.reports, last.incident.claim.killed) == (1, Range(low=10, high=12))
    assert last.handling.tlp is TLP.GREEN


def test_an_agency_always_sees_its_own_report_in_the_incident() -> None:
    hub = HubOnPaper.of()
    hub.send(a_withheld_report(), a_shared_report())
    (alert,) = hub.alerts_of("IB")
    assert (alert.incident.reports, alert.incident.claim.killed) == (2, Range(low=10, high=97))


def test_the_graver_it_is_the_sooner_an_answer_is_wanted() -> None:
    for severity in Severity:
        hub = HubOnPaper.of()
        hub.send(a_report(severity=severity))
        (alert,) = hub.alerts_of("NACTA")
        assert alert.acknowledge_by == NOW + DEFAULT.of_alert(severity)
