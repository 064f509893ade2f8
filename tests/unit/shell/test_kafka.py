"""kafka-python's errors in words: what each tells the caller to do."""

import socket
from collections.abc import Iterator

import pytest
from kafka import errors as kafka_errors

from fusionbus.contract.errors import FusionError, Misconfigured, NotAllowed, RetryLater
from fusionbus.shell.kafka import BrokerDown, client_options, explain, explained
from fusionbus.shell.settings import BrokerSettings, load

NOBODY = "127.0.0.1:1"
on_loopback = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.fixture
def listener() -> Iterator[str]:
    """Something that answers on loopback, and is no broker."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def signed_in(bootstrap: str = NOBODY) -> BrokerSettings:
    return load(BrokerSettings, bootstrap=bootstrap, security="SASL_SSL", username="CTD-KP", password="made up")


FORBIDDEN = (
    kafka_errors.TopicAuthorizationFailedError,
    kafka_errors.GroupAuthorizationFailedError,
    kafka_errors.ClusterAuthorizationFailedError,
)


@pytest.mark.parametrize("error", FORBIDDEN)
def test_what_the_broker_forbids_is_not_allowed_and_names_the_user(error: type[kafka_errors.KafkaError]) -> None:
    told = explain(error(), signed_in())
    assert isinstance(told, NotAllowed)
    assert "CTD-KP" in str(told)


def test_a_missing_topic_names_the_command_that_makes_it() -> None:
    told = explain(kafka_errors.UnknownTopicOrPartitionError(), load(BrokerSettings))
    assert isinstance(told, Misconfigured)
    assert "fusionbus provision" in str(told)


def test_a_topic_that_a_signed_in_user_does_not_see_is_not_called_missing() -> None:
    told = explain(kafka_errors.UnknownTopicOrPartitionError(), signed_in())
    assert isinstance(told, NotAllowed)
    assert "does not let CTD-KP see it" in str(told)


def test_a_refused_password_is_found_also_behind_another_error() -> None:
    outer = kafka_errors.KafkaTimeoutError("Unable to bootstrap")
    outer.__cause__ = kafka_errors.SaslAuthenticationFailedError()
    told = explain(outer, signed_in())
    assert isinstance(told, Misconfigured)
    assert "FUSION_PASSWORD" in str(told)
    assert "made up" not in str(told)


@on_loopback
@pytest.mark.parametrize("error", [kafka_errors.KafkaTimeoutError, kafka_errors.KafkaConnectionError])
def test_a_dead_broker_is_told_apart(error: type[kafka_errors.KafkaError]) -> None:
    told = explain(error(), load(BrokerSettings, bootstrap=NOBODY))
    assert isinstance(told, BrokerDown)
    assert f"No broker answers at {NOBODY}" in str(told)


@on_loopback
def test_a_broker_that_answers_and_does_not_let_in_is_not_called_dead(listener: str) -> None:
    told = explain(kafka_errors.KafkaTimeoutError(), signed_in(listener))
    assert not isinstance(told, BrokerDown)
    assert "does not let CTD-KP in" in str(told)
    assert "FUSION_CA_FILE" in str(told)


@on_loopback
def test_a_listener_of_another_protocol_is_told_so(listener: str) -> None:
    told = explain(kafka_errors.KafkaTimeoutError(), load(BrokerSettings, bootstrap=listener))
    assert isinstance(told, RetryLater)
    assert "not as PLAINTEXT" in str(told)


def test_any_other_error_is_still_one_sentence() -> None:
    told = explain(kafka_errors.NotEnoughReplicasError(), load(BrokerSettings))
    assert "NotEnoughReplicasError" in str(told)


def test_the_block_raises_the_sentence_with_its_cause() -> None:
    def fail() -> None:
        with explained(load(BrokerSettings)):
            raise kafka_errors.UnknownTopicOrPartitionError

    with pytest.raises(FusionError) as caught:
        fail()
    assert isinstance(caught.value.__cause__, kafka_errors.UnknownTopicOrPartitionError)


def test_options_hold_the_password_only_where_the_protocol_asks_for_one() -> None:
    plain = client_options(load(BrokerSettings), "me")
    assert not any(name.startswith("sasl") for name in plain)
    assert client_options(signed_in(), "me")["sasl_plain_password"] == "made up"
    assert "made up" not in repr(signed_in())
