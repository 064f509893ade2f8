"""A secured bus for tests: signs in as anyone, and as an intruder with a client that keeps to no rules of ours."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from fusionbus.deploy import certificates
from fusionbus.deploy.broker import LocalBroker
from fusionbus.deploy.broker_secured import environment, signed_in
from fusionbus.deploy.secret_files import Secrets
from fusionbus.shell.settings import BrokerSettings

COMMAND = str(Path(sys.executable).parent / "fusionbus")
WITHIN_S = 60.0
"""Each step takes seconds; a busy machine gets the rest."""
ANSWERED_S_MAX = 2.0
"""A client that is let in is answered in 0.1 s; one that is not tries until its time is up."""
REFUSED_S_MAX = 15.0
"""A refusal comes within a second; who gets none in this time is let in."""
AGENCIES = ("CTD-KP", "CTD-PB", "IB")


@dataclass(frozen=True)
class SecuredBus:
    """A secured broker with topics, users and rights."""

    broker: LocalBroker
    secrets: Secrets
    folder: Path

    def as_(self, principal: str) -> BrokerSettings:
        """How this principal signs in."""
        return signed_in(self.broker.bootstrap, principal, self.secrets)

    def run(self, principal: str, *words: str) -> "subprocess.CompletedProcess[str]":
        """A command of this principal, to its end."""
        return subprocess.run(
            [COMMAND, *words], env=self.env(principal), capture_output=True, text=True, timeout=WITHIN_S, check=False
        )

    def provision(
        self, principal: str, *ended: str, words: tuple[str, ...] = (), must_sign: Collection[str] = ()
    ) -> str:
        """What `fusionbus provision` says; `ended` are agencies that are no more active."""
        shared = {"kinds": ["incident"], "contact": "Desk", "group": "federal"}
        listed = [
            {"agency": name, "name": name, "organisation": name, "subscriptions": [{"name": "Everything"}]}
            | shared
            | ({"active": False} if name in ended else {})
            | ({"must_sign": True} if name in must_sign else {})
            for name in AGENCIES
        ]
        path = self.folder / "agencies.yaml"
        path.write_text(json.dumps({"as_of": "2026-01-01T00:00:00Z", "agencies": listed}), encoding="utf-8")
        done = self.run(principal, "provision", "--agencies", str(path), "--partitions", "1", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def env(self, principal: str) -> dict[str, str]:
        """The environment of this principal's commands: paths, no secrets."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("FUSION_")}
        own = environment(self.broker.bootstrap, principal, self.secrets)
        return clean | own | {"FUSION_HOME": str(self.folder), "COLUMNS": "160", "FUSION_SESSION_S": "6"}

    def refusal(self, principal: str, topic: str, group: str | None = None) -> str | None:
        """The name of the broker's refusal when this principal reads (with a group, joins it), or None when it may."""
        options = self._librdkafka(principal) | {"group.id": group or f"{principal}.intruder"}
        consumer = Consumer(options | {"auto.offset.reset": "earliest", "enable.auto.commit": "false"})
        try:
            told = consumer.list_topics(topic, timeout=WITHIN_S).topics[topic].error
            if told is not None:  # it may not even know where the topic lies
                return str(told.name())
            if group is None:
                consumer.assign([TopicPartition(topic, 0, 0)])
            else:
                consumer.subscribe([topic])
            return _first_error(consumer, of_group=group is not None)
        finally:
            consumer.close()

    def topics(self, principal: str) -> set[str]:
        """The names of the topics that this principal sees."""
        return set(AdminClient(self._librdkafka(principal)).list_topics(timeout=WITHIN_S).topics)

    def may_write(self, principal: str, topic: str) -> bool:
        """Whether the broker takes a record from this principal."""
        error = self.send(principal, topic, None, b"forged")
        assert error in (None, "TOPIC_AUTHORIZATION_FAILED")
        return error is None

    def send(
        self,
        principal: str,
        topic: str,
        key: bytes | None,
        value: bytes,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> str | None:
        """The name of the refusal of a record with any bytes, by the broker, or None when it was taken."""
        said: list[KafkaError | None] = []
        limits = {"message.timeout.ms": "10000", "message.max.bytes": "20000000"}
        producer = Producer(self._librdkafka(principal) | limits)
        producer.produce(topic, value, key, headers=list(headers), on_delivery=lambda error, _: said.append(error))
        assert producer.flush(WITHIN_S) == 0
        (error,) = said
        return None if error is None else str(error.name())

    @property
    def stranger_ca(self) -> Path:
        """The certificate of an authority that is not the broker's."""
        strangers = Secrets(self.folder / "strangers")
        certificates.ensure(strangers)
        return strangers.ca_file

    def gets_in(self, principal: str, **changes: str) -> bool:
        """Whether the broker answers this principal's client with these settings changed."""
        client = AdminClient(self._librdkafka(principal, **changes))
        try:
            client.list_topics(timeout=ANSWERED_S_MAX)
        except KafkaException:
            return False
        return True

    def _librdkafka(self, principal: str, **changes: str) -> dict[str, str | int | float | bool]:
        """A client that keeps to no rules of ours."""
        return {
            "bootstrap.servers": self.broker.bootstrap,
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": principal,
            "sasl.password": self.secrets.password(principal) or "",
            "ssl.ca.location": str(self.secrets.ca_file),
            **{name.replace("_", "."): value for name, value in changes.items()},
        }


def _first_error(consumer: Consumer, *, of_group: bool) -> str | None:
    """What the broker objects to within a few seconds, or None; a reader without a group may hear of the group too."""
    end = time.monotonic() + REFUSED_S_MAX
    while time.monotonic() < end:
        message = consumer.poll(0.2)
        error = message.error() if message is not None else None
        if message is not None and error is None:
            return None
        if error is not None and (of_group or error.code() != KafkaError.GROUP_AUTHORIZATION_FAILED):
            return str(error.name())
    return None
