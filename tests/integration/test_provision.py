"""Provisioning on a real broker: twice, as a dry run, and against faults."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from kafka.admin import KafkaAdminClient

from builders import a_subscription, an_agency
from fusionbus.contract.agency import registry_key
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.topics import all_topics
from fusionbus.deploy import provision
from fusionbus.deploy.agencies import Federation
from fusionbus.deploy.agencies import read as read_agencies
from fusionbus.deploy.broker import LocalBroker
from fusionbus.deploy.provision import ConfigChange, Wanted
from fusionbus.deploy.provision_kafka import KafkaCluster, ProvisionSettings

pytestmark = pytest.mark.broker

SMALL = Wanted(Federation((an_agency(), an_agency(agency="CTD-PB")), (a_subscription(),)))
OwnBroker = Callable[[], LocalBroker]


def command(bootstrap: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs `fusionbus provision`."""
    return subprocess.run(
        (str(Path(sys.executable).with_name("fusionbus")), "provision", *options),
        env={**os.environ, "FUSION_BOOTSTRAP": bootstrap, "FUSION_CONNECT_TIMEOUT_S": "5", "COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )


def test_the_command_runs_twice_and_its_dry_run_touches_nothing(own_broker: OwnBroker) -> None:
    bootstrap = own_broker().bootstrap
    federation = read_agencies()
    wanted = {topic.name for topic in all_topics(agency.agency for agency in federation.agencies)}

    shown = command(bootstrap, "--dry-run")
    assert shown.returncode == 0, shown.stderr
    assert "agency CTD-KP" in shown.stdout
    assert not topics_at(bootstrap) & wanted

    first = command(bootstrap)
    assert first.returncode == 0, first.stderr
    assert f"{len(wanted)} topics created" in first.stdout
    assert wanted <= topics_at(bootstrap)

    second = command(bootstrap)
    assert second.returncode == 0, second.stderr
    assert second.stdout.startswith("Nothing to do")
    with KafkaCluster(ProvisionSettings(bootstrap=bootstrap)) as cluster:
        registry = cluster.present(Wanted(federation)).registry
    assert registry == {registry_key(entry): entry for entry in federation.entries}


def topics_at(bootstrap: str) -> set[str]:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        return set(admin.list_topics())
    finally:
        admin.close()


def _until_seen(cluster: KafkaCluster, topic: str, key: str, value: str) -> None:
    """Returns when the broker tells the setting that it took: KRaft makes it known a moment later."""
    until = time.monotonic() + 30
    while cluster.present(SMALL).topics[topic].config.get(key) != value:
        assert time.monotonic() < until, f"{topic} does not have {key}={value}"
        time.sleep(0.1)


def test_settings_are_put_right_and_only_what_differs_is_written(own_broker: OwnBroker) -> None:
    with KafkaCluster(ProvisionSettings(bootstrap=own_broker().bootstrap)) as cluster:
        provision.provision(SMALL, cluster)
        cluster.change((ConfigChange("audit", "retention.ms", None, "1000"),))
        _until_seen(cluster, "audit", "retention.ms", "1000")
        other = Federation(
            (an_agency(contact="Other desk, internal 0000"), an_agency(agency="CTD-PB")), (a_subscription(),)
        )
        done = provision.provision(Wanted(other), cluster)
        assert [(change.topic, change.key, change.old) for change in done.config_changes] == [
            ("audit", "retention.ms", "1000")
        ]
        assert [(writing.entry.agency, writing.changed) for writing in done.writings] == [("CTD-KP", ("contact",))]
        assert provision.provision(Wanted(other), cluster).is_empty


def test_more_copies_than_nodes_is_one_sentence(own_broker: OwnBroker) -> None:
    with (
        KafkaCluster(ProvisionSettings(bootstrap=own_broker().bootstrap)) as cluster,
        pytest.raises(Misconfigured, match="too few nodes for 3 copies"),
    ):
        provision.provision(Wanted(SMALL.federation, replication=3), cluster)


def test_no_broker_is_one_sentence_and_a_dry_run_still_shows_the_plan() -> None:
    ended = command("127.0.0.1:1")
    assert ended.returncode == 2
    assert ended.stderr.startswith("No broker answers at 127.0.0.1:1")
    assert "Traceback" not in ended.stderr
    shown = command("127.0.0.1:1", "--dry-run")
    assert shown.returncode == 0
    assert "what would be checked" in shown.stdout
