"""Writes what the models say as JSON Schema and AsyncAPI 3, for those who do not write Python.

`python -m fusionbus.contract.schemas` writes docs/schemas; with `--check` it only says which files are out of date.
"""

import argparse
import ast
import inspect
import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from types import ModuleType, UnionType
from typing import Any, Final, Union, get_args, get_origin

from fusionbus.contract import (
    agency,
    alert,
    asyncapi,
    base,
    control,
    facts,
    handling,
    incident,
    keeping,
    observation,
    records,
    report,
    seals,
    sections,
)
from fusionbus.contract.base import SCHEMA_VERSION, Message
from fusionbus.contract.topics import Topic, agency_topics, hub_topics

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ASYNCAPI_FILE: Final = "asyncapi.json"
FAMILY: Final = "{agency}"
"""Stands for an agency's id in the name of a topic of which every agency has one."""

_MODULES: Final[tuple[ModuleType, ...]] = (
    agency,
    alert,
    base,
    control,
    facts,
    handling,
    incident,
    keeping,
    observation,
    records,
    report,
    seals,
    sections,
)


def all_topics() -> tuple[Topic, ...]:
    """The hub's topics and the family of topics that each agency has."""
    return (*agency_topics(FAMILY), *hub_topics())


def models_of(message: Any) -> tuple[type[Message], ...]:
    """The models that a topic's message may be of: one, or the members of a union; none for the hub's own state."""
    if message is None:
        return ()
    if hasattr(message, "__metadata__"):
        message = get_args(message)[0]
    if get_origin(message) in (Union, UnionType):
        return tuple(get_args(message))
    return (message,)


def messages() -> dict[str, type[Message]]:
    """Every message of every topic by its name in kebab case, in the order of the topics."""
    found: dict[str, type[Message]] = {}
    for topic in all_topics():
        for model in models_of(topic.message):
            found.setdefault(kebab(model.__name__), model)
    return found


def kebab(name: str) -> str:
    """`ThreatReport` as `threat-report`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


def examples(name: str) -> dict[str, str]:
    """The examples of a message as JSON text, by their own names, sorted."""
    folder = resources.files("fusionbus.contract") / "examples" / name
    if not folder.is_dir():
        return {}
    files = (entry for entry in folder.iterdir() if entry.name.endswith(".json"))
    found = {entry.name.removesuffix(".json"): entry.read_text(encoding="utf-8") for entry in files}
    return dict(sorted(found.items()))


def schema_of(name: str, model: type[Message]) -> dict[str, Any]:
    """The JSON Schema of one message, with what the docstrings say of each field."""
    made = model.model_json_schema(mode="validation")
    defs = made.pop("$defs", {})
    _describe(model.__name__, made)
    for called, inner in defs.items():
        _describe(called, inner)
    head = {
        "$schema": DIALECT,
        "$id": f"urn:fusionbus:{SCHEMA_VERSION}:{name}",
        "title": made.pop("title", model.__name__),
        "description": made.pop("description", ""),
    }
    return head | made | ({"$defs": defs} if defs else {})


def files() -> dict[str, str]:
    """Every generated file: its name and its text."""
    found = messages()
    made: dict[str, Any] = {f"{name}.json": schema_of(name, model) for name, model in found.items()}
    channels = tuple(
        (topic, tuple(kebab(model.__name__) for model in models_of(topic.message))) for topic in all_topics()
    )
    told = {
        name: asyncapi.Told(
            title=model.__name__,
            summary=(model.__doc__ or "").strip(),
            examples={called: json.loads(text) for called, text in examples(name).items()},
        )
        for name, model in found.items()
    }
    made[ASYNCAPI_FILE] = asyncapi.document(channels, told)
    return {name: json.dumps(tree, indent=2, ensure_ascii=False) + "\n" for name, tree in made.items()}


def stale(out: Path) -> Iterator[str]:
    """Names of files in `out` that are missing, out of date, or made by nobody any more."""
    wanted = files()
    for name, text in wanted.items():
        path = out / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            yield name
    yield from sorted(path.name for path in out.glob("*.json") if path.name not in wanted)


def _describe(name: str, schema: dict[str, Any]) -> None:
    """Adds what the wire needs and pydantic does not say.

    Attribute docstrings are put in here: pydantic would read the source for them at every start (measured: +0.1 s).
    """
    for field, said in _docstrings().get(name, {}).items():
        inner = schema.get("properties", {}).get(field)
        if inner is not None:
            inner.setdefault("description", said)
    # The one value of a discriminator has a default in Python; on the wire it must be written.
    told_apart = [
        field for field, inner in schema.get("properties", {}).items() if {"const", "default"} <= inner.keys()
    ]
    for field in told_apart:
        del schema["properties"][field]["default"]
    if told_apart:
        schema["required"] = [*told_apart, *schema.get("required", ())]


@cache
def _docstrings() -> dict[str, dict[str, str]]:
    """What stands under each field, by model and field."""
    found: dict[str, dict[str, str]] = {}
    for module in _MODULES:
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.ClassDef):
                found[node.name] = dict(_field_docstrings(node))
    return found


def _field_docstrings(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, after in zip(node.body, node.body[1:], strict=False):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
            yield field.target.id, inspect.cleandoc(after.value.value)


def _default_out() -> Path:
    return Path(__file__).resolve().parents[3] / "docs" / "schemas"


def main(arguments: list[str] | None = None) -> int:
    """Writes the files, or with `--check` names the stale ones; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m fusionbus.contract.schemas", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is out of date")
    parser.add_argument("--out", type=Path, default=_default_out(), help="where the files lie")
    options = parser.parse_args(arguments)
    out: Path = options.out
    old = list(stale(out))
    if options.check:
        if old:
            print(  # noqa: T201 - the command speaks
                f"Out of date: {', '.join(old)}. Run `python -m fusionbus.contract.schemas`.", file=sys.stderr
            )
        return 1 if old else 0
    out.mkdir(parents=True, exist_ok=True)
    made = files()
    for name in old:
        if name in made:
            (out / name).write_text(made[name], encoding="utf-8")
        else:
            (out / name).unlink()
    print(f"{len(made)} files in {out}: {', '.join(old) or 'none'} changed.")  # noqa: T201 - as above
    return 0


if __name__ == "__main__":
    sys.exit(main())
