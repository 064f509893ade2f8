"""Nothing reaches a partner abroad but what was released to it: every kind of report, alert and receipt is tried."""

from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from abroad import HIDDEN, NAMED, PARTNER, Story, every_kind_hidden, leaks, mixed, planted, teller
from builders import a_handling, a_token
from fusionbus.contract.handling import Handling
from fusionbus.contract.records import Receipt, ReceiptOutcome
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import TLP, AlertKind, Form, Kind, MsgType
from kinds import sections
from planted import MARK

LAW: Final = settings(
    max_examples=15,
    phases=[phase for phase in Phase if phase is not Phase.explain],
    deadline=None,  # the first example reads the gazetteer
    suppress_health_check=[HealthCheck.too_slow],
)
FREE: Final[tuple[tuple[str, Handling], ...]] = (
    ("CTD-KP", a_handling(tlp=TLP.CLEAR)),
    ("CTD-PB", NAMED),
    ("IB", a_handling(tlp=TLP.CLEAR, mask_source=True)),
    (PARTNER, a_handling(tlp=TLP.GREEN)),
)


@pytest.fixture(scope="module")
def story() -> Story:
    return mixed()


def test_of_reports_of_every_kind_that_are_not_for_it_the_partner_is_sent_nothing() -> None:
    told = every_kind_hidden()
    assert {report.kind for report in told.sent} == set(Kind)
    kinds = {alert.kind for alert in told.hub.alerts()}
    found = {AlertKind.SURGE, AlertKind.FORECAST, AlertKind.RELATED, AlertKind.FINANCE_PATTERN, AlertKind.WATCH_HIT}
    assert kinds >= found | {AlertKind.INCIDENT, AlertKind.THREAT}, "others are told"
    assert told.hub.dead_letters() == []
    assert told.hub.alerts_of(PARTNER) == []
    assert told.hub.receipts_of(PARTNER) == []


def test_of_one_event_that_many_tell_of_it_reads_what_was_released_and_nothing_else(story: Story) -> None:
    assert len(story.forbidden()) > 100, "there is something to leak"
    assert leaks(story.read(), story.forbidden()) == []


def test_the_story_has_every_kind_of_alert_that_the_hub_sends(story: Story) -> None:
    kinds = {alert.kind for alert in story.hub.alerts()}
    assert kinds >= {AlertKind.INCIDENT, AlertKind.RECALL, AlertKind.DECONFLICTION}
    theirs = {alert.kind for alert in story.hub.alerts_of(PARTNER)}
    assert theirs == {AlertKind.INCIDENT, AlertKind.RECALL, AlertKind.ESCALATION, AlertKind.SHARING_REQUEST}
    assert all(alert.form is not Form.FULL for alert in story.hub.alerts_of(PARTNER))


def test_a_notice_of_a_missed_deadline_speaks_of_a_report_that_the_partner_knows(story: Story) -> None:
    known = {alert.body.reported_at for alert in story.hub.alerts_of(PARTNER) if not alert.kind.is_notice}
    own = {report.reported_at for report in story.sent if report.agency == PARTNER}
    late = [alert for alert in story.hub.alerts_of(PARTNER) if alert.kind is AlertKind.ESCALATION]
    assert late
    assert {alert.body.reported_at for alert in late} <= known | own


def test_why_somebody_wants_to_pass_its_report_on_is_not_told_abroad(story: Story) -> None:
    asked = [alert.sharing for alert in story.hub.alerts_of(PARTNER) if alert.sharing is not None]
    assert [question.reason for question in asked] == ["The reason is not told abroad: ask the centre's watch floor."]


def test_its_receipts_do_not_tell_whether_anybody_else_told_of_the_event() -> None:
    own = planted(9, PARTNER, a_handling(tlp=TLP.AMBER))
    alone, beside, echoed = Story(), Story(), Story()
    beside.tell(planted(0, "CTD-KP", HIDDEN[0][1]))
    echoed.tell(planted(0, "CTD-KP", HIDDEN[0][1], narrative=own.narrative, headline=own.headline))
    for story in (alone, beside, echoed):
        story.tell(own)
    assert len(beside.hub.incidents()) == len(echoed.hub.incidents()) == 1, "the hub does fuse them"
    first, second, third = (without_times(story.hub.receipts_of(PARTNER)) for story in (alone, beside, echoed))
    assert first == second == third
    assert first[0]["outcome"] == ReceiptOutcome.NEW_INCIDENT
    assert first[0]["sentence"] == "Taken. What it was fused with, if anything, is not told abroad."


def without_times(receipts: list[Receipt]) -> list[dict[str, Any]]:
    return [receipt.model_dump(exclude={"at", "delivered_to"}) for receipt in receipts]


@st.composite
def accounts(draw: st.DrawFn, number: int) -> list[ThreatReport]:
    """A report of any kind and marking on one hour and place, and perhaps what becomes of it."""
    agency, handling = draw(st.sampled_from((*HIDDEN, *FREE)))
    word = f"{MARK}{chr(ord('a') + number)}{chr(ord('a') + number)}"
    section = draw(st.sampled_from(sections(word, a_token("account", number))))
    more = {"tearline": f"Beware of {word}tearline."} if draw(st.booleans()) else {}
    first = planted(number * 27, teller(section, agency), handling, section=section, **more)
    changes = draw(st.lists(st.sampled_from((MsgType.UPDATE, MsgType.UPDATE, MsgType.CANCEL)), max_size=2))
    later = []
    for revision, msg_type in enumerate(changes, start=2):
        _, marking = draw(st.sampled_from((*HIDDEN, *FREE)))
        told: dict[str, Any] = {"msg_type": msg_type, "revision": revision, "handling": marking}
        words = {"headline": f"{word}newheadline{revision}", "narrative": f"Later {word}newnarrative{revision}"}
        later.append(first.model_copy(update=told | words))
    return [first, *later]


@LAW
@given(st.data())
def test_whatever_is_told_in_whatever_order_nothing_leaks(data: st.DataObject) -> None:
    story = Story()
    threads = [data.draw(accounts(number)) for number in range(data.draw(st.integers(2, 5)))]
    while any(threads):
        (thread := data.draw(st.sampled_from([each for each in threads if each]))).reverse()
        story.tell(thread.pop())
        thread.reverse()
    assert leaks(story.read(), story.forbidden()) == []
