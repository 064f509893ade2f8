"""Gets the hub warm before anything is measured: test reports through every zone, until they come out at once."""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from kafka import KafkaProducer

from fusionbus.contract import codec, topics
from fusionbus.contract.errors import RetryLater
from fusionbus.contract.vocabulary import Province
from fusionbus.deploy import demo_traffic
from fusionbus.deploy.demo_harvest import Harvest
from fusionbus.deploy.demo_oracle import Told
from fusionbus.shell.kafka import client_options, explained
from fusionbus.shell.settings import BrokerSettings

READY_S_MAX: Final = 90.0
ROUND_S_MAX: Final = 5.0
PROMPT_S: Final = 0.6
"""A round that took no longer found every partition owned and every process awake; a cold one takes seconds."""
PROMPT_ROUNDS: Final = 3

SENDERS: Final = {province: f"CTD-{province.value.removeprefix('PK-')}" for province in Province}
"""One agency in each zone."""

Record = tuple[str, bytes, bytes]


def warm_up(settings: BrokerSettings, harvest: Harvest, look_after: Callable[[], None]) -> tuple[Told, ...]:
    """The test reports that were sent until several rounds in a row were prompt. Raises: RetryLater after a limit."""
    sent: list[Told] = []
    until, prompt = time.monotonic() + READY_S_MAX, 0
    while prompt < PROMPT_ROUNDS:
        now = datetime.now(UTC)
        reports = [demo_traffic.test_report(name, province, len(sent), now) for province, name in SENDERS.items()]
        sent.extend(reports)
        send_records(settings, [_record(told) for told in reports])
        began = time.monotonic()
        while len(harvest.ended) < len(sent) and time.monotonic() - began < ROUND_S_MAX:
            harvest.poll(0.05)
            look_after()
        prompt = prompt + 1 if time.monotonic() - began <= PROMPT_S else 0
        if time.monotonic() > until:
            raise RetryLater(f"The hub did not answer promptly within {READY_S_MAX:.0f} s: is this machine very busy?")
    return tuple(sent)


def _record(told: Told) -> Record:
    report = told.report
    return topics.reports_topic(report.agency), report.report_id.encode(), codec.encode(report)


def send(settings: BrokerSettings, messages: Sequence[demo_traffic.Message]) -> None:
    """Sends raw messages, as a broken program of an agency would."""
    send_records(settings, [message.record for message in messages])


def send_records(settings: BrokerSettings, records: Iterable[Record]) -> None:
    """Sends records and waits until the broker has them."""
    with explained(settings):
        producer = KafkaProducer(**client_options(settings, "demo"))
        try:
            futures = [producer.send(topic, key=key, value=value) for topic, key, value in records]
            for future in futures:
                future.get(timeout=30)
        finally:
            producer.close(timeout=10)
