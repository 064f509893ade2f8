"""Laws over the registry of topics."""

import re
from pathlib import Path

import pytest

from fusionbus.contract import schemas, topics
from fusionbus.contract.topics import Partitions, Topic
from fusionbus.deploy import agencies

FEDERATION = agencies.parse((Path(__file__).resolve().parents[2] / "deploy" / "agencies.yaml").read_text("utf-8"))
ALL = tuple(topics.all_topics(agency.agency for agency in FEDERATION.agencies))
FAMILIES = schemas.all_topics()
PRINCIPALS = {topics.HUB, topics.THREAT_DATABASE, "provisioner", "auditor", "operator", schemas.FAMILY}
NAME_CHARACTERS_MAX = 249
"""Source: Kafka, org.apache.kafka.common.internals.Topic.MAX_NAME_LENGTH."""


def ids(topic: Topic) -> str:
    return topic.name


@pytest.mark.parametrize("topic", FAMILIES, ids=ids)
def test_a_topic_has_a_writer_and_a_reader_that_exist(topic: Topic) -> None:
    assert topic.writers
    assert topic.readers
    assert {*topic.writers, *topic.readers} <= PRINCIPALS


@pytest.mark.parametrize("topic", FAMILIES, ids=ids)
def test_a_topic_says_its_key_and_what_it_is_for(topic: Topic) -> None:
    assert topic.key
    assert topic.about


@pytest.mark.parametrize("topic", FAMILIES, ids=ids)
def test_a_topic_keeps_for_a_time_or_the_newest_of_each_key_but_never_by_accident(topic: Topic) -> None:
    config = topic.config()
    assert ("cleanup.policy" in config) == topic.compacted
    assert int(config["retention.ms"]) > 0 or config["retention.ms"] == "-1"
    assert "max.compaction.lag.ms" in config if topic.compacted else topic.retention_ms != 0
    assert ("segment.ms" in config) == (topic.retention_ms is not None)


def test_names_are_legal_and_hold_hyphens_only() -> None:
    for topic in ALL:
        assert re.fullmatch(r"[A-Za-z0-9-]+", topic.name), topic.name
        assert len(topic.name) <= NAME_CHARACTERS_MAX


def test_no_two_topics_share_a_name_or_collide_in_kafkas_metrics() -> None:
    flat = [topic.name.replace(".", "_") for topic in ALL]
    assert len(set(flat)) == len(flat)


def test_the_agency_of_a_topic_is_read_back_from_its_name() -> None:
    for agency in FEDERATION.agencies:
        for topic in topics.agency_topics(agency.agency):
            assert topics.agency_of(topic.name) == agency.agency
    assert {topics.agency_of(topic.name) for topic in topics.hub_topics()} == {None}


def test_only_an_agency_writes_its_reports_and_only_it_and_the_centres_database_read_its_alerts() -> None:
    reports, control, alerts, receipts = topics.agency_topics("CTD-KP")
    assert reports.writers == control.writers == ("CTD-KP",)
    assert alerts.readers == receipts.readers == ("CTD-KP", topics.THREAT_DATABASE)


def test_every_message_of_every_topic_has_an_example() -> None:
    for name in schemas.messages():
        assert schemas.examples(name), name


def test_there_is_no_folder_of_examples_without_a_message() -> None:
    folder = Path(schemas.__file__).parent / "examples"
    assert {entry.name for entry in folder.iterdir()} == schemas.messages().keys()


def test_ingress_and_its_state_have_one_number_of_partitions_and_so_have_the_zones() -> None:
    spread = {topic.name: topic.spread for topic in topics.hub_topics()}
    assert spread[topics.SEEN_CHANGELOG] == topics.agency_topics("A")[0].spread
    assert spread[topics.FUSED_CHANGELOG] == spread[topics.ACCEPTED]
    assert all(hasattr(Partitions(), topic.spread) for topic in FAMILIES)


def test_what_an_agency_writes_is_stamped_by_the_broker_and_not_by_the_agencys_clock() -> None:
    stamped = {topic.name for topic in FAMILIES if topic.config().get("message.timestamp.type") == "LogAppendTime"}
    assert stamped == {topic.name for topic in FAMILIES if topic.writers == (schemas.FAMILY,)}
