"""A bench on the shared broker for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.engine.kit import Bench


@pytest.fixture
def bench(broker: str, tmp_path: Path) -> Iterator[Bench]:
    """Topics and workers of one test."""
    made = Bench(broker, tmp_path)
    yield made
    made.close()


@pytest.fixture
def naive_bench(broker: str, tmp_path: Path) -> Iterator[Bench]:
    """The same for the naive program, so that both may run at once."""
    (tmp_path / "naive-signs").mkdir()
    made = Bench(broker, tmp_path / "naive-signs")
    yield made
    made.close()
