"""Routing: every rule alone, in its order before the next, and the one override."""

from collections.abc import Iterable
from typing import Any

import pytest

from builders import a_handling, a_report, a_subscription, an_agency, minutes
from fusionbus.contract.agency import Agency, Near, Subscription
from fusionbus.contract.handling import Handling
from fusionbus.contract.report import Entity, Person, ThreatReport
from fusionbus.contract.routing import Rule
from fusionbus.contract.sections import OperationSection
from fusionbus.contract.vocabulary import (
    TLP,
    Certainty,
    Classification,
    EntityType,
    Form,
    Kind,
    Province,
    Severity,
    Status,
    SubjectRole,
    Urgency,
)
from fusionbus.streams.enrich import enrich
from fusionbus.streams.registry import Facets, Registry, facets_of
from fusionbus.streams.route import by_rule, route, with_members, without_echo
from fusionbus.streams.values import Ruling

ME = "CTD-PB"
ORIGINATOR = an_agency(agency="CTD-KP", organisation="KP Police", serves=("SERVED",))
CALM = {"urgency": Urgency.PAST}
STRANGER: dict[str, Any] = {"agency": ME, "organisation": "Punjab Police", "provinces": (Province.PUNJAB,)}
LOCAL: dict[str, Any] = STRANGER | {"provinces": (Province.KHYBER_PAKHTUNKHWA,)}
A_PERSON = Person(role=SubjectRole.VICTIM)


def registry_of(*agencies: Agency, wishes: Iterable[Subscription] = ()) -> Registry:
    return Registry().with_entries([ORIGINATOR, *agencies, *wishes])


def facets(report: ThreatReport, registry: Registry) -> Facets:
    return facets_of(report, enrich(report).claim, registry)


def ruling(agency: dict[str, Any], report: dict[str, Any], wish: dict[str, Any] | None) -> Ruling:
    """The ruling on one agency with at most one subscription, for a report that CTD-KP makes."""
    made = an_agency(**STRANGER | agency)
    wishes = [] if wish is None else [a_subscription(agency=made.agency, **wish)]
    registry = registry_of(made, wishes=wishes)
    told = route(facets(a_report(**CALM | report), registry), registry)
    (found,) = (each for each in told if each.agency == made.agency)
    return found


def marked(**changes: Any) -> dict[str, Handling]:
    return {"handling": a_handling(**changes)}


RED = marked(tlp=TLP.RED, releasable_to=("IB",))
EVERYTHING: dict[str, Any] = {}

# In the order of DESIGN: each row breaks its own rule and every one that comes after it.
UNINTERESTED: dict[str, Any] = {"kinds": (Kind.FINANCE,)}
IN_ORDER: list[tuple[str, Rule, dict[str, Any], dict[str, Any], dict[str, Any] | None]] = [
    (
        "an agency that no longer takes part",
        Rule.INACTIVE,
        {"active": False, "foreign": True, "clearance": Classification.UNCLASSIFIED},
        {"status": Status.EXERCISE, "handling": Handling(tlp=TLP.RED, releasable_to=("IB",))},
        None,
    ),
    (
        "an exercise, for who asked for none",
        Rule.STATUS,
        {"foreign": True, "clearance": Classification.UNCLASSIFIED} | UNINTERESTED,
        {"status": Status.EXERCISE} | marked(tlp=TLP.RED, releasable_to=("IB",), originator_control=True),
        EVERYTHING,
    ),
    (
        "a partner abroad that is not named",
        Rule.FOREIGN,
        {"foreign": True, "clearance": Classification.UNCLASSIFIED} | UNINTERESTED,
        marked(tlp=TLP.RED, releasable_to=("IB",), originator_control=True),
        None,
    ),
    (
        "above its clearance",
        Rule.CLEARANCE,
        {"clearance": Classification.CONFIDENTIAL} | UNINTERESTED,
        marked(tlp=TLP.RED, classification=Classification.SECRET, releasable_to=("IB",), originator_control=True),
        None,
    ),
    ("TLP:RED, and it is not named", Rule.TLP, UNINTERESTED, RED, None),
    (
        "released to others only",
        Rule.RELEASABLE,
        UNINTERESTED,
        marked(tlp=TLP.GREEN, releasable_to=("IB",), originator_control=True),
        None,
    ),
    ("under its originator's control", Rule.ORIGINATOR_CONTROL, UNINTERESTED, marked(originator_control=True), None),
    ("nobody asked, and it is elsewhere", Rule.NO_INTEREST, UNINTERESTED, {}, None),
    ("wanted, but not its kind to know", Rule.NEED_TO_KNOW, UNINTERESTED, {}, EVERYTHING),
    ("wanted", Rule.SUBSCRIPTION, {}, {}, EVERYTHING),
    ("on its ground", Rule.JURISDICTION, LOCAL, {}, None),
]


