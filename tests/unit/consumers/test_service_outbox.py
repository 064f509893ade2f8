"""What is to be delivered survives anything, goes once, and waits for servers that are out."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from fusionbus.consumers.handlers import Taken
from fusionbus.consumers.services.outbox import Outbox
from fusionbus.consumers.services.taking import ServicesHandler
from fusionbus.consumers.testing import RecordingHandler
from fusionbus.contract.alert import Alert
from fusionbus.contract.errors import FixTheReport, Misconfigured, RetryLater
from fusionbus.contract.keeping import Erasure
from fusionbus.contract.vocabulary import AckAction, AlertKind, AlertMsgType, Severity
from service_desk import CONFIG, DIGEST_AT, NOON, Clock, Mailbox, answer, courier, minor, severe


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    opened = Outbox(tmp_path / "outbox.db")
    yield opened
    opened.close()


@pytest.fixture
def taking(outbox: Outbox, clock: Clock) -> ServicesHandler:
    return ServicesHandler(CONFIG, outbox, clock)


def test_an_alert_goes_to_its_contact_once_however_often_it_comes(
    taking: ServicesHandler, outbox: Outbox, clock: Clock
) -> None:
    desk = RecordingHandler()
    assert [taking.take(severe()), taking.take(severe())] == [Taken.NEW, Taken.REPEAT]
    for _ in range(3):
        assert courier(outbox, desk, clock).round()
    assert [alert.alert_id for alert in desk.alerts] == [severe().alert_id]
    assert outbox.waiting() == {"deputy": 1}


def test_a_server_that_is_out_is_waited_for_longer_and_longer_and_then_gets_it(
    taking: ServicesHandler, outbox: Outbox, clock: Clock
) -> None:
    desk = RecordingHandler([RetryLater("Out."), ValueError("a bug"), Misconfigured("The password is wrong.")])
    serving = courier(outbox, desk, clock)
    taking.take(severe())
    for pause_s in (2, 4, 8):
        assert not serving.round()
        assert serving.round(), "it is not due before the pause is over"
        clock.now += timedelta(seconds=pause_s)
    assert serving.round()
    assert len(desk.alerts) == 1
    assert desk.tries == 4


def test_one_alert_that_fails_does_not_hold_up_the_others_for_ever(
    taking: ServicesHandler, outbox: Outbox, clock: Clock
) -> None:
    desk = RecordingHandler([RetryLater("Not this one.")])
    for number in range(3):
        taking.take(severe(number))
    serving = courier(outbox, desk, clock)
    assert [serving.round(), serving.round()] == [False, True]
    assert len(desk.alerts) == 2


def test_what_is_refused_for_good_is_given_up_with_its_sentence_and_can_be_seen(
    taking: ServicesHandler, outbox: Outbox, clock: Clock
) -> None:
    taking.take(severe())
    assert courier(outbox, RecordingHandler([FixTheReport("The address is gone.")]), clock).round()
    assert outbox.abandoned() == [("desk", severe().alert_id, "The address is gone.")]
    taking.take(severe(2))
    late = courier(outbox, RecordingHandler([RetryLater("Out.")] * 9), clock)
    clock.now += timedelta(hours=73)
    late.round()
    assert outbox.abandoned()[1][1:] == (severe(2).alert_id, "Out.")


def test_a_digest_is_one_letter_at_its_time_with_every_alert_once(
    taking: ServicesHandler, outbox: Outbox, clock: Clock
) -> None:
    desk = Mailbox()
    alerts = [minor(number) for number in range(5)]
    for alert in alerts:
        taking.take(alert)
    serving = courier(outbox, desk, clock)
    serving.round()
    assert desk.letters == []
    clock.now = DIGEST_AT
    for _ in range(2):
        serving.round()
    ((told, word, key),) = desk.letters
    assert told == [alert.alert_id for alert in alerts]
    assert (word, key) == ("Mail", f"digest.desk.20260115T143000.{alerts[0].alert_id}")


def test_a_digest_that_was_sent_and_not_noted_is_sent_again_as_the_same_letter(
    taking: ServicesHandler, outbox: Outbox, clock: Clock
) -> None:
    class Dies(Mailbox):
        def tell(self, alerts: Sequence[Alert], word: str, key: str) -> None:
            super().tell(alerts, word, key)
            raise RetryLater("It was killed here.")

    taking.take(minor())
    clock.now, dying, desk = DIGEST_AT, Dies(), Mailbox()
    courier(outbox, dying, clock).round()
    clock.now += timedelta(minutes=1)
    taking.take(minor(2))
    courier(outbox, desk, clock).round()
    assert desk.letters == dying.letters


def test_who_does_not_answer_is_escalated_with_a_word_and_once(
    taking: ServicesHandler, outbox: Outbox, clock: Clock
) -> None:
    deputy = Mailbox()
    taking.take(severe())
    serving = courier(outbox, deputy, clock, "deputy")
    clock.now += timedelta(minutes=14)
    serving.round()
    assert deputy.letters == []
    clock.now += timedelta(minutes=1)
    for _ in range(2):
        serving.round()
    key = f"{severe().alert_id}.escalation.1"
    assert deputy.letters == [([severe().alert_id], "Nobody has answered for 15 min", key)]


@pytest.mark.parametrize("action", AckAction)
def test_an_answer_of_a_person_ends_the_escalation_and_a_receivers_does_not(
    taking: ServicesHandler, outbox: Outbox, action: AckAction
) -> None:
    taking.take(severe())
    said = answer(severe()) if action is AckAction.OPINION else answer(severe(), action)
    outbox.answered(said)
    assert outbox.waiting() == ({"desk": 1, "deputy": 1} if action is AckAction.RECEIVED else {"desk": 1})


def test_an_update_buys_no_time_and_an_answer_to_what_came_before_it_does_not_end_it(
    taking: ServicesHandler, outbox: Outbox, clock: Clock
) -> None:
    deputy = Mailbox()
    taking.take(severe())
    clock.now += timedelta(minutes=10)
    taking.take(severe(revision=2))
    outbox.answered(answer(severe()))
    clock.now += timedelta(minutes=5)
    courier(outbox, deputy, clock, "deputy").round()
    assert [letter[0] for letter in deputy.letters] == [[severe(revision=2).alert_id]]


def test_an_answer_that_is_heard_before_its_alert_counts(taking: ServicesHandler, outbox: Outbox) -> None:
    outbox.answered(answer(severe()))
    taking.take(severe())
    assert outbox.waiting() == {"desk": 1}
    taking.take(severe(revision=2))
    assert outbox.waiting() == {"desk": 2, "deputy": 1}


def test_what_may_not_be_kept_is_not_sent_and_not_in_the_file(
    taking: ServicesHandler, outbox: Outbox, clock: Clock, tmp_path: Path
) -> None:
    marked = severe(body={"severity": Severity.MINOR, "narrative": "zarghunmarker " * 50})
    taking.take(marked)
    erasure = Erasure(alerts=(marked.alert_id,), incidents=(marked.incident_id,))
    order = severe(revision=2, kind=AlertKind.RECALL, msg_type=AlertMsgType.CANCEL, erase=erasure)
    assert b"zarghunmarker" in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    taking.take(order)
    assert b"zarghunmarker" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    clock.now, desk = DIGEST_AT, Mailbox()
    courier(outbox, desk, clock).round()
    assert marked.alert_id not in [name for letter, _, _ in desk.letters for name in letter]


def test_what_is_long_done_is_let_go_and_what_waits_is_not(
    taking: ServicesHandler, outbox: Outbox, clock: Clock
) -> None:
    taking.take(severe())
    outbox.answered(answer(severe()))
    courier(outbox, RecordingHandler(), clock).round()
    taking.take(minor(2))
    assert outbox.forget(NOON + timedelta(days=29)) == 0
    assert outbox.forget(NOON + timedelta(days=31)) == 1
    assert outbox.waiting() == {"desk": 1}
