"""Laws of the hub's core, tried with made-up federations and traffic: hypothesis looks for the exception."""

from collections import Counter
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from builders import a_place, a_report, an_acknowledgement
from federations import LAW, NAMES, OPEN_TO_SHUT, admissible, federations, some, traffic
from fusionbus.contract import topics
from fusionbus.contract.agency import Agency, Subscription
from fusionbus.contract.alert import AlertBody
from fusionbus.contract.codec import decode, encode
from fusionbus.contract.handling import Handling
from fusionbus.contract.records import AuditEvent, AuditRecord, Receipt, ReceiptOutcome
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import (
    TLP,
    Classification,
    Form,
    Status,
)
from fusionbus.streams.compose import body_of
from fusionbus.streams.enrich import enrich
from fusionbus.streams.registry import Registry, facets_of
from fusionbus.streams.route import on_ground_of, route
from fusionbus.streams.values import Ruling
from hub import HubOnPaper
from strategies import reports

LATER: Final = {ReceiptOutcome.ACKNOWLEDGED, ReceiptOutcome.CONTROL_DONE, ReceiptOutcome.MOVED}
"""Receipts that tell what became of a report after it had ended one way."""
JOINED: Final = {AuditEvent.INCIDENT_MERGED, AuditEvent.INCIDENT_SPLIT}
"""The hub joins the incidents of two zones by itself where they are one event, and tells those who knew of both."""
NO_NEWS: Final = {ReceiptOutcome.REPEAT, ReceiptOutcome.REJECTED}
FULLNESS: Final = {None: 0, Form.POINTER: 1, Form.TEARLINE: 2, Form.SUMMARY: 3, Form.FULL: 4}


def after(federation: list[Agency | Subscription], sent: list[ThreatReport]) -> HubOnPaper:
    (hub := HubOnPaper.of(federation)).send(*sent)
    return hub


def ends(receipts: list[Receipt]) -> list[Receipt]:
    return [receipt for receipt in receipts if receipt.outcome not in LATER]


def joinings(hub: HubOnPaper) -> list[AuditRecord]:
    """Where the hub joined incidents of two zones."""
    return [record for record in hub.audit() if record.event in JOINED]


def deliveries(record: AuditRecord) -> list[tuple[str, Rule, Form]]:
    """Who was sent something by this act, under which rule, in which form."""
    rule_of = {agency: rule for rule, names in record.decisions.items() for agency in names}
    return [(agency, rule_of[agency], form) for form, names in record.forms.items() for agency in names]


# -- counts and decisions ---------------------------------------------------------------------------------------------
@LAW
@given(federations(), traffic())
def test_every_record_ends_in_exactly_one_way_and_the_counts_reconcile_per_agency(
    federation: list[Agency | Subscription], sent: list[ThreatReport]
) -> None:
    hub = after(federation, sent)
    assert Counter(r.agency for r in ends(hub.receipts())) == Counter(report.agency for report in sent)
    delivered = sum(receipt.delivered_to or 0 for receipt in ends(hub.receipts()))
    delivered += sum(len(names) for record in joinings(hub) for names in record.forms.values())
    assert delivered == len(hub.alerts()) == len({alert.alert_id for alert in hub.alerts()})
    assert sum(r.outcome is ReceiptOutcome.REJECTED for r in hub.receipts()) == len(hub.dead_letters())
    assert not [letter for letter in hub.dead_letters() if letter.reason == "unprocessable"]


@LAW
@given(federations(), traffic())
def test_every_agency_stands_under_exactly_one_rule_of_every_audit_record(
    federation: list[Agency | Subscription], sent: list[ThreatReport]
) -> None:
    hub = after(federation, sent)
    told = Counter((alert.recipient, alert.rule, alert.form) for alert in hub.alerts())
    for record in hub.audit():
        if record.event in {AuditEvent.REPORT_ROUTED, AuditEvent.REPORT_CANCELLED}:
            decided = Counter(agency for names in record.decisions.values() for agency in names)
            assert decided == Counter(NAMES)
            told.subtract(deliveries(record))
            assert record.override == (Rule.IMMINENT_DANGER in record.decisions)
    for record in joinings(hub):
        told.subtract(deliveries(record))
    assert not any(told.values()), "the record and the alerts say the same"


# -- repeats ----------------------------------------------------------------------------------------------------------
@LAW
@given(federations(), traffic(), st.data())
def test_a_sequence_with_repeats_leads_to_the_same_alerts_and_incidents_as_without(
    federation: list[Agency | Subscription], sent: list[ThreatReport], data: st.DataObject
) -> None:
    plain = after(federation, sent)
    ended = zip(sent, ends_in_order(federation, sent), strict=True)
    taken = [report for report, receipt in ended if receipt.outcome not in NO_NEWS]
    doubled = list(sent)
    for report in data.draw(st.lists(st.sampled_from(taken), max_size=4)) if taken else []:
        doubled.insert(data.draw(st.integers(doubled.index(report) + 1, len(doubled))), report)
    again = after(federation, doubled)
    assert again.alerts() == plain.alerts()
    assert again.incidents() == plain.incidents()


def ends_in_order(federation: list[Agency | Subscription], sent: list[ThreatReport]) -> list[Receipt]:
    """How each record ended."""
    hub, found = HubOnPaper.of(federation), []
    for report in sent:
        hub.clear()
        hub.send(report)
        found += ends(hub.receipts())
    return found


# -- exercises --------------------------------------------------------------------------------------------------------
@LAW
@given(federations(), traffic())
def test_exercise_and_earnest_never_meet(federation: list[Agency | Subscription], sent: list[ThreatReport]) -> None:
    hub = after(federation, sent)
    told = {(report.report_id, report.revision, report.status) for report in sent}
    asked = {(s.agency, status) for s in federation if isinstance(s, Subscription) for status in s.statuses}
    for incident in hub.incidents().values():
        assert told >= {(m.report_id, m.revision, incident.status) for m in incident.members}
    for alert in hub.alerts():
        if alert.status is not Status.ACTUAL:
            assert (alert.recipient, alert.status) in asked


