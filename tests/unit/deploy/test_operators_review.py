"""What an analyst is asked, and what the answer says to the hub."""

from datetime import timedelta
from typing import Any

import pytest

from analysts import OTHER_WORDS, A, B, a_verdict, the_blast, the_raid, told_of
from builders import NOW, a_place, an_interval
from fusionbus.contract import topics
from fusionbus.contract.codec import encode
from fusionbus.contract.control import Split, Verdict
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.incident import Link, Reason
from fusionbus.contract.vocabulary import MsgType
from fusionbus.deploy.operators import review
from fusionbus.deploy.operators.bus import Written
from fusionbus.deploy.operators.review import Pair
from hub import HubOnPaper

HEAD = {"agency": "NACTA", "at": NOW, "reason": "Seen."}


def a_link(number: int = 1, **changes: Any) -> Link:
    made: dict[str, Any] = {
        "link_id": f"{number:08x}-0000-4000-8000-000000000000",
        "incidents": (A, B),
        "type": "possible",
        "reasons": (Reason(field="place", bits=-1.0, said="far"), Reason(field="time", bits=0.0, said="near")),
        "decided_by": "correlate",
        "at": NOW,
    }
    return Link(**made | changes)


def written(*messages: Any) -> list[Written]:
    """The messages as records, keyed by their own id."""
    return [
        Written("t", 0, at, NOW, (getattr(each, "link_id", None) or each.incident_id).encode(), encode(each))
        for at, each in enumerate(messages)
    ]


def pairs(hub: HubOnPaper, *links: Link) -> list[Pair]:
    incidents = review.incidents_of(written(*hub.incidents().values()), review.asked(links))
    return review.pairs(review.links_of(written(*links)), incidents)


def test_pairs_come_likeliest_first_with_the_probability_of_their_bits() -> None:
    hub = told_of(the_blast(), the_raid())
    surer = a_link(2, reasons=(Reason(field="time", bits=2.0, said="near"),))
    found = pairs(hub, a_link(), surer)
    assert [pair.link.link_id for pair in found] == [surer.link_id, a_link().link_id]
    assert [round(pair.probability, 3) for pair in found] == [0.8, 0.333]
    assert all(pair.is_open for pair in found)
    assert "Bannu" in review.told(found[0].incidents[1])


def test_what_was_decided_or_is_over_is_asked_no_more() -> None:
    hub = told_of(the_blast(), the_raid())
    hub.tell(a_verdict("not_same"))
    (decided,) = [link for link in hub.links() if link.type == "split"]
    (pair,) = pairs(hub, a_link(), decided)
    assert (pair.is_open, pair.decided) == (False, "split, NACTA")
    closed = [each.model_copy(update={"closed": True}) for each in hub.incidents().values()]
    (over,) = review.pairs([a_link()], {each.incident_id: each for each in closed})
    assert not over.is_open


def test_the_hub_itself_asks_of_a_doubtful_pair_and_takes_the_answer() -> None:
    hub = told_of(the_blast(), the_blast("wrong", "IB", **OTHER_WORDS))
    moved: dict[str, Any] = {
        "place": a_place(name="Dera Ismail Khan", district="Dera Ismail Khan", lat=31.83, lon=70.9)
    }
    moved |= {"occurred": an_interval(NOW - timedelta(days=4)), "reported_at": NOW}
    hub.send(the_blast("wrong", "IB", msg_type=MsgType.UPDATE, revision=2, **OTHER_WORDS | moved))
    (pair,) = pairs(hub, *hub.links())
    assert "still belong" in pair.question
    message = review.message_for(pair, "not-same", **HEAD)
    assert isinstance(message, Split)
    hub.tell(message)
    assert len(hub.incidents()) == 2
    assert not pairs(hub, *hub.links())[0].is_open


def test_an_answer_names_the_zone_and_the_pair() -> None:
    (pair,) = pairs(told_of(the_blast(), the_raid()), a_link())
    message = review.message_for(pair, "same", **HEAD)
    assert isinstance(message, Verdict)
    assert (message.zone, message.incidents, message.decision) == ("PK-KP", (A, B), "same")
    with pytest.raises(Misconfigured, match="same or not-same"):
        review.message_for(pair, "perhaps", **HEAD)


def test_what_is_related_is_shown_and_asks_nothing() -> None:
    tie = a_link(type="shared_token", capped=True, reasons=(Reason(field="phone", bits=0.0, said="the same phone"),))
    assert review.related([tie, a_link(2)], A) == [f"shared token: {B} (the same phone, capped)"]
    assert pairs(told_of(the_blast(), the_raid()), tie) == []


def test_a_decision_on_incidents_of_two_zones_names_both() -> None:
    one, other = told_of(the_blast(), the_raid()).incidents().values()
    abroad = other.model_copy(update={"zone": "PK-SD"})
    assert review.zones_of(one, other) == {"zone": "PK-KP"}
    assert review.zones_of(one, abroad) == {"zone": "PK-KP", "other_zone": "PK-SD"}


def test_a_link_is_named_by_how_its_id_begins() -> None:
    found = pairs(told_of(the_blast(), the_raid()), a_link(1), a_link(2))
    assert review.named(found, "00000002").link.link_id == a_link(2).link_id
    with pytest.raises(Misconfigured, match="2 links begin"):
        review.named(found, "0000")
    with pytest.raises(Misconfigured, match="No link"):
        review.named(found, "ff")


def test_of_a_compacted_topic_the_newest_counts_and_what_cannot_be_read_is_passed_over() -> None:
    newer = a_link(at=NOW + timedelta(hours=1), decided_by="later")
    broken = Written(topics.LINKS, 0, 9, NOW, b"x", b"{")
    assert review.links_of([*written(a_link(), newer), broken]) == [newer]
