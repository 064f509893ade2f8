"""The secured profile: one report's walk over TLS with passwords and rights, and attempts to break in."""

import gc
import socket
import ssl
import stat
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from builders import a_report
from fusionbus.consumers.reading import TopicReader
from fusionbus.consumers.receiver import AlertReceiver
from fusionbus.consumers.testing import RecordingHandler
from fusionbus.contract import topics
from fusionbus.contract.errors import FusionError, Misconfigured, NotAllowed
from fusionbus.deploy.broker import LocalBroker
from fusionbus.deploy.broker_secured import ADMIN
from fusionbus.deploy.provision_kafka import KafkaCluster
from fusionbus.deploy.rights import PROVISIONER, ROLES, Acl
from fusionbus.deploy.rights_kafka import KafkaRights
from fusionbus.deploy.secret_files import Secrets
from fusionbus.producers.outcomes import Delivered
from fusionbus.producers.publisher import Publisher
from fusionbus.producers.settings import ProducerSettings
from fusionbus.shell.settings import BrokerSettings
from secured_bus import AGENCIES, COMMAND, WITHIN_S, SecuredBus

pytestmark = [
    pytest.mark.broker,
    # kafka-python 3.0.12 forgets to close the sockets of a sign-in that was refused.
    pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:unclosed <socket.socket .*family=1,:ResourceWarning"),
]


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredBus]:
    """A broker of its own, provisioned by its first user."""
    folder = tmp_path_factory.mktemp("secured")
    secrets = Secrets(folder / "secrets")
    with LocalBroker(folder / "broker", secrets=secrets) as broker:
        made = SecuredBus(broker, secrets, folder)
        shown = made.provision(ADMIN, words=("--dry-run",))
        assert "WRITE topic reports-CTD-KP" in shown
        assert not secrets.password_file("CTD-KP").exists()
        assert f"{len(ROLES) + len(AGENCIES)} users made" in made.provision(ADMIN)
        yield made
        gc.collect()  # what was forgotten is found here, where that is expected


DEBUG = {"FUSION_LOG_LEVEL": "DEBUG"}
"""What a worker says at the most: still no password."""


@pytest.fixture(scope="module")
def hub(bus: SecuredBus) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker with the hub's rights and no others."""
    with (bus.folder / "worker.log").open("ab") as log:
        process = subprocess.Popen([COMMAND, "worker", "--id", "s"], env=bus.env("hub") | DEBUG, stdout=log, stderr=log)
    yield process
    process.terminate()
    try:
        process.wait(30)
    finally:
        process.kill()
        process.wait(WITHIN_S)


def until(true: Callable[[], object], what: str) -> None:
    """Returns when it is true; fails when it does not become so in time."""
    end = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < end, f"not within {WITHIN_S} s: {what}"
        time.sleep(0.2)


def producer_settings(broker: BrokerSettings) -> ProducerSettings:
    return ProducerSettings(**broker.model_dump(exclude_none=True))


# -- the walk ---------------------------------------------------------------------------------------------------------
def test_a_report_goes_from_an_agency_through_the_hub_to_another_all_by_tls(
    bus: SecuredBus, hub: "subprocess.Popen[bytes]"
) -> None:
    with Publisher("CTD-KP", producer_settings(bus.as_("CTD-KP"))) as publisher:
        sent = publisher.publish(a_report()).result(WITHIN_S)
    assert isinstance(sent, Delivered)
    kept = RecordingHandler()

    def heard() -> bool:
        assert hub.poll() is None, (bus.folder / "worker.log").read_text(encoding="utf-8")[-2_000:]
        AlertReceiver("CTD-PB", [kept], bus.as_("CTD-PB"), dead_letters=bus.folder / "dead.jsonl").run(follow=False)
        return bool(kept.alerts)

    until(heard, "an alert at CTD-PB")
    assert kept.alerts[0].body.report_id == a_report().report_id
    with TopicReader(bus.as_("CTD-KP"), topics.receipts_topic("CTD-KP"), "receipts") as reader:
        assert len(list(reader.there_now(WITHIN_S))) >= 1
    for role, topic in (("auditor", topics.AUDIT), ("operator", topics.DEAD_LETTERS)):
        with TopicReader(bus.as_(role), topic, role) as reader:
            assert bool(list(reader.there_now(WITHIN_S))) is (role == "auditor")

    def verified() -> bool:
        done = bus.run("auditor", "audit", "verify")
        assert done.returncode == 0, done.stdout + done.stderr
        return "seals of 0 records" not in done.stdout and "; 0 wait" in done.stdout

    until(verified, "the auditor finds every record sealed")


