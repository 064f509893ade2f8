"""Whose word it is: lineage counted whatever came first, rings named, and nothing of it told to who may not know."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW, a_handling, a_report, a_subscription, a_token, minutes
from centre import Centre
from fusionbus.contract import ids
from fusionbus.contract.handling import Source
from fusionbus.contract.incident import Incident, Member, Relation
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import TLP, Credibility, MsgType
from fusionbus.streams import incidents
from fusionbus.streams.enrich import enrich
from fusionbus.streams.lineage import origins_of, ring_of
from fusionbus.streams.values import Joined
from hub import HubOnPaper, a_federation

AGENCIES = ("CTD-KP", "POLICE-KP", "IB", "NACTA", "CTD-PB")


def ref(agency: str, number: int = 1) -> str:
    """The id of an agency's report, known before it is written."""
    return ids.report_id(agency, f"{agency}/{number}")


def told(agency: str, *made_out_of: str, number: int = 1, **changes: Any) -> ThreatReport:
    """An agency's report of one blast, in words of its own."""
    words = (
        f"{agency.casefold()} desk entry {number} on the spice bazaar handcart blast, as {changes.pop('how', 'heard')}."
    )
    source = changes.pop("source", Source(derived_from=made_out_of))
    at = NOW + minutes(AGENCIES.index(agency) + 7 * number)
    made = {"reported_at": at, "narrative": words, "headline": "Blast in a bazaar in Peshawar", "source": source}
    return a_report(agency=agency, local_ref=f"{agency}/{number}", **made | changes)


def together(*reports: ThreatReport) -> Incident:
    """The one incident these reports make, told in this order."""
    centre = Centre()
    for report in reports:
        centre.take(report)
    (incident,) = centre.incidents.values()
    return incident


def test_the_original_that_comes_after_its_echo_is_no_further_origin() -> None:
    centre = Centre()
    centre.take(told("CTD-KP", ref("IB")))
    match = centre.take(told("IB"))
    assert isinstance(match, Joined)
    assert (match.relation, match.origin) == (Relation.RELAY, ref("IB"))
    (incident,) = centre.incidents.values()
    assert (incident.independent_origins, incident.credibility) == (1, Credibility.CANNOT_BE_JUDGED)


def test_two_that_quote_a_third_which_is_not_here_have_one_origin() -> None:
    incident = together(told("CTD-KP", ref("NACTA")), told("POLICE-KP", ref("NACTA")))
    assert incident.members[1].relation is Relation.RELAY
    assert incident.independent_origins == 1


def test_two_that_quote_different_reports_have_two() -> None:
    assert together(told("CTD-KP", ref("NACTA")), told("POLICE-KP", ref("IB"))).independent_origins == 2


def test_a_summary_of_two_independent_reports_leaves_them_two() -> None:
    summary = told("NACTA", ref("CTD-KP"), ref("IB"))
    incident = together(told("CTD-KP"), told("IB"), summary)
    assert (incident.independent_origins, incident.members[2].relation) == (2, Relation.RELAY)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_three_reports_made_out_of_each_other_are_one_word_in_any_order(order: tuple[int, ...]) -> None:
    ring = [told("CTD-KP", ref("IB")), told("POLICE-KP", ref("CTD-KP")), told("IB", ref("POLICE-KP"))]
    incident = together(*(ring[place] for place in order))
    assert (incident.independent_origins, incident.echo_ring) == (1, ("CTD-KP", "IB", "POLICE-KP"))
    assert incident.credibility is not Credibility.CONFIRMED


def test_a_word_that_comes_back_to_its_agency_through_two_others_makes_a_ring() -> None:
    first, last = told("CTD-KP"), told("CTD-KP", ref("IB"), number=2)
    chain = (told("POLICE-KP", ref("CTD-KP")), told("IB", ref("POLICE-KP")))
    assert together(first, *chain).echo_ring == ()
    incident = together(first, *chain, last)
    assert (incident.independent_origins, incident.echo_ring) == (1, ("CTD-KP", "IB", "POLICE-KP"))


def test_whoever_stands_outside_a_ring_confirms_it() -> None:
    ring = (told("CTD-KP", ref("IB")), told("IB", ref("CTD-KP")))
    incident = together(*ring, told("CTD-PB", how="seen"))
    assert (incident.independent_origins, incident.echo_ring) == (2, ("CTD-KP", "IB"))
    assert incident.credibility is Credibility.CONFIRMED


def test_a_ring_that_one_report_leaves_is_a_ring_no_more() -> None:
    incident = together(told("CTD-KP", ref("IB")), told("IB", ref("CTD-KP")))
    after = incidents.withdrawn(incident, ref("IB"), 2, NOW)
    assert after.echo_ring == ()


