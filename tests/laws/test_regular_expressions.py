"""Laws over our regular expressions: no text makes one of them slow (in Python's matcher a bad one can take years)."""

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import fusionbus.consumers
import fusionbus.contract
import fusionbus.deploy
import fusionbus.producers
import fusionbus.shell
import fusionbus.streams
from fusionbus.contract import names
from fusionbus.producers import normalise

ROOMS: tuple[ModuleType, ...] = (
    fusionbus.consumers,
    fusionbus.contract,
    fusionbus.deploy,
    fusionbus.producers,
    fusionbus.shell,
    fusionbus.streams,
)
LENGTH = 10_000
"""As long as a long narrative."""
BOUNDED = {names.__name__: names.NAME_CHARACTERS_MAX, normalise.__name__: normalise.VALUE_CHARACTERS_MAX}
"""Modules that cut their input before any pattern sees it, and where."""
SLOW_S = 0.3
"""A linear pattern takes 1 ms over such a text, a quadratic one a second, an exponential one never ends."""
MAKERS = {"compile", "search", "match", "fullmatch", "sub", "split", "findall", "finditer"}


@cache
def patterns() -> dict[tuple[str, int], re.Pattern[str]]:
    """Every pattern of ours and the longest text it sees: those that modules hold, in tables too, and those written
    where they are used.
    """
    found: dict[tuple[str, int], re.Pattern[str]] = {}
    for room in ROOMS:
        for info in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            module = importlib.import_module(info.name)
            for pattern in (*held(list(vars(module).values()), 3), *written(Path(str(module.__file__)))):
                if isinstance(pattern.pattern, str):
                    found.setdefault((pattern.pattern, BOUNDED.get(info.name, LENGTH)), pattern)
    return found


def held(values: list[object], depth: int) -> Iterator[re.Pattern[str]]:
    for value in values:
        if isinstance(value, re.Pattern):
            yield value
        elif depth and isinstance(value, list | tuple | set | frozenset):
            yield from held(list(value), depth - 1)
        elif depth and isinstance(value, dict):
            yield from held(list(value.values()), depth - 1)


def written(file: Path) -> Iterator[re.Pattern[str]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr in MAKERS
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
        ):
            yield re.compile(node.args[0].value)


def nasty(pattern: str, length: int) -> Iterator[str]:
    """Long runs of what the pattern speaks of, each ending in what it does not expect."""
    letters = sorted({*re.sub(r"\\[a-zA-Z]", "", pattern), *"aA1 ,.-'_{}/:٣ہ\u064b\u0301\n"})
    pieces = [*letters, "a1", "1,", "1,111,", "a'", "a-", "a ", "1-1 ", "{a", "{a}", "aA", "http://", "ہ\u064b", " ,"]
    for piece in pieces:
        run = piece * (length // len(piece))
        yield run + "\x00"
        yield "a" + run


def slowest_s(pattern: re.Pattern[str], length: int = LENGTH) -> float:
    worst = 0.0
    for text in nasty(pattern.pattern, length):
        begun = time.process_time()
        pattern.search(text)
        pattern.fullmatch(text)
        pattern.sub("", text)
        worst = max(worst, time.process_time() - begun)
        if worst > SLOW_S:
            break
    return worst


def test_our_patterns_are_found() -> None:
    assert len(patterns()) > 30
    assert (r"\{([^{}]+)\}", LENGTH) in patterns()


def test_no_text_makes_one_of_our_patterns_slow() -> None:
    took = {text: slowest_s(pattern, length) for (text, length), pattern in patterns().items()}
    assert {text: round(seconds, 1) for text, seconds in took.items() if seconds > SLOW_S} == {}


def test_a_pattern_that_can_be_made_slow_is_found() -> None:
    assert slowest_s(re.compile(r"[a-z]+[0-9]")) > SLOW_S  # quadratic: from each letter on it looks through the rest
