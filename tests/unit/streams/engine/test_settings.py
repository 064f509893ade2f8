"""Limits and the way into the cluster."""

import ssl
from pathlib import Path

import pytest
from faust.auth import SASLCredentials, SSLCredentials
from faust.types.enums import ProcessingGuarantee

from fusionbus.contract.errors import Misconfigured
from fusionbus.streams.engine import BrokerSecurity, EngineSettings, build_app, new_table
from fusionbus.streams.engine.producer import may_create
from fusionbus.streams.engine.sender import librdkafka_settings


def test_an_open_broker_needs_nothing() -> None:
    assert BrokerSecurity().librdkafka() == {"security.protocol": "PLAINTEXT"}
    assert BrokerSecurity().faust() is None


def test_scram_goes_to_both_clients() -> None:
    security = BrokerSecurity("SASL_PLAINTEXT", username="hub", password="made-up")
    assert security.librdkafka() == {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "hub",
        "sasl.password": "made-up",
    }
    credentials = security.faust()
    assert isinstance(credentials, SASLCredentials)
    assert (credentials.protocol.value, credentials.mechanism.value) == ("SASL_PLAINTEXT", "SCRAM-SHA-512")
    assert (credentials.username, credentials.password) == ("hub", "made-up")


def test_tls_goes_to_both_clients_and_verifies_the_broker() -> None:
    credentials = BrokerSecurity("SASL_SSL", "PLAIN", "hub", "made-up").faust()
    assert isinstance(credentials, SASLCredentials)
    assert credentials.protocol.value == "SASL_SSL"
    assert credentials.ssl_context is not None
    assert credentials.ssl_context.verify_mode is ssl.CERT_REQUIRED
    assert isinstance(BrokerSecurity("SSL").faust(), SSLCredentials)
    files = BrokerSecurity("SSL", ca_file=Path("ca"), certificate_file=Path("c"), key_file=Path("k")).librdkafka()
    assert files == {
        "security.protocol": "SSL",
        "ssl.ca.location": "ca",
        "ssl.certificate.location": "c",
        "ssl.key.location": "k",
    }


def test_a_missing_certificate_is_told() -> None:
    with pytest.raises(Misconfigured, match="TLS file"):
        BrokerSecurity("SSL", ca_file=Path("/nowhere/ca.pem")).faust()


@pytest.mark.parametrize(
    "fields",
    [
        {"protocol": "SASL_SSL"},
        {"protocol": "SASL_SSL", "username": "hub"},
        {"protocol": "SSL", "username": "hub", "password": "made-up"},
        {"protocol": "PLAINTEXT", "ca_file": Path("ca")},
        {"protocol": "SSL", "certificate_file": Path("c")},
    ],
)
def test_contradictions_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(Misconfigured):
        BrokerSecurity(**fields)  # type: ignore[arg-type]


def test_a_password_is_never_shown() -> None:
    assert "made-up" not in repr(BrokerSecurity("SASL_SSL", username="hub", password="made-up"))


@pytest.mark.parametrize(
    "fields", [{"heartbeat_s": 5.0}, {"batch_size_max": 0}, {"checkpoint_every": 0}, {"message_bytes_max": 0}]
)
def test_limits_that_cannot_work_are_refused(fields: dict[str, float]) -> None:
    with pytest.raises(Misconfigured):
        EngineSettings(**fields)  # type: ignore[arg-type]


def test_a_send_counts_only_when_all_replicas_in_sync_have_it() -> None:
    settings = librdkafka_settings(
        "127.0.0.1:1", {"security.protocol": "SSL"}, linger_ms=1, send_timeout_s=60, message_bytes_max=1000
    )
    assert (settings["acks"], settings["enable.idempotence"]) == ("all", True)
    assert settings["security.protocol"] == "SSL"
    assert settings["partitioner"] == "murmur2_random"


def test_the_app_has_every_safe_setting(tmp_path: Path) -> None:
    security = BrokerSecurity("SASL_PLAINTEXT", username="hub", password="made-up")
    app = build_app(
        "hub",
        brokers="127.0.0.1:1,127.0.0.1:2",
        datadir=tmp_path / "deep" / "w1",
        partitions=6,
        replication=3,
        security=security,
    )
    conf = app.conf
    assert [url.port for url in conf.broker] == [1, 2]
    assert isinstance(conf.broker_credentials, SASLCredentials)
    assert conf.broker_credentials.username == "hub"
    assert ProcessingGuarantee(conf.processing_guarantee) is ProcessingGuarantee.AT_LEAST_ONCE
    assert (conf.stream_wait_empty, conf.topic_disable_leader, conf.web_enabled) == (True, True, False)
    assert (conf.key_serializer, conf.value_serializer) == ("raw", "raw")
    assert (conf.table_standby_replicas, conf.consumer_auto_offset_reset) == (0, "earliest")
    assert (conf.topic_partitions, conf.topic_replication_factor) == (6, 3)
    assert (tmp_path / "deep" / "w1").is_dir()
    table = new_table(app, "seen")
    assert (table.partitions, table.changelog_topic_name) == (6, "hub-seen-changelog")
    with pytest.raises(TypeError, match="return a Mark"):
        table[b"k"] = b"v"


def test_the_worker_creates_its_changelogs_and_nothing_else() -> None:
    assert may_create("hub", "hub-seen-changelog")
    assert not may_create("hub", "reports-kp")
    assert not may_create("hub", "hubris")
