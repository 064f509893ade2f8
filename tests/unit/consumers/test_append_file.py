"""Lines known by an id: torn ones, others' ones, rotated files."""

from contextlib import closing
from pathlib import Path

import pytest

from fusionbus.consumers.append_file import AppendFile
from fusionbus.contract.errors import Misconfigured

A, B, C = (f"00000000-0000-0000-0000-00000000000{letter}" for letter in "abc")


def _line(line_id: str) -> bytes:
    return b'{"id":"' + line_id.encode() + b'","text":"\xda\x86"}'


@pytest.mark.parametrize("torn", [b"{", b'{"id":"00000000-0000-0000-0000-00000000000b","te', b"\xda", b"\0" * 50])
def test_a_torn_last_line_is_cut_and_its_alert_taken_again(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "lines"
    path.write_bytes(_line(A) + b"\n" + torn)
    with closing(AppendFile(path, "id")) as lines:
        assert not lines.append(A, _line(A))
        assert lines.append(B, _line(B))
    assert path.read_bytes() == _line(A) + b"\n" + _line(B) + b"\n"


def test_a_whole_last_line_without_its_end_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(_line(A))
    with closing(AppendFile(path, "id")) as lines:
        assert not lines.append(A, _line(A))
        assert lines.append(B, _line(B))
    assert path.read_bytes() == _line(A) + b"\n" + _line(B) + b"\n"


def test_a_line_of_several_megabytes_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b'{"id":"' + A.encode() + b'","text":"' + b"x" * 3_000_000 + b'"}\n' + _line(B) + b"\n")
    with closing(AppendFile(path, "id")) as lines:
        assert [lines.append(one, _line(one)) for one in (A, B, C)] == [False, False, True]


def test_two_writers_of_one_file_know_each_others_lines(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    with closing(AppendFile(path, "id")) as one, closing(AppendFile(path, "id")) as other:
        assert one.append(A, _line(A))
        assert not other.append(A, _line(A))
        assert other.append(B, _line(B))
        assert not one.append(B, _line(B))
    assert path.read_bytes() == _line(A) + b"\n" + _line(B) + b"\n"


def test_a_file_moved_away_is_followed_by_a_new_one_and_the_ids_stay_known(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    with closing(AppendFile(path, "id")) as lines:
        lines.append(A, _line(A))
        path.rename(tmp_path / "lines.1")
        assert not lines.append(A, _line(A))
        assert lines.append(B, _line(B))
    assert path.read_bytes() == _line(B) + b"\n"


def test_a_device_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "full").symlink_to("/dev/full")
    with pytest.raises(Misconfigured, match="not a plain file"):
        AppendFile(tmp_path / "full", "id")
