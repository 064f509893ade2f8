"""A recovery that gets no answer ends the worker at once, and not in silence."""

import asyncio
from pathlib import Path
from typing import NoReturn, cast

import pytest
from faust.tables.manager import TableManager

from fusionbus.streams.engine import build_app
from fusionbus.streams.engine.recovery import EngineRecovery


class Died(BaseException):
    """What the end of the process is here."""


class Mortal(EngineRecovery):
    """A recovery that dies by an exception."""

    @staticmethod
    def _no_answer() -> NoReturn:
        raise Died


async def waits(recovery: EngineRecovery, answer_s: float) -> None:
    await recovery._wait(asyncio.sleep(answer_s), timeout=0.05)  # noqa: SLF001 - Faust calls it


def test_a_step_without_an_answer_in_time_ends_the_process(tmp_path: Path) -> None:
    app = build_app("x", brokers="127.0.0.1:1", datadir=tmp_path, partitions=1, replication=1)
    with pytest.raises(Died):
        asyncio.run(waits(Mortal(app, app.tables), 5))


def test_a_step_that_is_answered_goes_on(tmp_path: Path) -> None:
    app = build_app("x", brokers="127.0.0.1:1", datadir=tmp_path, partitions=1, replication=1)
    asyncio.run(waits(Mortal(app, app.tables), 0))


def test_an_app_of_the_engine_recovers_so(tmp_path: Path) -> None:
    app = build_app("x", brokers="127.0.0.1:1", datadir=tmp_path, partitions=1, replication=1)
    assert isinstance(cast("TableManager", app.tables).recovery, EngineRecovery)
