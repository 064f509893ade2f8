"""Operators on a secured bus: the doctor compares rights, and dead letters are handled by who may, on record."""

import gc
import json
from collections.abc import Iterator
from typing import Any

import pytest
from kafka import KafkaProducer
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType

from builders import a_report
from dead_letter import a_letter
from fusionbus.contract import topics
from fusionbus.contract.codec import encode
from fusionbus.deploy.broker import LocalBroker
from fusionbus.deploy.broker_secured import ADMIN
from fusionbus.deploy.rights import OPERATOR, REPLAYER, Acl
from fusionbus.deploy.rights_kafka import KafkaRights
from fusionbus.deploy.secret_files import Secrets
from fusionbus.shell.kafka import client_options
from secured_bus import SecuredBus

pytestmark = [
    pytest.mark.broker,
    # kafka-python 3.0.12 forgets to close the sockets of a sign-in that was refused.
    pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:unclosed <socket.socket .*family=1,:ResourceWarning"),
]
MINE = Acl("CTD-KP", "topic", "alerts-CTD-KP", "READ")
DENIAL = "DENY CTD-KP READ topic receipts-CTD-KP from *"
GIFT = Acl("CTD-KP", "topic", "alerts-CTD-PB", "READ")


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredBus]:
    """A provisioned broker; no worker is needed for any of this."""
    folder = tmp_path_factory.mktemp("operators")
    secrets = Secrets(folder / "secrets")
    with LocalBroker(folder / "broker", secrets=secrets) as broker:
        made = SecuredBus(broker, secrets, folder)
        made.provision(ADMIN)
        yield made
        gc.collect()  # what was forgotten is found here, where that is expected


def findings(bus: SecuredBus) -> dict[str, list[tuple[str, str]]]:
    """What the doctor tells the operator: level and sentence, by check."""
    done = bus.run(OPERATOR, "doctor", "--agencies", str(bus.folder / "agencies.yaml"), "--json")
    found: dict[str, list[tuple[str, str]]] = {}
    for one in json.loads(done.stdout)["findings"]:
        found.setdefault(one["check"], []).append((one["level"], one["sentence"]))
    return found


def letters(bus: SecuredBus, *words: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(bus.run(REPLAYER, "dead-letters", "list", "--json", *words).stdout)
    return told


def test_the_operators_doctor_sees_all_and_the_rights_are_as_declared(bus: SecuredBus) -> None:
    found = findings(bus)
    told = {check: {level for level, _ in told} for check, told in found.items() if check not in {"disk", "hub"}}
    checks = ("broker", "topics", "registry", "rights", "quotas", "clocks", "versions", "state")
    assert told == {check: {"ok"} for check in checks}
    assert not any(name.startswith("fusion-doctor-") for name in bus.topics(OPERATOR))


def test_rights_that_are_missing_too_many_or_denied_are_each_a_fault(bus: SecuredBus) -> None:
    denied = ResourcePattern(ResourceType.TOPIC, "receipts-CTD-KP")
    denial = ACL("User:CTD-KP", "*", ACLOperation.READ, ACLPermissionType.DENY, denied)
    with KafkaRights(bus.as_(ADMIN)) as rights:
        rights.revoke([MINE])
        rights.grant([GIFT])
        rights._admin.create_acls([denial])  # noqa: SLF001 - we never make one
    found = {sentence for level, sentence in findings(bus)["rights"] if level == "fault"}
    assert found == {
        "Rights are missing: CTD-KP: READ topic alerts-CTD-KP. Run `fusionbus provision`.",
        f"The broker gives rights that no topic asks for: CTD-KP: {GIFT}. They are left; take them away by hand.",
        f"The broker has rules that this bus never makes: {DENIAL}. They are left; look whether they are meant.",
    }
    bus.provision(ADMIN)
    assert not any("missing" in sentence for _, sentence in findings(bus)["rights"])
    with KafkaRights(bus.as_(ADMIN)) as rights:  # by hand, as it says
        rights.revoke([GIFT])
        rights._admin.delete_acls([denial])  # noqa: SLF001 - as above
    assert {level for level, _ in findings(bus)["rights"]} == {"ok"}


def test_only_the_replayer_handles_dead_letters_and_each_act_is_on_record(bus: SecuredBus) -> None:
    first, second = (
        a_letter(number, encode(a_report(local_ref=ref)), partition=0) for number, ref in enumerate(("L-1", "L-2"))
    )
    producer = KafkaProducer(**client_options(bus.as_("hub"), "test"))
    for letter in (first, second):
        producer.send(topics.DEAD_LETTERS, encode(letter), key=letter.dead_letter_id.encode()).get(timeout=30)
    producer.close(timeout=5)

    refused = bus.run(OPERATOR, "dead-letters", "discard", first.dead_letter_id, "--why", "A slip.")
    assert (refused.returncode, refused.stderr.strip()) == (2, "operator lacks the right to WRITE the topic audit.")
    done = bus.run(REPLAYER, "dead-letters", "replay", first.dead_letter_id, "--by", "watch-floor")
    assert done.returncode == 0, done.stderr
    assert bus.run(REPLAYER, "dead-letters", "discard", second.dead_letter_id, "--why", "A slip.").returncode == 0
    assert letters(bus) == []
    acts = {one["dead_letter_id"]: one["handled"][0].split(" ", 1)[1] for one in letters(bus, "--all")}
    assert acts[first.dead_letter_id].startswith("replayed by watch-floor: sent to reports-CTD-KP partition 0 offset 0")
    assert acts[second.dead_letter_id] == "discarded by replayer: A slip."
    shown = bus.run(OPERATOR, "dead-letters", "list")
    assert "2 dead letters" in shown.stdout
    assert "may not read `audit`" in shown.stderr


def watched(bus: SecuredBus, principal: str) -> dict[str, Any]:
    done = bus.run(principal, "watch", "--once", "--json")
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_watch_shows_each_what_its_user_may_see(bus: SecuredBus) -> None:
    told = watched(bus, OPERATOR)
    assert {"CTD-KP", "CTD-PB"} <= {flow["agency"] for flow in told["flows"]}
    assert told["dead_letters"] is not None
    assert "for `operator` to see" not in (told["remark"] or "")
    assert told["newest"]["alert"] == told["newest"]["incident"] == []
    told = watched(bus, "CTD-KP")
    assert [flow["agency"] for flow in told["flows"]] == ["CTD-KP"]
    assert told["dead_letters"] is None
    assert told["remark"] == "Who is behind is for `operator` to see."