# -- the audience only narrows ----------------------------------------------------------------------------------------
@st.composite
def stricter(draw: st.DrawFn) -> tuple[Handling, Handling]:
    """Markings, and stricter ones."""
    named = draw(some(NAMES))
    open_, shut = sorted(draw(st.tuples(st.integers(0, 4), st.integers(0, 4))))
    if OPEN_TO_SHUT[shut] is TLP.RED and not named:
        named = (draw(st.sampled_from(NAMES)),)
    low, high = sorted(draw(st.tuples(*[st.sampled_from(Classification)] * 2)), key=lambda c: c.level)
    loose = Handling(tlp=OPEN_TO_SHUT[open_], classification=low, releasable_to=named)
    changes: dict[str, Any] = {"tlp": OPEN_TO_SHUT[shut], "classification": high}
    fewer = draw(st.lists(st.sampled_from(named), unique=True, min_size=1).map(tuple)) if named else ()
    changes |= {"releasable_to": fewer, "originator_control": draw(st.booleans()), "mask_source": draw(st.booleans())}
    return loose, loose.model_copy(update=changes)


def rulings(report: ThreatReport, registry: Registry) -> dict[str, Ruling]:
    facets = facets_of(report, enrich(report).claim, registry)
    return {ruling.agency: ruling for ruling in route(facets, registry)}


@LAW
@given(federations(), admissible(), stricter())
def test_stricter_markings_add_no_recipient_and_no_fuller_form_but_the_tearline_in_danger(
    federation: list[Agency | Subscription], report: ThreatReport, marks: tuple[Handling, Handling]
) -> None:
    registry = Registry().with_entries(federation)
    loose, strict = (rulings(report.model_copy(update={"handling": each}), registry) for each in marks)
    facets = facets_of(report, enrich(report).claim, registry)
    for name, now in strict.items():
        if now.rule is Rule.IMMINENT_DANGER:
            assert FULLNESS[now.form] <= FULLNESS[Form.TEARLINE]
            assert on_ground_of(registry.agencies[name], facets)
        else:
            assert FULLNESS[now.form] <= FULLNESS[loose[name].form], name


@LAW
@given(federations(), admissible(), some(NAMES, min_size=1))
def test_a_list_of_names_adds_nobody_who_is_not_on_it(
    federation: list[Agency | Subscription], report: ThreatReport, named: tuple[str, ...]
) -> None:
    registry = Registry().with_entries(federation)
    free = report.model_copy(update={"handling": Handling(tlp=TLP.GREEN)})
    listed = report.model_copy(update={"handling": Handling(tlp=TLP.GREEN, releasable_to=named)})
    for name, now in rulings(listed, registry).items():
        assert now.form is None or name in named or now.rule is Rule.IMMINENT_DANGER
        assert registry.agencies[name].foreign or FULLNESS[now.form] <= FULLNESS[rulings(free, registry)[name].form]


@LAW
@given(federations(), st.lists(st.tuples(admissible(), stricter()), min_size=2, max_size=6))
def test_what_was_routed_before_changes_no_ruling(
    federation: list[Agency | Subscription], told: list[tuple[ThreatReport, tuple[Handling, Handling]]]
) -> None:
    used = Registry().with_entries(federation)
    for report, marks in told:
        for each in marks:
            for moved in (report.place, a_place(), a_place(name="Saddar", lat=24.86, lon=67.01, district=None)):
                changed = report.model_copy(update={"handling": each, "place": moved})
                assert rulings(changed, used) == rulings(changed, Registry().with_entries(federation))


@LAW
@given(reports(), st.sampled_from(Form))
def test_a_masked_body_says_nothing_that_the_open_one_does_not(report: ThreatReport, form: Form) -> None:
    masked = report.model_copy(update={"handling": report.handling.model_copy(update={"mask_source": True})})
    bare, full = (decode(AlertBody, body_of(each, form, "Desk")) for each in (masked, report))
    assert isinstance(bare, AlertBody) and isinstance(full, AlertBody)  # noqa: PT018 - one thought
    assert all(getattr(bare, name) in (value, None, ()) or name == "section" for name, value in full)
    assert (bare.report_id, bare.agency, bare.unit, bare.local_ref, bare.revision) == (None,) * 5


# -- any bytes --------------------------------------------------------------------------------------------------------
WHOLE: Final = (encode(a_report()), encode(an_acknowledgement()), b'{"type":"report","zone":"PK-KP"}')


@st.composite
def torn(draw: st.DrawFn) -> bytes:
    """Any bytes, or a good message with a part of it replaced by others."""
    whole = draw(st.sampled_from(WHOLE))
    start = draw(st.integers(0, len(whole)))
    return whole[:start] + draw(st.binary(max_size=20)) + whole[start + draw(st.integers(0, 40)) :]


@LAW
@given(st.binary(max_size=200) | torn(), st.none() | st.binary(max_size=20))
def test_no_bytes_crash_either_hop_and_each_ends_somewhere(raw: bytes, key: bytes | None) -> None:
    for topic in (topics.reports_topic("CTD-KP"), topics.control_topic("CTD-PB"), topics.reports_topic("NOBODY")):
        hub = HubOnPaper.of()
        hub.put(topic, key, raw)
        assert len(ends(hub.receipts())) == 1 or hub.audit()
    hub = HubOnPaper.of()
    hub.fuse([hub.event(topics.ACCEPTED, key, raw)])
    assert hub.dead_letters() or hub.alerts()
