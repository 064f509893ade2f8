"""Laws of joining and parting: what is undone was never done, and no confirmation comes out of nothing."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from builders import NOW, a_report, a_token
from fusionbus.contract import ids
from fusionbus.contract.handling import Source
from fusionbus.contract.incident import Incident, Relation
from fusionbus.streams import incidents, merging
from fusionbus.streams.enrich import enrich
from fusionbus.streams.values import Joined

AGENCIES = ("CTD-KP", "IB", "POLICE-KP", "FC-KP")
LAW = settings(max_examples=80, deadline=None)
LATER = NOW + timedelta(hours=1)


@st.composite
def an_incident(draw: st.DrawFn, name: str) -> Incident:
    """One to five reports, each an origin of its own or an echo of one before it."""
    held: Incident | None = None
    for number in range(draw(st.integers(1, 5))):
        told: dict[str, Any] = {
            "agency": draw(st.sampled_from(AGENCIES)),
            "local_ref": f"{name}-{number}",
            "narrative": f"Words of {name} {number}.",
            "source": Source(source_token=draw(st.none() | st.builds(a_token, st.just("source"), st.integers(1, 3)))),
        }
        enriched = enrich(a_report(**told))
        if held is None:
            held = incidents.opened(enriched, NOW + timedelta(seconds=len(name)))
            continue
        origin = draw(st.none() | st.sampled_from([member.origin for member in held.members]))
        relation = Relation.CORROBORATION if origin is None else Relation.RELAY
        match = Joined(held.incident_id, relation, origin or enriched.report.report_id, 0.9, ())
        held = incidents.joined(held, enriched, match, NOW)
    assert held is not None
    return held


def content(incident: Incident) -> dict[str, Any]:
    """All of an incident but how often and when it changed, and where its reports were told of meanwhile."""
    return incident.model_dump(exclude={"revision": True, "updated_at": True, "members": {"__all__": {"told"}}})


@LAW
@given(an_incident("a"), an_incident("bb"))
def test_what_is_joined_and_taken_apart_again_is_as_it_was(one: Incident, other: Incident) -> None:
    kept, name = merging.merged(one, other, LATER)
    rest, again = merging.restored(kept, name, LATER)
    assert (content(rest), content(again)) == (content(one), content(other))
    assert (rest.revision, again.revision) == (one.revision + 2, other.revision + 1)


@LAW
@given(an_incident("a"), an_incident("bb"))
def test_joining_adds_no_origin_that_neither_had_and_loses_no_report(one: Incident, other: Incident) -> None:
    kept, name = merging.merged(one, other, LATER)
    most = one.independent_origins + other.independent_origins
    assert one.independent_origins <= kept.independent_origins <= most
    assert [m.report_id for m in kept.members] == [m.report_id for m in (*one.members, *other.members)]
    assert merging.elder_first(one, other) == merging.elder_first(other, one) == (one, other)
    assert merging.merged(kept, name, LATER) == (kept, name)


@LAW
@given(an_incident("a"), st.data())
def test_parting_leaves_each_report_in_one_of_two_and_ids_that_follow_from_their_first(
    one: Incident, data: st.DataObject
) -> None:
    names = [member.report_id for member in one.members]
    out = set(data.draw(st.lists(st.sampled_from(names), unique=True, min_size=1)))
    if not merging.leaving(one, out):
        assert out == set(names)
        return
    left, home = merging.parted(one, out, None, LATER)
    assert sorted(names) == sorted(member.report_id for part in (left, home) for member in part.members)
    assert left.incident_id == one.incident_id == ids.incident_id(one.zone, left.members[0].report_id)
    assert home.incident_id == ids.incident_id(one.zone, home.members[0].report_id)
    for part in (left, home):
        assert part.members[0].relation is Relation.ORIGINAL
        here = {member.report_id for member in part.members}
        assert {member.origin for member in part.members} <= here
        assert 1 <= part.independent_origins <= len(part.members)
    joined, _ = merging.merged(left, home, LATER)
    assert joined.independent_origins <= max(
        one.independent_origins, left.independent_origins + home.independent_origins
    )
