"""The local broker's folder and Kafka's settings."""

import json
from pathlib import Path

import pytest

from fusionbus.contract.errors import Misconfigured
from fusionbus.deploy.broker_files import (
    CLUSTER_ID,
    Folder,
    Member,
    as_properties,
    data_bytes,
    kafka_settings,
    log_settings,
    needs_format,
    prepare,
    read_properties,
    write_settings,
    write_stamp,
)

ME = Member(node_id=1, port=19092, controller_port=19093)
THREE = (ME, Member(2, 19094, 19095), Member(3, 19096, 19097))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "broker")
    prepare(made)
    return made


def lay_out(folder: Folder, cluster: str = CLUSTER_ID, node: int = 1) -> None:
    (folder.data / "meta.properties").write_text(f"#made\nversion=1\ncluster.id={cluster}\nnode.id={node}\n")
    write_stamp(folder)


def test_an_empty_folder_has_to_be_laid_out_and_a_used_one_not(folder: Folder) -> None:
    assert needs_format(folder, 1)
    lay_out(folder)
    assert not needs_format(folder, 1)


def test_a_folder_of_other_files_is_refused(folder: Folder) -> None:
    (folder.data / "letters.txt").write_text("dear")
    with pytest.raises(Misconfigured, match=r"letters\.txt.*no broker's data"):
        needs_format(folder, 1)


@pytest.mark.parametrize(("cluster", "node"), [("somebody-else", 1), (CLUSTER_ID, 2)])
def test_the_data_of_another_cluster_or_node_is_refused(folder: Folder, cluster: str, node: int) -> None:
    lay_out(folder, cluster, node)
    with pytest.raises(Misconfigured, match="belongs to another cluster"):
        needs_format(folder, 1)


def test_data_of_a_newer_kafka_is_refused(folder: Folder) -> None:
    lay_out(folder)
    folder.stamp.write_text(json.dumps({"kafka_version": "4.10.0"}))
    with pytest.raises(Misconfigured, match=r"written by Kafka 4\.10\.0"):
        needs_format(folder, 1)


def test_a_broken_stamp_does_not_lock_the_data_away(folder: Folder) -> None:
    lay_out(folder)
    folder.stamp.write_text("{")
    assert not needs_format(folder, 1)


def test_a_folder_that_cannot_be_made_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match=r"cannot be written .*FUSION_HOME"):
        prepare(Folder(tmp_path / "file" / "broker"))


def test_a_full_disk_is_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"MB are free at .* and the broker needs"):
        prepare(Folder(tmp_path / "broker"), free_bytes_min=2**62)


def test_every_listener_is_on_loopback_and_no_topic_makes_itself(folder: Folder) -> None:
    settings = kafka_settings(folder, ME, (ME,))
    assert settings["listeners"] == "PLAINTEXT://127.0.0.1:19092,CONTROLLER://127.0.0.1:19093"
    assert settings["advertised.listeners"] == "PLAINTEXT://127.0.0.1:19092"
    assert settings["auto.create.topics.enable"] == "false"
    assert settings["default.replication.factor"] == settings["min.insync.replicas"] == "1"


def test_three_nodes_keep_three_copies_two_of_them_sure(folder: Folder) -> None:
    settings = kafka_settings(folder, ME, THREE)
    assert settings["controller.quorum.voters"] == "1@127.0.0.1:19093,2@127.0.0.1:19095,3@127.0.0.1:19097"
    assert {value for key, value in settings.items() if key.endswith("replication.factor")} == {"3"}
    assert {value for key, value in settings.items() if key.endswith((".isr", "insync.replicas"))} == {"2"}


def test_a_record_of_one_mebibyte_fits_with_its_headers(folder: Folder) -> None:
    assert int(kafka_settings(folder, ME, (ME,))["message.max.bytes"]) > 2**20


def test_settings_are_read_back_as_written(folder: Folder) -> None:
    write_settings(folder, ME, (ME,))
    assert read_properties(folder.settings.read_text()) == kafka_settings(folder, ME, (ME,))
    assert read_properties("# note\n a = b=c \n\nnonsense\n") == {"a": "b=c"}
    assert as_properties({"a": "1", "b": "2"}) == "a=1\nb=2\n"


def test_the_log_is_limited_in_size_and_number(folder: Folder) -> None:
    settings = log_settings(folder)
    assert int(settings["log4j.appender.file.MaxFileSize"]) <= 10 * 2**20
    assert int(settings["log4j.appender.file.MaxBackupIndex"]) <= 3


def test_a_preallocated_but_empty_file_is_not_counted_as_data(folder: Folder) -> None:
    with (folder.data / "00.index").open("wb") as file:
        file.truncate(10 * 2**20)
    (folder.data / "00.log").write_bytes(b"x" * 50_000)
    assert 50_000 <= data_bytes(folder) < 2**20
