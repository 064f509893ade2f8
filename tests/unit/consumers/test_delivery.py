"""An alert's way to its handlers: retries, dead letters, neighbours."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fusionbus.consumers.dead_letters import DeadLetters, RawAlert
from fusionbus.consumers.delivery import Delivered, Delivery, Interrupted, SetAside
from fusionbus.consumers.handlers import Taken
from fusionbus.consumers.settings import ConsumerSettings
from fusionbus.consumers.stopping import Stop
from fusionbus.consumers.testing import RecordingHandler, sample_alert
from fusionbus.contract import codec
from fusionbus.contract.alert import Alert
from fusionbus.contract.base import SCHEMA_VERSION
from fusionbus.contract.errors import FixTheReport, FusionError, Misconfigured, RetryLater
from fusionbus.contract.records import RejectReason

QUICK = ConsumerSettings(handler_retry_delay_s=0, handler_failures_in_a_row_max=3)


class StopAfter(Stop):
    """Counts the waits, without waiting; a stop is asked for in the given one."""

    def __init__(self, waits: int | None = None) -> None:
        super().__init__()
        self.waited_s: list[float] = []
        self._waits = waits

    def wait(self, seconds: float) -> bool:
        self.waited_s.append(seconds)
        return len(self.waited_s) == self._waits


class Refuses(RecordingHandler):
    """Cannot take what has `poison` in its headline."""

    name = "refuses"

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def take(self, alert: Alert) -> Taken:
        if alert.body.headline == "poison":
            self.tries += 1
            raise self._error
        return super().take(alert)


def _delivery(folder: Path, *handlers: RecordingHandler, stop: Stop | None = None, **changes: Any) -> Delivery:
    chosen = QUICK.model_copy(update=changes)
    letters = DeadLetters(folder / "dead.jsonl")
    return Delivery(
        "CTD-KP", handlers, dead_letters=letters, settings=chosen, stop=stop or StopAfter(), jitter=lambda: 1.0
    )


def _raw(alert: Alert | bytes, offset: int = 0) -> RawAlert:
    body = alert if isinstance(alert, bytes) else codec.encode(alert)
    return RawAlert("alerts-CTD-KP", 0, offset, b"key", body)


def _letters(folder: Path) -> list[dict[str, Any]]:
    path = folder / "dead.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def test_every_handler_gets_the_alert(tmp_path: Path) -> None:
    first, second = RecordingHandler(), RecordingHandler()
    outcome = _delivery(tmp_path, first, second).deliver(_raw(sample_alert()))
    assert outcome == Delivered(sample_alert(), new=True)
    assert first.alerts == second.alerts == [sample_alert()]


def test_a_repeat_is_delivered_so_that_it_is_acknowledged_again(tmp_path: Path) -> None:
    delivery = _delivery(tmp_path, RecordingHandler())
    outcomes = [delivery.deliver(_raw(sample_alert(), offset)) for offset in (0, 1)]
    assert outcomes == [Delivered(sample_alert(), new=True), Delivered(sample_alert(), new=False)]
    assert (delivery.tally.new, delivery.tally.repeated) == (1, 1)


@pytest.mark.parametrize("error", [RetryLater("Disk full."), ValueError("a bug"), OSError("gone")])
def test_a_handler_that_fails_for_a_while_has_the_alert_in_the_end(tmp_path: Path, error: Exception) -> None:
    calm, troubled = RecordingHandler(), RecordingHandler([error] * 5)
    delivery = _delivery(tmp_path, calm, troubled)
    assert isinstance(delivery.deliver(_raw(sample_alert())), Delivered)
    assert (calm.tries, troubled.tries, delivery.tally.retries) == (1, 6, 5)
    assert _letters(tmp_path) == []


def test_the_pauses_double_up_to_their_limit_and_are_spread(tmp_path: Path) -> None:
    stop = StopAfter()
    handler = RecordingHandler([RetryLater("No.")] * 5)
    delivery = _delivery(tmp_path, handler, stop=stop, handler_retry_delay_s=0.4, handler_retry_delay_s_max=2.0)
    delivery.deliver(_raw(sample_alert()))
    assert stop.waited_s == [0.4, 0.8, 1.6, 2.0, 2.0]


def test_a_poison_alert_is_set_aside_whole_and_its_neighbours_pass(tmp_path: Path) -> None:
    handler = Refuses(ValueError("names a made-up person"))
    delivery = _delivery(tmp_path, handler)
    alerts = [sample_alert(number=1), sample_alert(number=2, body={"headline": "poison"}), sample_alert(number=3)]
    outcomes = [delivery.deliver(_raw(alert, offset)) for offset, alert in enumerate(alerts)]
    assert outcomes[1] == SetAside(RejectReason.UNPROCESSABLE)
    assert [alert.alert_id for alert in handler.alerts] == [alerts[0].alert_id, alerts[2].alert_id]
    (letter,) = _letters(tmp_path)
    assert base64.b64decode(letter["body_base64"]) == codec.encode(alerts[1])
    assert (letter["offset"], letter["field"]) == (1, "refuses")
    assert letter["sentence"] == "Handler refuses: ValueError, see the receiver's log"


def test_the_same_alert_set_aside_twice_is_one_dead_letter_for_each_handler(tmp_path: Path) -> None:
    one, other = Refuses(ValueError("x")), Refuses(ValueError("x"))
    other.name = "other"
    for _ in range(2):
        _delivery(tmp_path, one, other).deliver(_raw(sample_alert(body={"headline": "poison"}), 7))
    assert [letter["field"] for letter in _letters(tmp_path)] == ["refuses", "other"]


def test_what_can_never_be_taken_is_not_tried_again(tmp_path: Path) -> None:
    handler = Refuses(FixTheReport("It has no place."))
    _delivery(tmp_path, handler).deliver(_raw(sample_alert(body={"headline": "poison"})))
    assert handler.tries == 1


def test_a_handler_that_is_set_up_wrongly_stops_the_receiver(tmp_path: Path) -> None:
    handler = RecordingHandler([Misconfigured("Wrong password.")])
    with pytest.raises(Misconfigured, match="Wrong password"):
        _delivery(tmp_path, handler).deliver(_raw(sample_alert()))
    assert _letters(tmp_path) == []


def test_a_target_that_is_out_does_not_turn_all_alerts_into_dead_letters(tmp_path: Path) -> None:
    delivery = _delivery(tmp_path, RecordingHandler([RetryLater("Out.")] * 1_000))
    for offset in range(3):
        delivery.deliver(_raw(sample_alert(number=offset), offset))
    with pytest.raises(Misconfigured, match="failed at 4 alerts in a row"):
        delivery.deliver(_raw(sample_alert(number=4), 4))
    assert len(_letters(tmp_path)) == 3


def test_a_stop_while_a_handler_is_retried_leaves_the_alert_on_the_broker(tmp_path: Path) -> None:
    handler = RecordingHandler([RetryLater("Out.")] * 9)
    delivery = _delivery(tmp_path, handler, stop=StopAfter(2))
    assert delivery.deliver(_raw(sample_alert())) == Interrupted()
    assert _letters(tmp_path) == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", RejectReason.NOT_JSON),
        (b"\xff\x00\xfe", RejectReason.NOT_JSON),
        (b"{}", RejectReason.SCHEMA),
        (codec.encode(sample_alert()).replace(SCHEMA_VERSION.encode(), b"9.0", 1), RejectReason.UNKNOWN_VERSION),
        (codec.encode(sample_alert(recipient="CTD-SD")), RejectReason.WRONG_AGENCY),
        (b"[" * 100_000, RejectReason.NOT_JSON),
    ],
)
def test_what_cannot_be_read_is_set_aside_with_its_reason(tmp_path: Path, body: bytes, reason: RejectReason) -> None:
    handler = RecordingHandler()
    assert _delivery(tmp_path, handler).deliver(_raw(body)) == SetAside(reason)
    assert handler.tries == 0
    assert [letter["reason"] for letter in _letters(tmp_path)] == [reason.value]


def test_a_dead_letter_that_cannot_be_kept_stops_the_receiver(tmp_path: Path) -> None:
    (tmp_path / "dead.jsonl").mkdir()
    with pytest.raises(FusionError, match="cannot be written"):
        _delivery(tmp_path, RecordingHandler()).deliver(_raw(b"?"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.binary(max_size=300))
def test_no_bytes_crash_a_receiver(tmp_path: Path, body: bytes) -> None:
    assert isinstance(_delivery(tmp_path, RecordingHandler()).deliver(_raw(body)), SetAside)
