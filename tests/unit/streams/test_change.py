"""What each end of a report means for those who hear of it: who is told, who is recalled, who is left in peace."""

from typing import Any

import pytest

from builders import NOW, a_handling, a_report, a_subscription, an_agency
from fusionbus.contract.handling import Source
from fusionbus.contract.records import AuditRecord, Receipt, ReceiptOutcome
from fusionbus.contract.report import Person, ThreatReport
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import (
    TLP,
    AlertKind,
    Classification,
    Credibility,
    Form,
    MsgType,
    Severity,
    SubjectRole,
    ThreatCategory,
    Urgency,
)
from hub import HubOnPaper, a_federation


@pytest.fixture
def hub() -> HubOnPaper:
    """The small federation, with CTD-PB asking for everything."""
    return HubOnPaper.of([*a_federation(), a_subscription(agency="CTD-PB")])


def calm(**changes: Any) -> ThreatReport:
    """A report that puts nobody in danger, so that no override shows."""
    return a_report(**{"urgency": Urgency.PAST} | changes)


def update(revision: int = 2, **changes: Any) -> ThreatReport:
    return calm(msg_type=MsgType.UPDATE, revision=revision, **changes)


def withdrawal(revision: int = 2, **changes: Any) -> ThreatReport:
    return calm(msg_type=MsgType.CANCEL, revision=revision, **changes)


def an_echo(**changes: Any) -> ThreatReport:
    """POLICE-KP's retelling of CTD-KP's report, which goes further than it."""
    told = {"agency": "POLICE-KP", "local_ref": "P-3", "source": Source(derived_from=(calm().report_id,))}
    return calm(**told | changes)


def sent(hub: HubOnPaper, *reports: ThreatReport) -> tuple[dict[str, tuple[Rule, Form]], Receipt, AuditRecord]:
    """What the last of these reports led to: rule and form by recipient, the receipt, the audit record."""
    hub.send(*reports[:-1])
    hub.clear()
    hub.send(reports[-1])
    (receipt,), (record,) = hub.receipts(), hub.audit()
    everyone = [agency for names in record.decisions.values() for agency in names]
    assert sorted(everyone) == sorted(hub.registry.agencies), "everybody stands under one rule"
    told = {alert.recipient: (alert.rule, alert.form) for alert in hub.alerts()}
    assert receipt.delivered_to == len(told) == len(hub.alerts())
    assert {agency for names in record.forms.values() for agency in names} == told.keys()
    return told, receipt, record


STRICT = a_handling(tlp=TLP.AMBER_STRICT)


# -- updates ----------------------------------------------------------------------------------------------------------
def test_a_correction_that_makes_it_harmless_reaches_those_who_heard_because_it_was_grave(hub: HubOnPaper) -> None:
    told, receipt, _ = sent(hub, calm(), update(severity=Severity.MINOR))
    assert told["IB"] == (Rule.MEMBER, Form.FULL), "it asks for grave matters only, and has to know that this is none"
    assert receipt.outcome is ReceiptOutcome.UPDATE
    (alert,) = hub.alerts_of("IB")
    assert alert.why == "you had an earlier revision of this report"


def test_a_correction_for_fewer_eyes_is_recalled_from_the_others_and_that_is_on_record(hub: HubOnPaper) -> None:
    told, receipt, record = sent(hub, calm(), update(handling=STRICT))
    assert told["CTD-PB"] == (Rule.RECALL, Form.POINTER)
    assert told["POLICE-KP"] == (Rule.JURISDICTION, Form.FULL)
    (recall,) = hub.alerts_of("CTD-PB")
    assert recall.kind is AlertKind.RECALL
    assert "delete what you hold" in recall.why
    assert set(record.decisions[Rule.RECALL]) == {"CTD-PB", "IB"}
    assert receipt.forms[Form.POINTER] == 2


def test_who_was_recalled_once_is_not_told_of_later_corrections_nor_of_the_withdrawal(hub: HubOnPaper) -> None:
    told, *_ = sent(hub, calm(), update(handling=STRICT), update(3, handling=STRICT))
    assert "CTD-PB" not in told
    told, *_ = sent(hub, withdrawal(4, handling=STRICT))
    assert "CTD-PB" not in told