@pytest.mark.parametrize(("name", "rule", "agency", "report", "wish"), IN_ORDER, ids=[row[0] for row in IN_ORDER])
def test_the_first_rule_that_speaks_decides(
    name: str, rule: Rule, agency: dict[str, Any], report: dict[str, Any], wish: dict[str, Any] | None
) -> None:
    assert ruling(agency, report, wish).rule is rule, name


AUDIENCES: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("CLEAR goes to a partner abroad", {"foreign": True}, marked(tlp=TLP.CLEAR), True),
    ("GREEN does not go to a partner abroad", {"foreign": True}, marked(tlp=TLP.GREEN), False),
    (
        "GREEN goes to a partner abroad that is named",
        {"foreign": True},
        marked(tlp=TLP.GREEN, releasable_to=(ME,)),
        True,
    ),
    ("GREEN goes to the community", {}, marked(tlp=TLP.GREEN), True),
    ("AMBER does not go to a stranger", {}, marked(tlp=TLP.AMBER), False),
    ("AMBER goes to whom the originator serves", {"agency": "SERVED"}, marked(tlp=TLP.AMBER), True),
    ("AMBER goes to the same organisation", {"organisation": "KP Police"}, marked(tlp=TLP.AMBER), True),
    ("AMBER goes to whom it names", {}, marked(tlp=TLP.AMBER, releasable_to=(ME,)), True),
    ("AMBER goes to the centre", {"agency": "NACTA"}, marked(tlp=TLP.AMBER), True),
    ("AMBER+STRICT does not go to whom it serves", {"agency": "SERVED"}, marked(tlp=TLP.AMBER_STRICT), False),
    ("AMBER+STRICT goes to the same organisation", {"organisation": "KP Police"}, marked(tlp=TLP.AMBER_STRICT), True),
    ("RED goes to whom it names", {}, marked(tlp=TLP.RED, releasable_to=(ME,)), True),
    ("RED does not go to the same organisation", {"organisation": "KP Police"}, RED, False),
    ("RED does not go to the centre unless named", {"agency": "NACTA"}, RED, False),
    ("a name on the list is no clearance", {"clearance": Classification.UNCLASSIFIED},
     marked(tlp=TLP.RED, releasable_to=(ME,)), False),
    ("originator control lets pass whom it names", {}, marked(originator_control=True, releasable_to=(ME,)), True),
    ("originator control lets the centre know", {"agency": "NACTA"}, marked(originator_control=True), True),
    ("clearance of the same level is enough", {"clearance": Classification.SECRET},
     marked(classification=Classification.SECRET), True),
]  # fmt: skip


@pytest.mark.parametrize(("name", "agency", "report", "gets"), AUDIENCES, ids=[row[0] for row in AUDIENCES])
def test_who_wants_everything_gets_what_its_markings_allow(
    name: str, agency: dict[str, Any], report: dict[str, Any], gets: bool
) -> None:
    found = ruling(agency, report, EVERYTHING)
    assert (found.form is not None) is gets, name
    assert found.rule.delivers is gets, name


