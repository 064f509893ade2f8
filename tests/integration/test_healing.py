"""A producer whose library stands still is opened anew: reports fail in time, and the next go through."""

import pytest
from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from desks import wait_for
from fusionbus.contract.topics import reports_topic
from fusionbus.producers.healing import HealingWire
from fusionbus.producers.outcomes import Delivered, Failed
from fusionbus.producers.publisher import Publisher
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.testing import sample_report
from fusionbus.producers.wire import open_wire

pytestmark = pytest.mark.broker
AGENCY = "HEALING-KP"
WITHIN_S = 60.0


def stand_still(wire: HealingWire) -> None:
    """As kafka-python does when its question for a producer id was lost with the connection."""
    manager = wire._wire._sender._transaction_manager  # type: ignore[union-attr]  # noqa: SLF001 - nothing else stops it
    manager.has_in_flight_transactional_request = lambda: True


def test_what_a_producer_that_stands_still_holds_fails_in_time_and_the_next_goes_through(broker: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=broker)
    admin.create_topics([NewTopic(reports_topic(AGENCY), num_partitions=1, replication_factor=1)])
    admin.close()
    settings = ProducerSettings(bootstrap=broker, delivery_timeout_s=2.0)
    wire = open_wire(settings, "healing")
    assert isinstance(wire, HealingWire)
    with Publisher(AGENCY, settings, wire=wire) as publisher:
        report = sample_report(agency=AGENCY)
        first = publisher.publish(report).result(WITHIN_S)
        assert isinstance(first, Delivered)
        stand_still(wire)
        outcome = publisher.publish(sample_report(agency=AGENCY)).result(WITHIN_S)
        assert isinstance(outcome, Failed)
        assert outcome.retry
        again: list[Delivered] = []

        def goes_through() -> bool:
            told = publisher.publish(report).result(WITHIN_S)
            again.extend([told] if isinstance(told, Delivered) else [])
            return bool(again)

        wait_for(goes_through)
        assert again[0].offset > first.offset
    wire.close(timeout=5)
