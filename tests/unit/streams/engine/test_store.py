"""The store on disk lets go of a partition at once, without a look through all of Python's objects."""

import asyncio
import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from faust.types import TP

from fusionbus.streams.engine import EngineSettings, build_app, new_table
from fusionbus.streams.engine.store import RocksStore, partition_of
from fusionbus.streams.engine.table import EngineTable


@pytest.fixture
def table(tmp_path: Path) -> EngineTable:
    app = build_app(
        "unit", brokers="127.0.0.1:1", datadir=tmp_path, partitions=2, replication=1, settings=EngineSettings()
    )
    return new_table(app, "held")


@pytest.fixture
def looks() -> Iterator[list[str]]:
    """What the collector does meanwhile, of the whole heap."""
    told: list[str] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start" and info["generation"] == 2:
            told.append(phase)

    gc.disable()
    gc.callbacks.append(note)
    yield told
    gc.callbacks.remove(note)
    gc.enable()


def test_a_partition_that_went_can_be_opened_again_at_once(table: EngineTable, looks: list[str]) -> None:
    store = table.data
    assert isinstance(store, RocksStore)
    partition_of(store, 0).put(b"key", b"value")
    partition_of(store, 1).put(b"key", b"other")
    store.revoke_partitions(table, {TP(table.changelog_topic.get_topic_name(), 0)})
    assert partition_of(store, 0).get(b"key") == b"value"
    asyncio.run(store.stop())
    assert partition_of(store, 1).get(b"key") == b"other"
    assert looks == []
