"""What signed-in people do: rights first, the log before the hub, and the message that the hub reads."""

from dataclasses import dataclass, field, replace

import pytest

from analysts import A, B, the_blast, the_raid, told_of
from fusionbus.consumers.testing import sample_alert
from fusionbus.consumers.threats.viewer import Role
from fusionbus.consumers.web.access_log import Act, Outcome
from fusionbus.consumers.web.actions import Actions, NotThere, Sent
from fusionbus.consumers.web.people import Person
from fusionbus.contract import ids
from fusionbus.contract.alert import Alert
from fusionbus.contract.codec import AnyControl
from fusionbus.contract.control import Acknowledgement, Split, Verdict, judgement_id
from fusionbus.contract.errors import FixTheReport, NotAllowed, RetryLater
from fusionbus.contract.incident import Incident
from fusionbus.contract.records import ReceiptOutcome
from fusionbus.contract.vocabulary import AckAction, AlertKind, Opinion
from hub import HubOnPaper


@dataclass
class FakeBook:
    alerts: dict[str, Alert] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)

    def alert(self, agency: str, alert_id: str) -> Alert | None:
        found = self.alerts.get(alert_id)
        return found if agency else None

    def incident(self, agency: str, incident_id: str) -> Incident | None:
        return self.incidents.get(incident_id) if agency == "NACTA" else None


@dataclass
class FakeDesk:
    """Takes messages and log lines, in their common order."""

    order: list[object] = field(default_factory=list)
    down: bool = False

    def send(self, message: AnyControl) -> Sent:
        if self.down:
            raise RetryLater("No broker answers at 127.0.0.1:9: start one.")
        self.order.append(message)
        return Sent(f"control-{message.agency}", 0, 7)

    def wrote(
        self, person: Person, act: Act, what: str | None, outcome: Outcome = Outcome.DONE, address: str | None = None
    ) -> None:
        self.order.append((person.name, act, what, outcome, address))

    @property
    def sent(self) -> list[object]:
        return [one for one in self.order if not isinstance(one, tuple)]

    @property
    def outcomes(self) -> list[Outcome]:
        return [one[3] for one in self.order if isinstance(one, tuple)]


ANALYST = Person(account_id="a", agency="CTD-KP", name="desk-2", role=Role.ANALYST)
SUPERVISOR = replace(ANALYST, agency="NACTA", role=Role.SUPERVISOR, reviews=True)
ALERT = sample_alert()


def actions(desk: FakeDesk, *alerts: Alert, hub: HubOnPaper | None = None) -> Actions:
    book = FakeBook({alert.alert_id: alert for alert in alerts}, hub.incidents() if hub else {})
    return Actions(book, desk, desk)


def test_an_answer_is_told_in_the_agencys_name_by_the_signed_in_person() -> None:
    desk = FakeDesk()
    actions(desk, ALERT).acknowledge(ANALYST, ALERT.alert_id, AckAction.USED, note="  Two arrests. ", address="here")
    (message,) = desk.sent
    assert isinstance(message, Acknowledgement)
    assert (message.agency, message.by, message.note) == ("CTD-KP", "desk-2 (analyst)", "Two arrests.")
    assert (message.incident_id, message.incident_revision, message.zone) == (
        ALERT.incident_id,
        ALERT.incident_revision,
        ALERT.zone,
    )


def test_the_log_has_the_act_before_the_hub_hears_of_it() -> None:
    desk = FakeDesk()
    actions(desk, ALERT).acknowledge(ANALYST, ALERT.alert_id, AckAction.READ, address="here")
    assert desk.order[0] == ("desk-2", Act.ACTION, f"read {ALERT.alert_id}", Outcome.DONE, "here")
    assert len(desk.order) == 2


def test_what_could_not_be_sent_is_logged_as_failed() -> None:
    desk = FakeDesk(down=True)
    with pytest.raises(RetryLater):
        actions(desk, ALERT).acknowledge(ANALYST, ALERT.alert_id, AckAction.READ)
    assert desk.outcomes == [Outcome.DONE, Outcome.FAILED]


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.OPERATOR])
def test_who_only_looks_cannot_answer(role: Role) -> None:
    desk = FakeDesk()
    with pytest.raises(NotAllowed):
        actions(desk, ALERT).acknowledge(replace(ANALYST, role=role), ALERT.alert_id, AckAction.READ)
    assert (desk.sent, desk.outcomes) == ([], [Outcome.REFUSED])


def test_another_agencys_alert_is_as_if_it_were_not_there() -> None:
    desk, stranger = FakeDesk(), replace(ANALYST, agency="CTD-PB")
    with pytest.raises(NotThere) as theirs:
        actions(desk, ALERT).acknowledge(stranger, ALERT.alert_id, AckAction.READ)
    with pytest.raises(NotThere) as nobodys:
        actions(desk).acknowledge(stranger, ALERT.alert_id, AckAction.READ)
    assert str(theirs.value) == str(nobodys.value)
    assert desk.sent == []