def test_a_correction_for_more_eyes_reaches_them(hub: HubOnPaper) -> None:
    told, *_ = sent(hub, calm(handling=STRICT), update())
    assert told["CTD-PB"] == (Rule.SUBSCRIPTION, Form.FULL)


def test_a_correction_that_names_a_person_comes_as_a_summary_where_no_person_may_be_seen(hub: HubOnPaper) -> None:
    told, *_ = sent(hub, calm(), update(persons=(Person(role=SubjectRole.VICTIM),)))
    assert told["POLICE-KP"] == (Rule.JURISDICTION, Form.SUMMARY)


def test_a_correction_of_an_echo_does_not_disturb_those_who_have_it_from_its_origin(hub: HubOnPaper) -> None:
    told, *_ = sent(hub, calm(), an_echo(), an_echo(msg_type=MsgType.UPDATE, revision=2))
    assert told == {}


def test_a_correction_of_an_echo_reaches_who_had_the_echo_even_if_its_origin_came_later(hub: HubOnPaper) -> None:
    corrected = an_echo(msg_type=MsgType.UPDATE, revision=2)
    told, *_ = sent(hub, calm(handling=STRICT), an_echo(), update(), corrected)
    assert set(told) == {"CTD-PB", "IB"}


# -- confirmations and echoes -----------------------------------------------------------------------------------------
def test_who_told_first_hears_who_confirms_it_even_without_asking(hub: HubOnPaper) -> None:
    elsewhere = calm(agency="FMU", local_ref="F-1")
    told, *_ = sent(hub, elsewhere, calm(narrative="Our own officer saw the handcart go up."))
    assert "FMU" not in told, "incidents are none of its kinds"
    quiet = an_agency(agency="QUIET", organisation="Quiet", provinces=())
    hub = HubOnPaper.of([*a_federation(), quiet])
    told, *_ = sent(hub, calm(agency="QUIET", local_ref="Q-1"), calm(narrative="Our own officer saw it go up."))
    assert told["QUIET"] == (Rule.MEMBER, Form.FULL)


def test_an_echo_reaches_those_whom_its_origin_did_not(hub: HubOnPaper) -> None:
    told, receipt, record = sent(hub, calm(handling=STRICT), an_echo())
    assert set(told) == {"CTD-PB", "IB"}
    assert receipt.outcome is ReceiptOutcome.RELAY
    assert set(record.decisions[Rule.ECHO]) == {"CTD-KP", "POLICE-KP", "NACTA"}


def test_what_an_agency_adds_to_its_own_report_is_no_confirmation_and_yet_is_told(hub: HubOnPaper) -> None:
    more = calm(local_ref="KP-2026-0002", narrative="A second device was found beside the handcart and made safe.")
    told, receipt, _ = sent(hub, calm(), more)
    assert (receipt.outcome, receipt.independent_origins) == (ReceiptOutcome.RELAY, 1)
    assert "CTD-PB" in told


def test_who_has_heard_of_an_incident_hears_that_it_is_confirmed_whatever_the_confirmation_says_of_the_matter() -> None:
    choosy = a_subscription(agency="CTD-PB", categories=(ThreatCategory.BOMBING,))
    hub = HubOnPaper.of([*a_federation(), choosy])
    other = calm(agency="IB", local_ref="IB-7", category=ThreatCategory.IED, narrative="A passer-by saw it go up.")
    told, receipt, _ = sent(hub, calm(), other)
    assert receipt.outcome is ReceiptOutcome.CORROBORATION
    assert told["CTD-PB"] == (Rule.MEMBER, Form.FULL)


# -- withdrawals ------------------------------------------------------------------------------------------------------
def test_a_withdrawal_goes_to_who_had_the_report_in_the_form_they_had_it_and_to_nobody_else(hub: HubOnPaper) -> None:
    person: dict[str, Any] = {"persons": (Person(role=SubjectRole.VICTIM),)}
    told, receipt, _ = sent(hub, calm(**person), withdrawal(**person))
    assert told == {
        "POLICE-KP": (Rule.RECALL, Form.SUMMARY),
        "CTD-PB": (Rule.RECALL, Form.FULL),
        "IB": (Rule.RECALL, Form.FULL),
        "NACTA": (Rule.RECALL, Form.FULL),
    }
    assert receipt.outcome is ReceiptOutcome.CANCELLED
    assert hub.incident().closed
    assert hub.incident().credibility is Credibility.CANNOT_BE_JUDGED


