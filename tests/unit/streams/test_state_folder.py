"""A worker's state goes with the changelogs it was kept along with; with others the worker does not start."""

from pathlib import Path

import pytest

from fusionbus.contract.errors import Misconfigured
from fusionbus.streams import state_folder

CHANGELOGS = {"seen": "id-1", "fused": "id-2"}


def test_the_same_changelogs_are_fine_at_every_start(tmp_path: Path) -> None:
    for _ in range(3):
        state_folder.check(tmp_path / "worker-1", CHANGELOGS)


@pytest.mark.parametrize("now", [CHANGELOGS | {"fused": "id-3"}, {"seen": "id-1"}], ids=["made anew", "gone"])
def test_a_changelog_that_is_another_now_is_refused_every_time_and_the_state_stays(
    tmp_path: Path, now: dict[str, str]
) -> None:
    state_folder.check(tmp_path, CHANGELOGS)
    for _ in range(2):
        with pytest.raises(Misconfigured, match=r"fused was made anew .* move that folder away"):
            state_folder.check(tmp_path, now)
    state_folder.check(tmp_path, CHANGELOGS)


def test_state_moved_away_may_go_with_new_changelogs(tmp_path: Path) -> None:
    state_folder.check(tmp_path / "worker-1", CHANGELOGS)
    (tmp_path / "worker-1").rename(tmp_path / "away")
    state_folder.check(tmp_path / "worker-1", CHANGELOGS | {"seen": "id-9"})


def test_a_table_that_is_new_in_this_version_is_noted(tmp_path: Path) -> None:
    state_folder.check(tmp_path, {"seen": "id-1"})
    state_folder.check(tmp_path, CHANGELOGS)
    with pytest.raises(Misconfigured):
        state_folder.check(tmp_path, CHANGELOGS | {"fused": "id-3"})


def test_a_note_that_is_broken_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / state_folder.NOTE).write_text("{half", encoding="utf-8")
    with pytest.raises(Misconfigured, match="cannot be read"):
        state_folder.check(tmp_path, CHANGELOGS)
