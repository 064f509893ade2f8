"""A real broker for provisioning, on kafka-python: the only file of provisioning that talks to Kafka."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka import errors as kafka_errors
from kafka.admin import ConfigResource, ConfigResourceType
from pydantic import Field

from fusionbus.contract.agency import Agency, Subscription, registry_key
from fusionbus.contract.codec import Undecodable, decode_registry, encode
from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.contract.topics import REGISTRY
from fusionbus.deploy.kafka_admin import KafkaAdmin
from fusionbus.deploy.provision import ConfigChange, Entry, NewTopic, Present, TopicThere, Wanted
from fusionbus.shell.kafka import explain, explained
from fusionbus.shell.settings import BrokerSettings, default_home

CLIENT_ID: Final = "fusion-provision"
WAIT_S_MAX: Final = 60.0
"""For one step of the broker; Kafka's own request limit is 30 s and it may retry once."""
POLL_S: Final = 1.0


class ProvisionSettings(BrokerSettings):
    """How to reach the broker, and how many copies it keeps."""

    replication: int = Field(default=1, ge=1, le=32_767)
    """`FUSION_REPLICATION`: copies of each partition. Default 1, a laptop's; 3 on a real cluster."""
    home: Path = Field(default_factory=default_home)
    """`FUSION_HOME`: passwords that provisioning makes lie in its folder `secrets`."""


class KafkaCluster(KafkaAdmin):
    """A broker reached by kafka-python."""

    def __init__(self, settings: BrokerSettings) -> None:
        super().__init__(settings, CLIENT_ID)

    def present(self, wanted: Wanted) -> Present:
        """What the broker has of what is wanted. Raises: FusionError, one sentence."""
        with explained(self._settings):
            topics = self._topics({topic.topic.name: topic for topic in wanted.topics()})
            registry, unreadable = self._registry() if REGISTRY in topics else ({}, 0)
        return Present(topics, registry, unreadable)

    def create(self, topics: tuple[NewTopic, ...]) -> None:
        """Creates topics. Raises: Misconfigured where the broker refuses one for good."""
        asked = {
            topic.topic.name: {
                "num_partitions": topic.partitions,
                "replication_factor": topic.replication,
                "configs": dict(topic.config),
            }
            for topic in topics
        }
        with explained(self._settings):
            answer = self._admin.create_topics(asked, timeout_ms=int(WAIT_S_MAX * 1000), raise_errors=False)
            self._check_created(answer["topics"], topics[0].replication)
            self._admin.wait_for_topics(list(asked))

    def change(self, changes: tuple[ConfigChange, ...]) -> None:
        """Puts topics' settings right."""
        by_topic: dict[str, dict[str, str]] = {}
        for change in changes:
            by_topic.setdefault(change.topic, {})[change.key] = change.new
        with explained(self._settings):
            self._admin.alter_configs(
                [ConfigResource(ConfigResourceType.TOPIC, name, configs) for name, configs in by_topic.items()]
            )

    def write(self, entries: tuple[Agency | Subscription, ...]) -> None:
        """Writes registry entries, in order. Raises: FusionError where the broker has not acknowledged one."""
        with explained(self._settings):
            producer = KafkaProducer(**self._options, acks="all")
            try:
                sent = [
                    producer.send(REGISTRY, key=registry_key(entry).encode(), value=encode(entry)) for entry in entries
                ]
                producer.flush(timeout=WAIT_S_MAX)
                for future in sent:  # flush alone does not prove delivery
                    future.get(timeout=WAIT_S_MAX)
            finally:
                producer.close(timeout=POLL_S)

    def _check_created(self, answers: list[Mapping[str, Any]], replication: int) -> None:
        for answer in answers:
            error = kafka_errors.for_code(answer["error_code"])
            if error in (kafka_errors.NoError, kafka_errors.TopicAlreadyExistsError):
                continue
            if error is kafka_errors.InvalidReplicationFactorError:
                raise Misconfigured(
                    f"The broker at {self._settings.bootstrap} has too few nodes for {replication} copies: "
                    "lower FUSION_REPLICATION or add nodes."
                )
            if issubclass(error, kafka_errors.InvalidTopicError | kafka_errors.InvalidConfigurationError):
                raise Misconfigured(f"The broker refuses topic {answer['name']}: {answer.get('error_message')}.")
            raise explain(error(answer.get("error_message")), self._settings)

    def _topics(self, wanted: Mapping[str, NewTopic]) -> dict[str, TopicThere]:
        there = [name for name in self._admin.list_topics() if name in wanted]
        if not there:
            return {}
        described = self._admin.describe_topics(there)
        asked = [ConfigResource(ConfigResourceType.TOPIC, name, dict(wanted[name].config)) for name in there]
        configs = self._admin.describe_configs(asked, config_filter="all")
        settings: Mapping[str, Mapping[str, Mapping[str, Any]]] = next(iter(configs.values()), {})
        return {
            topic["name"]: TopicThere(
                partitions=len(topic["partitions"]),
                replication=len(topic["partitions"][0]["replica_nodes"]) if topic["partitions"] else 0,
                config={key: str(said["value"]) for key, said in settings.get(topic["name"], {}).items()},
            )
            for topic in described
        }

    def _registry(self) -> tuple[dict[str, Entry], int]:
        """The newest entry of each key, and how many records are unreadable."""
        newest = dict(self._registry_records())  # of equal keys the last one stays
        entries: dict[str, Entry] = {}
        unreadable = 0
        for key, value in newest.items():
            if value is None:
                continue
            got = decode_registry(value)
            if isinstance(got, Undecodable):
                unreadable += 1
            else:
                entries[key] = got
        return entries, unreadable

    def _registry_records(self) -> Iterator[tuple[str, bytes | None]]:
        consumer = KafkaConsumer(**self._options, enable_auto_commit=False, auto_offset_reset="earliest")
        try:
            parts = [TopicPartition(REGISTRY, number) for number in consumer.partitions_for_topic(REGISTRY) or ()]
            consumer.assign(parts)
            consumer.seek_to_beginning(*parts)
            ends: dict[Any, int] = consumer.end_offsets(parts)
            silent_s = 0.0
            while any(consumer.position(part) < end for part, end in ends.items()):
                polled = consumer.poll(timeout_ms=int(POLL_S * 1000))
                silent_s = 0.0 if polled else silent_s + POLL_S
                if silent_s >= WAIT_S_MAX:
                    raise RetryLater(
                        f"The registry at {self._settings.bootstrap} cannot be read to its end: try again."
                    )
                for records in polled.values():
                    for record in records:
                        yield (record.key or b"").decode("utf-8", "replace"), record.value
        finally:
            consumer.close()
