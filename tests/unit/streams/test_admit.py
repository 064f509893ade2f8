"""Whether a revision is news: given what was here before, and nothing else."""

from typing import Any

import pytest

from builders import NOW, ZONE, a_report
from fusionbus.contract.codec import encode
from fusionbus.contract.handling import Signature
from fusionbus.contract.records import RejectReason
from fusionbus.contract.vocabulary import MsgType
from fusionbus.streams.admit import admit_report, digest_of, recall, remember
from fusionbus.streams.values import Admitted, Rejection, Repeat, SeenReport

Outcome = Admitted | Repeat | Rejection


def admitted(seen: SeenReport | None, zone: str = ZONE, **changes: Any) -> Outcome:
    report = a_report(**changes)
    return admit_report(report, encode(report), seen, NOW, zone)


def after(*steps: dict[str, Any]) -> SeenReport | None:
    """What is remembered after these revisions."""
    seen = None
    for step in steps:
        outcome = admitted(seen, **step)
        assert isinstance(outcome, Admitted)
        seen = recall(remember(outcome, 7))
    return seen


def revision(number: int, **changes: Any) -> dict[str, Any]:
    return {"revision": number, "msg_type": MsgType.UPDATE} | changes


FIRST: dict[str, Any] = {}
GONE = revision(3, msg_type=MsgType.CANCEL)

NEWS: list[tuple[str, tuple[dict[str, Any], ...], dict[str, Any]]] = [
    ("a first report", (), FIRST),
    ("an update whose first revision was lost", (), revision(4)),
    ("the next revision", (FIRST,), revision(2)),
    ("a later one, past a gap", (FIRST,), revision(9)),
    ("a withdrawal", (FIRST,), GONE),
]
OLD: list[tuple[str, tuple[dict[str, Any], ...], dict[str, Any]]] = [
    ("the same again", (FIRST,), FIRST),
    ("an update again", (FIRST, revision(2)), revision(2)),
    ("an older one, out of order", (FIRST, revision(2)), FIRST),
    ("a withdrawal again", (FIRST, GONE), GONE),
    ("a revision from before the withdrawal", (FIRST, GONE), revision(2)),
]
WRONG: list[tuple[str, tuple[dict[str, Any], ...], dict[str, Any], RejectReason, str]] = [
    ("a withdrawal of nothing", (), GONE, RejectReason.UNKNOWN_REPORT, "no report"),
    ("other content under one number", (FIRST,), {"headline": "Other"}, RejectReason.CONTENT_CHANGED, "revision 2"),
    ("an update that says it is a report", (FIRST,), revision(2, msg_type=MsgType.REPORT),
     RejectReason.CONTENT_CHANGED, "`update` or `cancel`"),
    ("an update of what was withdrawn", (FIRST, GONE), revision(4), RejectReason.WITHDRAWN, "new local_ref"),
    ("another withdrawal", (FIRST, GONE), GONE | {"revision": 4}, RejectReason.WITHDRAWN, "new local_ref"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "before", "now"), NEWS, ids=[row[0] for row in NEWS])
def test_news_is_admitted(name: str, before: tuple[dict[str, Any], ...], now: dict[str, Any]) -> None:
    assert isinstance(admitted(after(*before), **now), Admitted), name


@pytest.mark.parametrize(("name", "before", "now"), OLD, ids=[row[0] for row in OLD])
def test_what_was_here_is_a_repeat(name: str, before: tuple[dict[str, Any], ...], now: dict[str, Any]) -> None:
    assert isinstance(admitted(after(*before), **now), Repeat), name


@pytest.mark.parametrize(("name", "before", "now", "reason", "says"), WRONG, ids=[row[0] for row in WRONG])
def test_what_contradicts_is_refused_with_what_to_do(
    name: str, before: tuple[dict[str, Any], ...], now: dict[str, Any], reason: RejectReason, says: str
) -> None:
    outcome = admitted(after(*before), **now)
    assert isinstance(outcome, Rejection), name
    assert (outcome.reason, outcome.report_id) == (reason, a_report().report_id)
    assert says in outcome.sentence


def test_later_revisions_stay_in_the_zone_of_the_first() -> None:
    outcome = admitted(after(FIRST), zone="PK-SD", **revision(2))
    assert isinstance(outcome, Admitted)
    assert outcome.zone == ZONE


def test_what_is_remembered_is_read_back() -> None:
    outcome = admitted(None)
    assert isinstance(outcome, Admitted)
    digest = digest_of(encode(a_report()))
    assert recall(remember(outcome, 7)) == SeenReport(1, ZONE, digest, withdrawn=False, offset=7)
    assert recall(None) is None


def test_a_script_run_again_says_the_same_thing_at_another_time_and_under_another_seal() -> None:
    first = a_report(narrative='They said "reported_at":"now" ,"signature":{ and left.')
    later = first.model_copy(update={"reported_at": NOW})
    sealed = first.model_copy(update={"signature": Signature(key_id="desk-1", value="A" * 86 + "==")})
    changed = first.model_copy(update={"narrative": "They left."})
    digests = {digest_of(encode(report)) for report in (first, later, sealed)}
    assert len(digests) == 1
    assert digest_of(encode(changed)) not in digests
