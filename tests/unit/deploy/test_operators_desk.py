"""Handling dead letters where the broker gives the operator only some rights."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from builders import NOW
from dead_letter import BODY, a_letter
from fusionbus.contract import topics
from fusionbus.contract.codec import encode
from fusionbus.contract.errors import NotAllowed, RetryLater
from fusionbus.deploy.operators import letter_desk
from fusionbus.deploy.operators.bus import Appended, Written
from fusionbus.deploy.operators.letters import Action, Choice, Filed


@dataclass
class FakeTopics:
    """Topics in memory; those in `closed` may not be touched."""

    closed: frozenset[str] = frozenset()
    records: list[Written] = field(default_factory=list)

    def read(self, topic: str, since: datetime | None = None) -> Iterator[Written]:
        self._check(topic)
        yield from (one for one in self.records if one.topic == topic and (since is None or one.at >= since))

    def send(self, topic: str, key: bytes | None, value: bytes, partition: int | None = None) -> Appended:
        self._check(topic)
        self.records.append(Written(topic, partition or 0, len(self.records), NOW, key, value))
        return Appended(len(self.records) - 1, NOW)

    def _check(self, topic: str) -> None:
        if topic in self.closed:
            raise NotAllowed("The broker does not let operator do that: ask the hub's operator.")


def a_bus(*closed: str) -> FakeTopics:
    """A bus with one dead letter, and a record on its topic that is none."""
    bus = FakeTopics()
    bus.send(topics.DEAD_LETTERS, b"id", encode(a_letter()))
    bus.send(topics.DEAD_LETTERS, b"id", b"{}")
    bus.closed = frozenset(closed)
    return bus


def test_a_replay_keeps_key_body_and_partition_and_is_put_on_record() -> None:
    bus = a_bus()
    (one,) = letter_desk.filed(bus, Choice())
    assert letter_desk.send_again(bus, one, "desk", again=False, dry_run=False)
    sent, record = bus.records[-2:]
    assert (sent.topic, sent.partition, sent.key, sent.value) == ("reports-CTD-KP", 3, b"the key", BODY)
    assert (record.topic, record.key) == (topics.AUDIT, a_letter().dead_letter_id.encode())
    (again,) = letter_desk.filed(bus, Choice())
    assert [act.action for act in again.handled] == [Action.REPLAYED]
    assert not letter_desk.send_again(bus, again, "desk", again=False, dry_run=False)


def test_a_dry_run_sends_nothing() -> None:
    bus = a_bus()
    assert letter_desk.send_again(bus, Filed(a_letter()), "desk", again=False, dry_run=True)
    assert len(bus.records) == 2


def test_without_the_audit_letters_are_listed_but_not_handled(capsys: pytest.CaptureFixture[str]) -> None:
    bus = a_bus(topics.AUDIT)
    assert len(letter_desk.filed(bus, Choice(), also_without_audit=True)) == 1
    assert "may not read `audit`" in capsys.readouterr().err
    with pytest.raises(NotAllowed):
        letter_desk.filed(bus, Choice())


def test_a_replay_that_is_not_allowed_says_which_rights_it_needs_and_sends_nothing() -> None:
    bus = a_bus("reports-CTD-KP")
    with pytest.raises(NotAllowed, match="WRITE on reports-CTD-KP and on audit"):
        letter_desk.send_again(bus, Filed(a_letter()), "desk", again=False, dry_run=False)
    assert len(bus.records) == 2


def test_a_replay_that_could_not_be_recorded_is_told_as_sent() -> None:
    bus = a_bus(topics.AUDIT)
    with pytest.raises(RetryLater, match=r"was sent to reports-CTD-KP partition 3 offset 2, but the audit"):
        letter_desk.send_again(bus, Filed(a_letter()), "desk", again=False, dry_run=False)