def test_a_notice_is_not_answered_but_says_what_to_do_instead() -> None:
    desk = FakeDesk()
    notice = sample_alert(kind=AlertKind.SHARING_REQUEST)
    with pytest.raises(FixTheReport, match="fusionbus share answer"):
        actions(desk, notice).acknowledge(ANALYST, notice.alert_id, AckAction.READ)
    assert desk.sent == []


@pytest.mark.parametrize(("action", "opinion"), [(AckAction.OPINION, None), (AckAction.USED, Opinion.AGREE)])
def test_an_opinion_goes_with_its_action_and_only_with_it(action: AckAction, opinion: Opinion | None) -> None:
    desk = FakeDesk()
    with pytest.raises(FixTheReport):
        actions(desk, ALERT).acknowledge(ANALYST, ALERT.alert_id, action, opinion=opinion)
    assert desk.sent == []


def test_a_decision_names_its_zone_and_knows_by_which_receipts_the_hub_answers() -> None:
    desk = FakeDesk()
    done = actions(desk, hub=told_of(the_blast(), the_raid())).decide(SUPERVISOR, (A, B), "same", " Both were there. ")
    (message,) = desk.sent
    assert isinstance(message, Verdict)
    assert (message.zone, message.reason, message.by) == ("PK-KP", "Both were there.", "desk-2 (supervisor)")
    letter = ids.dead_letter_id("control-NACTA", 0, 7)
    assert ids.receipt_id(judgement_id(message), ReceiptOutcome.CONTROL_DONE) in done.answers
    assert ids.receipt_id(letter, ReceiptOutcome.REJECTED) in done.answers


def test_the_hub_on_paper_does_what_was_decided_and_answers_as_awaited() -> None:
    desk, hub = FakeDesk(), told_of(the_blast(), the_raid())
    done = actions(desk, hub=hub).decide(SUPERVISOR, (A, B), "same", "Both were there.")
    (message,) = desk.sent
    assert isinstance(message, Verdict)
    hub.now = message.at
    hub.tell(message)
    assert [receipt for receipt in hub.receipts_of("NACTA") if receipt.receipt_id in done.answers] != []
    assert hub.incidents()[B].merged_into == A


def test_incidents_of_two_zones_are_decided_with_both_zones() -> None:
    desk, held = FakeDesk(), told_of(the_blast(), the_raid()).incidents()
    book = FakeBook(incidents=held | {B: held[B].model_copy(update={"zone": "PK-PB"})})
    Actions(book, desk, desk).decide(SUPERVISOR, (A, B), "same", "Both were there.")
    (message,) = desk.sent
    assert isinstance(message, Verdict)
    assert (message.zone, message.other_zone) == ("PK-KP", "PK-PB")


def test_reports_are_taken_out_by_a_split() -> None:
    desk = FakeDesk()
    report = the_blast().report_id
    actions(desk, hub=told_of(the_blast())).split(SUPERVISOR, A, [report], "Another day.")
    (message,) = desk.sent
    assert isinstance(message, Split)
    assert message.reports == (report,)


@pytest.mark.parametrize(
    "person",
    [
        replace(SUPERVISOR, reviews=False),
        replace(SUPERVISOR, role=Role.ANALYST),
        replace(SUPERVISOR, role=Role.AUDITOR),
    ],
)
def test_who_does_not_work_for_the_hubs_desk_decides_nothing(person: Person) -> None:
    desk = FakeDesk()
    acts = actions(desk, hub=told_of(the_blast(), the_raid()))
    with pytest.raises(NotAllowed):
        acts.decide(person, (A, B), "same", "Because.")
    with pytest.raises(NotAllowed):
        acts.split(person, A, [the_blast().report_id], "Because.")
    assert (desk.sent, desk.outcomes) == ([], [Outcome.REFUSED, Outcome.REFUSED])


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301])
def test_a_decision_needs_a_reason_that_fits(reason: str) -> None:
    desk = FakeDesk()
    with pytest.raises(FixTheReport, match="reason"):
        actions(desk, hub=told_of(the_blast(), the_raid())).decide(SUPERVISOR, (A, B), "same", reason)
    assert desk.sent == []


def test_what_the_hub_does_not_hold_is_named() -> None:
    with pytest.raises(NotThere, match="holds no incident"):
        actions(FakeDesk()).decide(SUPERVISOR, (A, B), "same", "Because.")


@pytest.mark.parametrize("words", ["nonsense", "", "'; DROP TABLE incidents; --"])
def test_ids_that_are_none_are_refused_in_a_sentence(words: str) -> None:
    desk = FakeDesk()
    acts = actions(desk, hub=told_of(the_blast()))
    with pytest.raises(FixTheReport):
        acts.decide(SUPERVISOR, (A, words), "same", "Because.")
    with pytest.raises(FixTheReport):
        acts.split(SUPERVISOR, A, [words], "Because.")
    assert desk.sent == []
