"""The publisher: laws it shares with its stand-in, and what it does when the broker does not answer."""

from collections.abc import Callable

import pytest
from kafka import errors as kafka_errors

from fake_wire import FakeWire, Record
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.topics import reports_topic
from fusionbus.producers.outcomes import Delivered, Failed, Publishes
from fusionbus.producers.publisher import Publisher
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.testing import RecordingPublisher, sample_report
from fusionbus.shell.metrics import METRICS
from publishing_laws import LAWS

# Nothing answers there, so an error is told as a broker that is away.
SETTINGS = ProducerSettings(bootstrap="127.0.0.1:1", in_flight_max=2, delivery_timeout_s=0.05, close_timeout_s=0.05)


def on_fake_wire() -> Publishes:
    return Publisher("CTD-KP", SETTINGS, wire=FakeWire())


def recording() -> Publishes:
    return RecordingPublisher("CTD-KP")


@pytest.mark.parametrize("make", [on_fake_wire, recording])
@pytest.mark.parametrize("law", LAWS)
def test_every_publisher_keeps_the_laws(law: Callable[[Publishes], None], make: Callable[[], Publishes]) -> None:
    law(make())


def test_a_report_goes_to_its_agencys_topic_under_its_id() -> None:
    wire, report = FakeWire(), sample_report()
    Publisher("CTD-KP", SETTINGS, wire=wire).publish(report)
    assert [(topic, key) for topic, key, _ in wire.sent] == [("reports-CTD-KP", report.report_id.encode())]


def test_no_more_than_the_limit_are_under_way() -> None:
    wire = FakeWire(hold=True)
    publisher = Publisher("CTD-KP", SETTINGS, wire=wire)
    futures = [publisher.publish(sample_report(local_ref=f"r{number}")) for number in range(3)]
    third = futures[2].result(timeout=1)
    assert isinstance(third, Failed)
    assert third.retry
    assert len(wire.sent) == 2


def test_an_acknowledgement_makes_room_again() -> None:
    wire = FakeWire(hold=True)
    publisher = Publisher("CTD-KP", SETTINGS, wire=wire)
    for number in range(2):
        publisher.publish(sample_report(local_ref=f"r{number}"))
    wire.held.pop().settle(Record(reports_topic("CTD-KP"), 0, 7))
    publisher.publish(sample_report(local_ref="r2"))
    assert len(wire.sent) == 3


def test_close_names_what_is_unsent_and_settles_it_for_a_retry() -> None:
    wire, report = FakeWire(hold=True), sample_report()
    publisher = Publisher("CTD-KP", SETTINGS, wire=wire)
    future = publisher.publish(report)
    assert publisher.close() == (report.report_id,)
    outcome = future.result(timeout=1)
    assert isinstance(outcome, Failed)
    assert outcome.retry
    wire.held[0].settle(Record("late", 0, 0))
    assert future.result() is outcome


def test_a_closed_publisher_takes_nothing() -> None:
    publisher = Publisher("CTD-KP", SETTINGS, wire=FakeWire())
    publisher.close()
    with pytest.raises(RuntimeError):
        publisher.publish(sample_report())


def test_a_message_too_large_for_the_broker_is_not_tried_again() -> None:
    publisher = Publisher("CTD-KP", SETTINGS, wire=FakeWire(error=kafka_errors.MessageSizeTooLargeError()))
    outcome = publisher.publish(sample_report()).result(timeout=1)
    assert isinstance(outcome, Failed)
    assert not outcome.retry


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (kafka_errors.TopicAuthorizationFailedError(), "not_allowed"),
        (kafka_errors.UnknownTopicOrPartitionError(), "misconfigured"),
        (kafka_errors.NotLeaderForPartitionError(), "retry"),
    ],
)
def test_the_brokers_refusal_says_what_to_do(error: kafka_errors.KafkaError, cause: str) -> None:
    publisher = Publisher("CTD-KP", SETTINGS, wire=FakeWire(error=error))
    outcome = publisher.publish(sample_report()).result(timeout=1)
    assert isinstance(outcome, Failed)
    assert (outcome.cause, outcome.retry) == (cause, True)


def test_a_topic_that_is_not_there_is_told_at_once() -> None:
    with pytest.raises(Misconfigured, match="fusionbus provision"):
        Publisher("CTD-KP", SETTINGS, wire=FakeWire(topics=set()))


def test_what_was_published_and_what_failed_is_counted() -> None:
    def counted(name: str, **labels: str) -> float:
        return METRICS.get_sample_value(name, {"agency": "CTD-GB", **labels}) or 0.0

    publisher = Publisher("CTD-GB", SETTINGS, wire=FakeWire())
    assert isinstance(publisher.publish(sample_report(agency="CTD-GB")).result(timeout=1), Delivered)
    publisher.publish(sample_report())
    assert counted("fusion_published_total") == 1
    assert counted("fusion_publish_failed_total", cause="report") == 1
