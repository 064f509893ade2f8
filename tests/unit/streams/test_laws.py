"""Laws of the hub's core, tried with made-up federations and traffic: hypothesis looks for the exception."""

from collections import Counter
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from builders import NOW, a_place, a_report, a_subscription, an_acknowledgement, an_agency, an_interval, minutes
from fusionbus.contract import ids, topics
from fusionbus.contract.agency import Agency, Near, Subscription
from fusionbus.contract.alert import AlertBody
from fusionbus.contract.codec import decode, encode
from fusionbus.contract.handling import Handling, Source
from fusionbus.contract.records import AuditEvent, Receipt, ReceiptOutcome
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.routing import Rule
from fusionbus.contract.vocabulary import (
    TLP,
    Classification,
    Form,
    Kind,
    MsgType,
    Province,
    Severity,
    Status,
    ThreatCategory,
    Urgency,
)
from fusionbus.streams.compose import body_of
from fusionbus.streams.enrich import enrich
from fusionbus.streams.registry import Registry, facets_of
from fusionbus.streams.route import on_ground_of, route
from fusionbus.streams.values import Ruling
from hub import HubOnPaper
from strategies import reports

LAW: Final = settings(
    max_examples=40,
    phases=[phase for phase in Phase if phase is not Phase.explain],
    deadline=None,  # the first example reads the gazetteer
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
NAMES: Final = ("CTD-KP", "POLICE-KP", "IB", "FC-KP", "LIAISON-1", "NACTA")
STATUSES: Final = (Status.ACTUAL, Status.ACTUAL, Status.EXERCISE, Status.TEST)
ANSWERS: Final = {ReceiptOutcome.ACKNOWLEDGED, ReceiptOutcome.CONTROL_DONE, ReceiptOutcome.MOVED}
NO_NEWS: Final = {ReceiptOutcome.REPEAT, ReceiptOutcome.REJECTED}
OPEN_TO_SHUT: Final = (TLP.CLEAR, TLP.GREEN, TLP.AMBER, TLP.AMBER_STRICT, TLP.RED)
FULLNESS: Final = {None: 0, Form.POINTER: 1, Form.TEARLINE: 2, Form.SUMMARY: 3, Form.FULL: 4}


def some(values: Any, **bounds: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=3, **bounds).map(tuple)


@st.composite
def federations(draw: st.DrawFn) -> list[Agency | Subscription]:
    """Agencies with any rights, and what they ask for."""
    made: list[Agency | Subscription] = []
    for name in NAMES:
        rights: dict[str, Any] = {
            "agency": name,
            "organisation": draw(st.sampled_from(("One", "Other"))),
            "provinces": draw(some((Province.KHYBER_PAKHTUNKHWA, Province.SINDH))),
            "clearance": draw(st.sampled_from(Classification)),
            "serves": draw(some(NAMES)),
            "kinds": draw(st.just(tuple(Kind)) | some(Kind, min_size=1)),
            "personal_data": draw(st.booleans()),
            "foreign": name.startswith("LIAISON"),
            "active": draw(st.integers(0, 9)) > 0,
        }
        made.append(an_agency(**rights))
        if draw(st.booleans()):
            wish: dict[str, Any] = {
                "statuses": draw(some(Status, min_size=1)),
                "kinds": draw(some(Kind)),
                "categories": draw(some(ThreatCategory)),
                "urgencies": draw(some(Urgency)),
                "near": draw(st.none() | st.just(Near(lat=34.0, lon=71.5, radius_km=50.0))),
            }
            made.append(a_subscription(agency=name, severity_min=draw(st.none() | st.sampled_from(Severity)), **wish))
    return made


@st.composite
def admissible(draw: st.DrawFn) -> ThreatReport:
    """A first revision that the hub takes; half of them tell of one of two events, so that they may meet."""
    agency, number = draw(st.sampled_from(NAMES)), draw(st.integers(1, 4))
    head: dict[str, Any] = {
        "agency": agency,
        "local_ref": f"ref-{number}",
        "report_id": ids.report_id(agency, f"ref-{number}"),
        "status": draw(st.sampled_from(STATUSES)),
        "msg_type": MsgType.REPORT,
        "revision": 1,
        "occurred": an_interval(NOW - minutes(draw(st.sampled_from((30, 35, 9_000))))),
        "reported_at": NOW - minutes(draw(st.integers(0, 20))),
    }
    if draw(st.booleans()):
        return a_report(**head, handling=Handling(tlp=draw(st.sampled_from(OPEN_TO_SHUT[:4]))))
    if draw(st.booleans()):
        linked = ids.report_id(draw(st.sampled_from(NAMES)), f"ref-{draw(st.integers(1, 4))}")
        head["source"] = Source(derived_from=(linked,))
    return draw(reports()).model_copy(update=head)


@st.composite
def traffic(draw: st.DrawFn) -> list[ThreatReport]:
    """First revisions, updates, withdrawals, in any order that an agency may send them, and some out of order."""
    sent: list[ThreatReport] = []
    for report in draw(st.lists(admissible(), min_size=1, max_size=7)):
        sent.append(report)
        changes = draw(st.lists(st.sampled_from((MsgType.UPDATE, MsgType.UPDATE, MsgType.CANCEL)), max_size=2))
        for revision, msg_type in enumerate(changes, start=2):
            told: dict[str, Any] = {"msg_type": msg_type, "revision": revision}
            if draw(st.integers(0, 5)) == 0:
                told["status"] = draw(st.sampled_from(STATUSES))
            if draw(st.booleans()):
                told["handling"] = Handling(tlp=draw(st.sampled_from(OPEN_TO_SHUT[:4])))
            sent.insert(draw(st.integers(0, len(sent))), report.model_copy(update=told))
    return sent


def after(federation: list[Agency | Subscription], sent: list[ThreatReport]) -> HubOnPaper:
    (hub := HubOnPaper.of(federation)).send(*sent)
    return hub


def ends(receipts: list[Receipt]) -> list[Receipt]:
    return [receipt for receipt in receipts if receipt.outcome not in ANSWERS]


# -- counts and decisions ---------------------------------------------------------------------------------------------
@LAW
@given(federations(), traffic())
def test_every_record_ends_in_exactly_one_way_and_the_counts_reconcile_per_agency(
    federation: list[Agency | Subscription], sent: list[ThreatReport]
) -> None:
    hub = after(federation, sent)
    assert Counter(r.agency for r in ends(hub.receipts())) == Counter(report.agency for report in sent)
    delivered = sum(receipt.delivered_to or 0 for receipt in hub.receipts())
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
            rule_of = {agency: rule for rule, names in record.decisions.items() for agency in names}
            told.subtract((agency, rule_of[agency], form) for form, names in record.forms.items() for agency in names)
            assert record.override == (Rule.IMMINENT_DANGER in record.decisions)
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