def test_a_correction_that_names_its_source_loses_its_own_word() -> None:
    incident = together(told("CTD-KP", how="seen"), told("IB", how="overheard"))
    assert incident.independent_origins == 2
    confessed = told("IB", ref("CTD-KP"), msg_type=MsgType.UPDATE, revision=2)
    assert incidents.revised(incident, enrich(confessed), NOW).independent_origins == 1


def test_lineage_finds_the_incident_that_words_and_place_would_not() -> None:
    """Place, time and words are the report's own affair; what it was made out of is stated."""
    centre = Centre()
    centre.take(told("CTD-KP", ref("IB")))
    bare = told("IB", place=None, occurred=None, headline="Reference", narrative=None, category=None, weapon=None)
    assert isinstance(centre.take(bare), Joined)


@st.composite
def members(draw: st.DrawFn) -> list[Member]:
    """Members that quote each other at will, also what is not here, some withdrawn."""
    names = [*AGENCIES, "FIA", "FMU"]
    known = [ref(name) for name in names]
    (first,) = together(told("CTD-KP")).members
    made = []
    for name in names[: draw(st.integers(1, len(names)))]:
        quoted = draw(st.lists(st.sampled_from(known), max_size=3, unique=True))
        changes = {"report_id": ref(name), "origin": ref(name), "agency": name, "withdrawn": draw(st.booleans())}
        made.append(first.model_copy(update=changes | {"derived_from": tuple(q for q in quoted if q != ref(name))}))
    return made


@given(members(), st.randoms(use_true_random=False))
def test_origins_and_rings_do_not_depend_on_the_order_of_arrival(held: list[Member], chance: Any) -> None:
    shuffled = list(held)
    chance.shuffle(shuffled)
    assert origins_of(held) == origins_of(shuffled)
    assert ring_of(held) == ring_of(shuffled)


@given(members())
def test_an_origin_stands_and_there_are_never_more_than_reports_that_do(held: list[Member]) -> None:
    standing = {member.report_id for member in held if not member.withdrawn}
    assert origins_of(held) <= standing
    assert ring_of(held) <= {member.agency for member in held if not member.withdrawn}
    assert len(ring_of(held)) != 1


@given(members())
def test_who_quotes_nobody_is_an_origin_and_who_quotes_one_that_stands_is_none(held: list[Member]) -> None:
    standing = [member for member in held if not member.withdrawn]
    quoted = {source for member in held for source in member.derived_from}
    here = {member.report_id for member in held}
    for member in standing:
        if not here & set(member.derived_from):
            assert member.report_id in origins_of(held)
        elif member.report_id not in quoted:
            assert member.report_id not in origins_of(held)


def test_the_alert_counts_a_ring_and_names_it_to_nobody() -> None:
    hub = HubOnPaper.of([*a_federation(), a_subscription(agency="CTD-PB")])
    hub.send(told("CTD-KP", ref("IB"), reported_at=NOW), told("POLICE-KP", ref("CTD-KP"), reported_at=NOW))
    hub.send(told("IB", ref("POLICE-KP"), reported_at=NOW))
    assert hub.incident().echo_ring == ("CTD-KP", "IB", "POLICE-KP")
    last = hub.alerts_of("CTD-PB")[-1]
    assert (last.incident.echo_ring, last.incident.independent_origins) == (3, 1)
    assert last.incident.credibility is not Credibility.CONFIRMED
    assert ref("CTD-KP") not in last.model_dump_json()


def test_a_ring_through_a_report_that_is_withheld_does_not_show() -> None:
    hub = HubOnPaper.of([*a_federation(), a_subscription(agency="CTD-PB")])
    hidden = a_handling(tlp=TLP.RED, releasable_to=("NACTA",))
    hub.send(told("CTD-KP", ref("IB"), reported_at=NOW), told("IB", ref("CTD-KP"), reported_at=NOW, handling=hidden))
    hub.send(told("CTD-KP", ref("IB"), reported_at=NOW, msg_type=MsgType.UPDATE, revision=2))
    assert hub.incident().echo_ring == ("CTD-KP", "IB")
    assert hub.alerts_of("CTD-PB")[-1].incident.echo_ring == 0
    assert hub.alerts_of("NACTA")[-1].incident.echo_ring == 2


def test_one_source_heard_by_a_chain_of_agencies_is_one_origin() -> None:
    source = Source(source_token=a_token("source"))
    relayed = told("POLICE-KP", ref("CTD-KP"))
    incident = together(told("CTD-KP", source=source), relayed, told("IB", source=source, how="seen"))
    assert incident.independent_origins == 1
