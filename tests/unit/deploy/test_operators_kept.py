"""What operators see of how long reports are kept, and how far topics may be cut."""

from datetime import timedelta

from builders import NOW
from fusionbus.contract.handling import Legal
from fusionbus.contract.keeping import LegalHold
from fusionbus.deploy.operators.kept import Cut, carries_reports, cuts, kept
from hub import HubOnPaper
from records_desk import give, marked, order, purge, sweep


def a_hub() -> HubOnPaper:
    """A report to be reviewed, one that is held, one that was purged, and one of which nothing is noted."""
    hub = HubOnPaper.of()
    due = Legal(review_due=NOW + timedelta(days=1), retention_until=NOW + timedelta(days=100))
    hub.send(marked(legal=due))
    hub.send(marked(local_ref="held", occurred=None, place=None, legal=Legal(retention_until=NOW + timedelta(days=9))))
    give(hub, order(LegalHold, marked(local_ref="held")))
    hub.send(marked(local_ref="gone", occurred=None, place=None), marked(local_ref="plain", occurred=None, place=None))
    purge(hub, marked(local_ref="gone"))
    return hub


def test_what_is_due_or_held_is_shown_and_what_must_go_soonest_first() -> None:
    hub = a_hub()
    found = kept(hub.incidents().values())
    assert [one.report_id for one in found] == [
        marked(local_ref="held").report_id,
        marked().report_id,
        marked(local_ref="gone").report_id,
    ]
    assert [one.is_pressing(NOW) for one in found] == [True, False, False]
    assert found[0].states(NOW) == ("held by CTD-KP", "until 2026-03-14")
    assert found[2].states(NOW) == ("purged 2026-03-05",)
    sweep(hub, timedelta(days=20))
    now = hub.now
    found = kept(hub.incidents().values())
    assert [one.is_pressing(now) for one in found] == [True, True, False]
    assert found[0].states(now) == ("held by CTD-KP", "past 2026-03-14")
    assert found[1].states(now)[1] == "review due since 2026-03-06, its originator was told"


def test_a_topic_is_cut_only_as_far_as_all_its_readers_have_read() -> None:
    spans = {
        ("accepted", 0): (0, 9),
        ("alerts-CTD-KP", 0): (2, 10),
        ("alerts-IB", 0): (0, 4),
        ("alerts-NACTA", 0): (3, 3),
        ("reports-CTD-KP", 1): (5, 8),
    }
    committed = {
        "fusion-hub": {("accepted", 0): 9, ("reports-CTD-KP", 1): 5},
        "CTD-KP.alerts": {("alerts-CTD-KP", 0): 10},
        "CTD-KP.archive": {("alerts-CTD-KP", 0): 6},
        "IB.other": {("alerts-CTD-KP", 0): 1},
    }
    found, unread = cuts(spans, committed)
    assert found == [Cut(("accepted", 0), 9, 9), Cut(("alerts-CTD-KP", 0), 6, 4)]
    assert unread == ["alerts-IB"]


def test_only_topics_that_carry_reports_are_cut() -> None:
    names = (
        "accepted",
        "observations",
        "reports-X",
        "alerts-X",
        "control-X",
        "receipts-X",
        "audit",
        "incidents",
        "dead-letters",
    )
    assert list(filter(carries_reports, names)) == ["accepted", "observations", "reports-X", "alerts-X"]