WISHES: list[tuple[str, dict[str, Any], bool]] = [
    ("every exercise", {"statuses": (Status.EXERCISE,)}, False),
    ("another kind", {"kinds": (Kind.THREAT,)}, False),
    ("another province", {"provinces": (Province.SINDH,)}, False),
    ("the district", {"districts": ("Peshawar",)}, True),
    ("another district", {"districts": ("Mardan",)}, False),
    ("graver than it is", {"severity_min": Severity.EXTREME}, False),
    ("no graver than it is", {"severity_min": Severity.MODERATE}, True),
    ("an urgency that it has", {"urgencies": (Urgency.PAST,)}, True),
    ("an urgency that nobody stated", {"urgencies": (Urgency.UNKNOWN,)}, False),
    ("a circle around it", {"near": Near(lat=34.0, lon=71.5, radius_km=20)}, True),
    ("a circle elsewhere", {"near": Near(lat=24.9, lon=67.0, radius_km=20)}, False),
    ("two wishes of which one fails", {"kinds": (Kind.INCIDENT,), "actors": ("TTP",)}, False),
]


@pytest.mark.parametrize(("name", "wish", "gets"), WISHES, ids=[row[0] for row in WISHES])
def test_a_subscription_gets_what_it_asks_for_and_no_more(name: str, wish: dict[str, Any], gets: bool) -> None:
    assert (ruling({}, {}, wish).rule is Rule.SUBSCRIPTION) is gets, name


def test_an_exercise_reaches_who_asked_for_exercises_and_no_jurisdiction() -> None:
    exercise = {"status": Status.EXERCISE}
    assert ruling({}, exercise, {"statuses": (Status.EXERCISE,)}).rule is Rule.SUBSCRIPTION
    asked_for_others = {"statuses": (Status.EXERCISE,), "kinds": (Kind.FINANCE,)}
    assert ruling(LOCAL, exercise, asked_for_others).rule is Rule.NO_INTEREST


def test_the_originator_does_not_get_its_own_report() -> None:
    registry = registry_of(wishes=[a_subscription(agency="CTD-KP")])
    (found,) = route(facets(a_report(), registry), registry)
    assert (found.rule, found.form) == (Rule.ECHO, None)


FORMS: list[tuple[str, dict[str, Any], dict[str, Any], Form]] = [
    ("full, where nothing is private", {"personal_data": False}, {}, Form.FULL),
    ("full, where it may see persons", {}, {"persons": (A_PERSON,)}, Form.FULL),
    ("a summary, where it may not", {"personal_data": False}, {"persons": (A_PERSON,)}, Form.SUMMARY),
    ("a summary abroad", {"foreign": True}, marked(tlp=TLP.CLEAR), Form.SUMMARY),
    ("the tearline abroad, where there is one", {"foreign": True},
     marked(tlp=TLP.CLEAR) | {"tearline": "A blast was heard."}, Form.TEARLINE),
]  # fmt: skip


@pytest.mark.parametrize(("name", "agency", "report", "form"), FORMS, ids=[row[0] for row in FORMS])
def test_the_form_is_as_full_as_its_reader_may_have_it(
    name: str, agency: dict[str, Any], report: dict[str, Any], form: Form
) -> None:
    assert ruling(agency, report, EVERYTHING).form is form, name


def test_of_a_planned_operation_everybody_learns_only_whom_to_call() -> None:
    planned = a_report().occurred
    assert planned is not None
    raid = OperationSection(operation="raid", planned=planned, contact="Desk")
    assert ruling({}, {"section": raid}, EVERYTHING).form is Form.POINTER


def test_an_entity_that_is_not_private_leaves_the_report_open_to_all() -> None:
    plate = Entity(type=EntityType.PLATE, token=f"plate:k1:{1:032x}", privacy=False)
    assert ruling({"personal_data": False}, {"entities": (plate,)}, EVERYTHING).form is Form.FULL


