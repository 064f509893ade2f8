"""Laws over the rooms: one namespace package, files that can be read in one go."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOTS = ("contract", "producers", "streams", "consumers", "deploy")
ROOMS = {"contract": "contract", "shell": "contract", **{name: name for name in ROOTS}}
LINES_MAX = 300
FUNCTION_LINES_MAX = 40
LISTS = {
    "contract/fusionbus/contract/vocabulary.py": "the standards' enumerations, one value a line: a list, not code",
}
"""Files that may be longer, each with its reason."""
TABLES = {
    "contract/fusionbus/contract/topics.py:hub_topics": "the table of the hub's topics: one expression, no step",
}
"""Functions that may be longer, each with its reason."""


def sources() -> list[Path]:
    folders = (*ROOTS, "tests", "docs")
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if "build" not in path.parts and "__pycache__" not in path.parts)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function of a file with the lines of its body, docstring left out."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            yield node.name, lines


@pytest.mark.parametrize("root", ROOTS)
def test_no_room_closes_the_namespace_with_a_file_of_its_own(root: str) -> None:
    assert not (ROOT / root / "fusionbus" / "__init__.py").exists(), "it would hide the other rooms"


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_a_typed_package(room: str) -> None:
    package = ROOT / ROOMS[room] / "fusionbus" / room
    assert (package / "__init__.py").is_file()
    assert (package / "py.typed").is_file()


def test_no_file_is_longer_than_can_be_read_in_one_go() -> None:
    lengths = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert {name: lines for name, lines in lengths.items() if lines > LINES_MAX and name not in LISTS} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{named(path)}:{name}": lines
        for path in sources()
        for name, lines in functions(path)
        if lines > FUNCTION_LINES_MAX and f"{named(path)}:{name}" not in TABLES
    }
    assert long == {}


def test_nobody_patches_what_a_fake_can_stand_in_for() -> None:
    word = "mock" + ".patch"
    assert [named(path) for path in sources() if word in path.read_text(encoding="utf-8")] == []
