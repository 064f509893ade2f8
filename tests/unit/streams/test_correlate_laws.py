"""Laws of correlation: it depends on what is open alone, and shows what it weighed."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOW, a_place, a_report, an_interval, minutes
from centre import Centre, killed
from fusionbus.contract.codec import decode, encode
from fusionbus.contract.incident import Incident
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import (
    Province,
    Status,
    ThreatCategory,
)
from fusionbus.streams import incidents
from fusionbus.streams.correlate import Limits, OpenIncidents
from fusionbus.streams.correlate.compare import weigh
from fusionbus.streams.correlate.decide import decide
from fusionbus.streams.correlate.score import scores
from fusionbus.streams.correlate.told import told_by
from fusionbus.streams.correlate.weights import committed
from fusionbus.streams.enrich import enrich
from fusionbus.streams.values import Joined, Match

PLACES = [
    a_place(),
    a_place(district="Kohat", name="Kohat", lat=33.58, lon=71.45),
    a_place(province=Province.SINDH, district="Karachi South", name="Lyari", lat=24.87, lon=67.0),
    None,
]
TEXTS = ["Grenade thrown at a depot gate", "Riders shot at a toll plaza", "Blast in a bus stand, four hurt", None]


@st.composite
def reports(draw: st.DrawFn, days: int = 4) -> list[ThreatReport]:
    """Some reports of so many days, in no order of place or agency."""
    count = draw(st.integers(1, 14))
    made = []
    for number in range(count):
        at = NOW + minutes(draw(st.integers(0, days * 24 * 60)))
        toll = draw(st.one_of(st.none(), st.integers(0, 60)))
        made.append(
            a_report(
                agency=draw(st.sampled_from(["CTD-KP", "POLICE-KP", "IB"])),
                local_ref=f"{number}",
                status=draw(st.sampled_from([Status.ACTUAL, Status.EXERCISE])),
                occurred=draw(st.sampled_from([None, an_interval(at - minutes(30))])),
                reported_at=at,
                place=draw(st.sampled_from(PLACES)),
                category=draw(st.sampled_from([None, ThreatCategory.BOMBING, ThreatCategory.ARMED_ASSAULT])),
                headline=draw(st.sampled_from(TEXTS)),
                narrative=None,
                casualties=() if toll is None else killed(toll),
            ),
        )
    return sorted(made, key=lambda report: report.reported_at)


@settings(max_examples=60, deadline=None)
@given(reports(), st.integers(0, 40), st.randoms(use_true_random=False))
def test_rebuilt_from_its_incidents_it_decides_alike(told: list[ThreatReport], all_below: int, chance: Any) -> None:
    limits = Limits(all_below=all_below)
    centre = Centre(limits)
    for report in told[:-1]:
        centre.take(report, report.reported_at)
    rebuilt = OpenIncidents(limits)
    shuffled = list(centre.incidents.values())
    chance.shuffle(shuffled)
    for incident in shuffled:
        rebuilt.put(incident)
    last = enrich(told[-1])
    assert decide(last, rebuilt, committed()) == decide(last, centre.open, committed())


@settings(max_examples=60, deadline=None)
@given(reports(days=20), st.integers(1, 6), st.randoms(use_true_random=False))
def test_what_has_closed_leaves_no_trace(told: list[ThreatReport], bound: int, chance: Any) -> None:
    limits = Limits(all_below=0, candidates_max=bound, postings_max=4 * bound, key_postings_max=bound)
    centre = Centre(limits)
    for report in told[:-1]:
        for gone in centre.open.expire(report.reported_at):
            del centre.incidents[gone]
        centre.take(report, report.reported_at)
    rebuilt = OpenIncidents(limits)
    shuffled = list(centre.incidents.values())
    chance.shuffle(shuffled)
    for incident in shuffled:
        rebuilt.put(incident)
    last = enrich(told[-1])
    assert decide(last, rebuilt, committed()) == decide(last, centre.open, committed())


@settings(max_examples=60, deadline=None)
@given(reports(), st.integers(0, 13))
def test_a_revised_member_is_read_anew_and_the_others_stay(told: list[ThreatReport], which: int) -> None:
    centre = Centre()
    for report in told:
        centre.take(report, report.reported_at)
    old = told[which % len(told)]
    new = old.model_copy(update={"revision": 2, "headline": "Rockets at a pylon", "place": PLACES[1]})
    incident_id = centre.open.incident_of(old.report_id)
    assert incident_id is not None
    revised = incidents.revised(centre.incidents[incident_id], enrich(new), NOW)
    centre.incidents[incident_id] = revised
    rebuilt = OpenIncidents()
    centre.open.put(revised)
    for incident in centre.incidents.values():
        rebuilt.put(incident)
    for report in told:
        assert centre.open.incident_of(report.report_id) == rebuilt.incident_of(report.report_id)
        again = enrich(report)
        assert decide(again, rebuilt, committed()) == decide(again, centre.open, committed())


@settings(max_examples=60, deadline=None)
@given(reports())
def test_what_is_shown_of_a_comparison_weighs_what_was_weighed(told: list[ThreatReport]) -> None:
    held = OpenIncidents()
    for report in told[:-1]:
        held.put(incidents.opened(enrich(report), report.reported_at))
    last = enrich(told[-1])
    for scored in scores(last, told_by(last), held, committed()):
        assert weigh(scored.findings, committed().bits) == pytest.approx(scored.bits, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(reports())
def test_statuses_never_share_an_incident(told: list[ThreatReport]) -> None:
    centre = Centre()
    for report in told:
        centre.take(report, report.reported_at)
    status_of = {report.report_id: report.status for report in told}
    for incident in centre.incidents.values():
        assert {status_of[member.report_id] for member in incident.members} == {incident.status}
    assert len(centre.open) == len(centre.incidents)


@settings(max_examples=60, deadline=None)
@given(reports())
def test_what_is_put_together_unchecked_is_what_the_models_would_have_made(told: list[ThreatReport]) -> None:
    centre = Centre()
    for report in told:
        centre.take(report, report.reported_at)
    for incident in centre.incidents.values():
        raw = encode(incident)
        assert decode(Incident, raw) == incident
        assert encode(Incident.model_validate_json(raw)) == raw


@settings(max_examples=60, deadline=None)
@given(reports(), st.randoms(use_true_random=False))
def test_in_which_order_the_reports_of_an_incident_came_does_not_matter(told: list[ThreatReport], chance: Any) -> None:
    centre = Centre()
    for report in told[:-1]:
        centre.take(report, NOW)
    mixed = OpenIncidents()
    for incident in chance.sample(list(centre.incidents.values()), len(centre.incidents)):
        members = chance.sample(incident.members, len(incident.members))
        mixed.put(incident.model_copy(update={"members": tuple(members)}))
    last = enrich(told[-1])
    one, other = decide(last, centre.open, committed()), decide(last, mixed, committed())
    assert _where(one) == _where(other)


def _where(match: Match) -> object:
    """Where a report is put, and how surely; whose word it echoes may differ, for of two equals the first is named."""
    if isinstance(match, Joined):
        return match.incident_id, match.probability, match.reasons, match.also
    return match


EVENTS = (
    ("Grenade thrown at a depot gate in Kohat, four hurt", PLACES[1], 0),
    ("Riders shot at a toll plaza in Lyari, two killed", PLACES[2], 90),
    ("Rockets hit a pylon near Kohat, none hurt", PLACES[1], 3 * 24 * 60),
)


@settings(max_examples=60, deadline=None)
@given(st.permutations([(event, teller) for event in range(len(EVENTS)) for teller in ("CTD-KP", "POLICE-KP", "IB")]))
def test_events_told_clearly_are_the_same_incidents_in_whichever_order_they_are_told(
    order: list[tuple[int, str]],
) -> None:
    centre = Centre()
    for event, teller in order:
        headline, place, after = EVENTS[event]
        at = NOW + minutes(after)
        report = a_report(
            agency=teller, local_ref=f"{event}", headline=headline, narrative=None, place=place, casualties=(),
            occurred=an_interval(at), reported_at=at + minutes(20), category=None,
        )  # fmt: skip
        centre.take(report, NOW)
    found = {frozenset(member.report_id for member in incident.members) for incident in centre.incidents.values()}
    assert {len(ids) for ids in found} == {3}
    assert len(found) == len(EVENTS)
