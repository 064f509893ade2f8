"""Laws over the command: each sub-command explains itself by an example that it takes, and says what options do."""

import re
import shlex
import subprocess
import sys
from typing import Any

import pytest
from typer.main import get_command

from fusionbus.shell import cli


def leaves(command: Any, *names: str) -> dict[tuple[str, ...], Any]:
    """Every command that does something, by its words."""
    inner = getattr(command, "commands", None)
    if inner is None:
        return {names: command}
    return {words: leaf for name, one in inner.items() for words, leaf in leaves(one, *names, name).items()}


COMMANDS = leaves(get_command(cli.build()))
EXAMPLE = re.compile(r"^Example: (.+?)(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)


def example(command: Any) -> list[str]:
    """The words behind `fusionbus` in the example of the command's help."""
    found = EXAMPLE.search(command.help or "")
    assert found, "its docstring ends with a line `Example: fusionbus …`"
    line = re.sub(r'^eval "\$\((.*)\)"$', r"\1", found[1].replace("\n", " "))
    words = shlex.split(line)
    assert words[0] == "fusionbus"
    return words[1:]


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_a_command_says_what_it_does_and_shows_an_example_that_it_takes(
    names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUSION_DATABASE_URL", "sqlite:///threats.db")  # as a machine is set up, once
    command = COMMANDS[names]
    first = (command.help or "").strip().splitlines()[0]
    assert first.endswith((".", ":", ";")), first
    words = example(command)
    assert tuple(words[: len(names)]) == names
    command.make_context(" ".join(names), words[len(names) :])  # raises where an option or argument is unknown


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_every_option_says_what_it_is_for(names: tuple[str, ...]) -> None:
    options = [one for one in COMMANDS[names].params if one.param_type_name == "option" and not one.hidden]
    assert [one.opts for one in options if not getattr(one, "help", None)] == []


def test_the_commands_are_found() -> None:
    assert len(COMMANDS) > 60
    assert any(one.param_type_name == "option" for one in COMMANDS["alerts",].params)


def test_help_loads_nothing_that_only_one_command_needs() -> None:
    """Whoever asks for help waits for what is imported: of these each takes a third of a second and more."""
    heavy = ("openpyxl", "numpy", "sqlalchemy", "alembic", "faust", "aiokafka", "nicegui", "fastapi", "stix2")
    code = f"import sys; from fusionbus.shell import cli; cli.build(); print(*(set({heavy!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.split() == []