# -- imminent danger to life ------------------------------------------------------------------------------------------
DANGER = {"urgency": Urgency.IMMEDIATE, "severity": Severity.EXTREME, "certainty": Certainty.LIKELY}


@pytest.mark.parametrize("row", [row for row in IN_ORDER if row[1] in {Rule.CLEARANCE, Rule.TLP, Rule.RELEASABLE,
                         Rule.ORIGINATOR_CONTROL, Rule.NEED_TO_KNOW}], ids=lambda row: row[1])  # fmt: skip
def test_danger_to_life_reaches_past_a_refusal_with_the_tearline_alone(row: Any) -> None:
    _, _, agency, report, wish = row
    found = ruling(agency | {"provinces": LOCAL["provinces"]}, report | DANGER | {"tearline": "Leave."}, wish)
    assert (found.rule, found.form) == (Rule.IMMINENT_DANGER, Form.TEARLINE)
    bare = ruling(agency | {"provinces": LOCAL["provinces"]}, report | DANGER, wish)
    assert (bare.rule, bare.form) == (Rule.IMMINENT_DANGER, Form.POINTER)


@pytest.mark.parametrize(
    ("agency", "report"),
    [
        ({"provinces": (Province.PUNJAB,)}, {}),
        ({"districts": ("Mardan",)}, {}),
        ({"foreign": True}, {}),
        ({"active": False}, {}),
        ({}, {"status": Status.EXERCISE}),
        ({}, {"urgency": Urgency.EXPECTED}),
        ({}, {"severity": Severity.MODERATE}),
        ({}, {"certainty": Certainty.POSSIBLE}),
    ],
    ids=lambda changes: str(changes or "-"),
)
def test_danger_opens_nothing_elsewhere_abroad_in_an_exercise_or_where_it_is_less(
    agency: dict[str, Any], report: dict[str, Any]
) -> None:
    found = ruling(LOCAL | agency, RED | DANGER | report, EVERYTHING)
    assert found.form is None


def test_who_may_have_it_anyway_has_it_in_its_own_form_whatever_the_danger() -> None:
    found = ruling(LOCAL, DANGER, None)
    assert (found.rule, found.form) == (Rule.JURISDICTION, Form.FULL)


# -- what is known already --------------------------------------------------------------------------------------------
def test_a_part_of_it_hears_without_asking_unless_a_handling_rule_forbids() -> None:
    registry = registry_of(an_agency(**STRANGER))
    known = {ME: "you reported the same incident"}
    for report, rule in ((a_report(), Rule.MEMBER), (a_report(**RED), Rule.TLP)):
        asked = facets(report, registry)
        rulings = with_members(route(asked, registry), known, asked, registry)
        assert {each.agency: each.rule for each in rulings}[ME] is rule


def test_an_echo_is_no_news_to_the_informed_and_changes_no_refusal() -> None:
    told = (Ruling("A", Rule.SUBSCRIPTION, Form.FULL), Ruling("B", Rule.SUBSCRIPTION, Form.FULL), Ruling("C", Rule.TLP))
    found = without_echo(told, frozenset("AC"))
    assert [(each.agency, each.rule, each.form) for each in found] == [
        ("A", Rule.ECHO, None),
        ("B", Rule.SUBSCRIPTION, Form.FULL),
        ("C", Rule.TLP, None),
    ]


def test_the_rulings_of_a_snapshot_are_kept_and_a_change_of_the_registry_makes_new_ones() -> None:
    registry = registry_of(an_agency(**STRANGER))
    report = a_report(occurred=None, reported_at=a_report().reported_at - minutes(1))
    one, other = route(facets(report, registry), registry), route(facets(a_report(), registry), registry)
    assert one == other
    assert all(first is second for first, second in zip(one, other, strict=True) if first.agency != report.agency)
    after = registry.with_entries([a_subscription()])
    assert by_rule(route(facets(report, after), after))[Rule.SUBSCRIPTION] == (ME,)
