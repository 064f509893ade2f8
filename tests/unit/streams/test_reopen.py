"""A correction that says when or where anew re-opens the decision: a person is asked, and the answer holds."""

from datetime import timedelta

from analysts import OTHER_WORDS, A, a_split, a_verdict, incident_of, the_blast, told_of
from builders import NOW, a_place, an_interval
from fusionbus.contract.incident import Link
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import MsgType, Province
from hub import HubOnPaper

ELSEWHERE = a_place(district="Dera Ismail Khan", name="Dera Ismail Khan", lat=31.83, lon=70.9)
WRONG = the_blast("wrong", "IB", **OTHER_WORDS)


def corrected(revision: int = 2, **changes: object) -> ThreatReport:
    """The second account, corrected."""
    return the_blast(
        "wrong", "IB", msg_type=MsgType.UPDATE, revision=revision, reported_at=NOW, **OTHER_WORDS | changes
    )


def moved(revision: int = 2) -> ThreatReport:
    return corrected(revision, place=ELSEWHERE, occurred=an_interval(NOW - timedelta(days=4)))


def doubts(hub: HubOnPaper) -> list[Link]:
    return [link for link in hub.links() if link.type == "possible_split"]


def test_a_correction_to_another_place_and_day_is_put_before_a_person_with_reasons() -> None:
    hub = told_of(the_blast(), WRONG)
    assert len(hub.incident().members) == 2
    hub.send(moved())
    (link,) = doubts(hub)
    assert (link.incidents, link.report_id) == ((A, incident_of(WRONG)), WRONG.report_id)
    assert {"time", "place"} <= {reason.field for reason in link.reasons}
    assert len(hub.incident().members) == 2
    hub.tell(a_split(WRONG))
    assert set(hub.incidents()) == {A, incident_of(WRONG)}


def test_a_correction_of_words_or_of_what_fits_asks_nobody() -> None:
    hub = told_of(the_blast(), WRONG)
    hub.send(corrected(2, headline="Explosion near the spice market: three hurt"))
    hub.send(corrected(3, occurred=an_interval(NOW - timedelta(minutes=45))))
    assert doubts(hub) == []


def test_the_only_report_of_an_incident_may_say_anything() -> None:
    hub = told_of(the_blast())
    hub.send(the_blast(msg_type=MsgType.UPDATE, revision=2, reported_at=NOW, place=a_place(province=Province.SINDH)))
    assert doubts(hub) == []


def test_a_person_may_say_that_it_stays() -> None:
    hub = told_of(the_blast(), WRONG)
    hub.send(moved())
    hub.tell(a_verdict(incidents=doubts(hub)[0].incidents))
    assert hub.receipts_of("NACTA")[-1].sentence == f"Incident {A} stays as it is."
    assert len(hub.incident().members) == 2
    hub.send(moved(3).model_copy(update={"headline": "Other words, the same place and day"}))
    assert [link.type for link in hub.links()] == ["possible_split", "same"]


def test_where_the_first_report_moves_away_the_others_would_leave_it() -> None:
    hub = told_of(the_blast(), WRONG)
    first = the_blast(msg_type=MsgType.UPDATE, revision=2, reported_at=NOW, place=ELSEWHERE)
    hub.send(first.model_copy(update={"occurred": an_interval(NOW - timedelta(days=4))}))
    assert doubts(hub)[0].incidents == (A, incident_of(WRONG))