@pytest.mark.parametrize(
    "marks",
    [STRICT, a_handling(tlp=TLP.RED, releasable_to=("IB",)), a_handling(classification=Classification.TOP_SECRET)],
    ids=["AMBER+STRICT", "RED", "top secret"],
)
def test_a_withdrawal_whose_words_are_not_for_all_who_had_the_report_is_a_pointer_to_the_others(
    hub: HubOnPaper, marks: Any
) -> None:
    told, *_ = sent(hub, calm(), withdrawal(handling=marks, headline="Our informant was mistaken"))
    assert told["CTD-PB"] == (Rule.RECALL, Form.POINTER)
    assert b"informant" not in hub.raw_alerts_of("CTD-PB")[0]


def test_a_withdrawn_origin_is_recalled_from_those_who_had_only_its_echo_and_from_who_told_the_echo() -> None:
    registry = [*a_federation(), a_subscription(agency="CTD-PB"), an_agency(agency="RELAY", organisation="R")]
    hub = HubOnPaper.of(registry)
    echo = an_echo(agency="RELAY", local_ref="R-1")
    told, *_ = sent(hub, calm(handling=STRICT), echo, withdrawal(handling=STRICT))
    assert told["CTD-PB"] == (Rule.RECALL, Form.POINTER)
    assert told["RELAY"] == (Rule.RECALL, Form.POINTER)
    assert hub.incident().independent_origins == 0, "an echo of what was withdrawn stands on nothing"


def test_a_withdrawn_report_is_recalled_from_who_had_what_was_made_of_it_among_others() -> None:
    registry = [*a_federation(), a_subscription(agency="CTD-PB"), an_agency(agency="RELAY", organisation="R")]
    hub = HubOnPaper.of(registry)
    other = calm(agency="IB", local_ref="I-1", handling=STRICT)
    both = Source(derived_from=(other.report_id, calm().report_id))
    digest = an_echo(agency="RELAY", local_ref="R-1", source=both)
    told, *_ = sent(hub, other, calm(handling=STRICT), digest, withdrawal(handling=STRICT))
    digested = next(member for member in hub.incident().members if member.agency == "RELAY")
    assert digested.origin != calm().report_id, "it counts as an echo of the other one"
    assert told["CTD-PB"] == told["RELAY"] == (Rule.RECALL, Form.POINTER)


def test_a_withdrawn_echo_does_not_recall_its_origin(hub: HubOnPaper) -> None:
    gone = an_echo(msg_type=MsgType.CANCEL, revision=2)
    told, *_ = sent(hub, calm(handling=STRICT), an_echo(), gone)
    assert set(told) == {"CTD-PB", "IB"}, "the centre had the origin, which stands"
    assert hub.incident().independent_origins == 1


def test_a_withdrawal_reaches_who_no_longer_takes_part(hub: HubOnPaper) -> None:
    hub.send(calm())
    left = hub.registry.agencies["CTD-PB"].model_copy(update={"active": False})
    hub.registry = hub.registry.with_entries([left])
    told, *_ = sent(hub, withdrawal(reported_at=NOW))
    assert told["CTD-PB"] == (Rule.RECALL, Form.POINTER)


def test_a_withdrawal_without_the_mask_does_not_tell_whose_report_it_was(hub: HubOnPaper) -> None:
    hub.send(calm(handling=a_handling(mask_source=True)))
    hub.clear()
    hub.send(withdrawal())
    raw = b"".join(output.value or b"" for output in hub.sent if output.topic.startswith("alerts-"))
    assert raw
    for secret in (b'"CTD-KP"', calm().report_id.encode(), calm().local_ref.encode(), b"Peshawar, internal"):
        assert secret not in raw.replace(b'"recipient":"CTD-KP"', b"")