def test_provisioning_again_changes_nothing_and_the_provisioner_may_do_it_too(bus: SecuredBus) -> None:
    for principal in (ADMIN, PROVISIONER):
        said = bus.provision(principal)
        assert said.startswith("Nothing to do")
        assert "0 users made, 0 rights given" in said
        assert "!" not in said


# -- breaking in ------------------------------------------------------------------------------------------------------
def test_a_wrong_password_is_one_clear_sentence(bus: SecuredBus) -> None:
    wrong = bus.folder / "wrong.password"
    wrong.write_text("a made up guess\n", encoding="utf-8")
    settings = bus.as_("CTD-KP").model_copy(update={"password": SecretStr("a made up guess"), "connect_timeout_s": 2.0})
    with pytest.raises(FusionError, match="FUSION_PASSWORD") as caught, KafkaCluster(settings):
        pass
    assert "made up" not in str(caught.value)
    env = bus.env("hub") | {"FUSION_PASSWORD_FILE": str(wrong), "FUSION_CONNECT_TIMEOUT_S": "2"}
    done = subprocess.run([COMMAND, "worker"], env=env, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    sentences = [line for line in done.stderr.splitlines() if line and not line.startswith("%")]
    assert done.returncode == 2
    assert len(sentences) == 1, done.stderr
    assert "FUSION_PASSWORD" in sentences[0]


def test_another_agencys_reports_topic_is_refused(bus: SecuredBus) -> None:
    assert bus.may_write("CTD-KP", "control-CTD-KP")
    for topic in ("reports-IB", "control-IB", "alerts-CTD-KP", topics.ACCEPTED, topics.REGISTRY, topics.AUDIT):
        assert not bus.may_write("CTD-KP", topic), topic
    assert not bus.may_write("hub", "reports-CTD-KP")
    with pytest.raises(NotAllowed, match="CTD-KP"):
        Publisher("IB", producer_settings(bus.as_("CTD-KP")))


@pytest.mark.parametrize(
    ("principal", "topic"),
    [
        ("CTD-KP", "alerts-IB"),
        ("CTD-KP", "receipts-IB"),
        ("CTD-KP", "reports-CTD-PB"),
        ("CTD-KP", topics.INCIDENTS),
        ("CTD-KP", topics.REGISTRY),
        ("CTD-KP", topics.AUDIT),
        ("auditor", topics.DEAD_LETTERS),
        ("operator", topics.AUDIT),
        ("operator", "reports-CTD-KP"),
        ("replayer", "reports-CTD-KP"),
        ("provisioner", "reports-CTD-KP"),
        ("hub", "alerts-IB"),
    ],
)
def test_reading_what_is_anothers_is_refused(bus: SecuredBus, principal: str, topic: str) -> None:
    assert bus.refusal(principal, topic) == "TOPIC_AUTHORIZATION_FAILED"


def test_a_receiver_of_anothers_alerts_is_refused_in_one_sentence(bus: SecuredBus) -> None:
    with pytest.raises(NotAllowed, match="does not let CTD-KP see it"):
        AlertReceiver("IB", [], bus.as_("CTD-KP"), dead_letters=bus.folder / "dead.jsonl").run(follow=False)


@pytest.mark.parametrize("group", ["IB.alerts", topics.HUB_APP, "CTD-KPX.alerts"])
def test_joining_anothers_group_is_refused(bus: SecuredBus, group: str) -> None:
    assert bus.refusal("CTD-KP", "alerts-CTD-KP", group) == "GROUP_AUTHORIZATION_FAILED"


def test_an_agency_makes_no_topics_no_users_and_no_rights(bus: SecuredBus) -> None:
    with KafkaRights(bus.as_("CTD-KP")) as intruder:
        with pytest.raises(NotAllowed):
            intruder.grant([Acl("CTD-KP", "topic", "alerts-", "READ", prefixed=True)])
        with pytest.raises(FusionError):
            intruder.set_passwords({"IB": "a made up password"})
        with pytest.raises(NotAllowed):
            intruder.present()
    with KafkaRights(bus.as_(ADMIN)) as admin:
        assert not [acl for acl in admin.present().acls if acl.principal == "CTD-KP" and acl.name == "alerts-"]


def test_a_client_without_tls_password_or_trust_does_not_get_in(bus: SecuredBus) -> None:
    assert bus.gets_in(ADMIN)
    assert not bus.gets_in(ADMIN, security_protocol="PLAINTEXT")
    assert not bus.gets_in(ADMIN, security_protocol="SASL_PLAINTEXT")
    assert not bus.gets_in(ADMIN, security_protocol="SSL")
    assert not bus.gets_in(ADMIN, ssl_ca_location=str(bus.stranger_ca))


def test_the_controller_obeys_nobody_without_the_brokers_certificate(bus: SecuredBus) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        ask_the_controller(bus)


def ask_the_controller(bus: SecuredBus) -> None:
    """Asks for the versions that it speaks, with no certificate of our own."""
    context = ssl.create_default_context(cafile=str(bus.secrets.ca_file))
    with (
        socket.create_connection(("127.0.0.1", bus.broker.controller_port), timeout=10) as raw,
        context.wrap_socket(raw, server_hostname="127.0.0.1") as wrapped,
    ):
        wrapped.sendall(bytes.fromhex("0000000a001200000000000100 00"))
        if not wrapped.recv(1):  # TLS 1.3 tells of a missing certificate only now
            raise ConnectionResetError


# -- secrets ----------------------------------------------------------------------------------------------------------
def test_no_password_stands_in_a_log_and_every_secret_is_its_owners_alone(bus: SecuredBus) -> None:
    done = bus.run("CTD-KP", "--log-level", "DEBUG", "alerts", "--agency", "CTD-KP", "--once")
    assert done.returncode == 0, done.stderr
    passwords = [path.read_text(encoding="utf-8").strip() for path in bus.secrets.root.glob("*.password")]
    own = 2  # the broker's, and its first user's
    assert len(set(passwords)) == len(passwords) == len(ROLES) + len(AGENCIES) + own
    logs = [*bus.folder.rglob("*.log"), *bus.folder.rglob("*.out")]
    said = "".join(path.read_text(encoding="utf-8", errors="replace") for path in logs) + done.stdout + done.stderr
    assert "INFO" in said
    assert not [number for number, password in enumerate(passwords) if password in said]
    private = [*bus.secrets.root.iterdir(), bus.broker.folder.settings]
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
    assert stat.S_IMODE(bus.secrets.root.stat().st_mode) == 0o700


def test_a_new_password_ends_the_old_one(bus: SecuredBus) -> None:
    old = bus.as_("IB")
    assert "Passwords lie in" in bus.provision(ADMIN, words=("--new-password", "IB"))
    assert bus.as_("IB").secret() != old.secret()
    with KafkaCluster(bus.as_("IB")):
        pass
    with (
        pytest.raises(FusionError, match="FUSION_PASSWORD"),
        KafkaCluster(old.model_copy(update={"connect_timeout_s": 2.0})),
    ):
        pass


def test_an_agency_that_has_ended_loses_user_and_rights(bus: SecuredBus) -> None:
    assert "of ended agencies taken away" in bus.provision(ADMIN, "IB")
    with KafkaRights(bus.as_(ADMIN)) as admin:
        there = admin.present()
    assert "IB" not in there.users
    assert "IB" not in {acl.principal for acl in there.acls}
    with pytest.raises(FusionError), KafkaCluster(bus.as_("IB").model_copy(update={"connect_timeout_s": 2.0})):
        pass


def test_an_open_broker_is_not_started_on_a_secured_ones_data(bus: SecuredBus) -> None:
    open_one = LocalBroker(bus.broker.folder.root)
    with pytest.raises(Misconfigured, match="is secured"):
        open_one.launch()
