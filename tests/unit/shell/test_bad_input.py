"""Whatever a person types, every command ends with a sentence and never with a traceback."""

import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from fusionbus.shell import cli

APP = cli.build()
RUNS_ON = {
    *("demo", "up", "hub", "worker", "dashboard", "web", "keep", "broker up"),
    *("outbox send", "audit watch", "alert-services run", "oversight keep", "tips serve"),
}
"""Commands that start what goes on: only what they are asked wrongly is tried."""
INVENTS = {"simulate", "scenario"}
"""Commands that do their work for seconds whatever one option says; their own tests try each."""
NASTY = ("", "x" * 5_000, "\u202e\x1b[2J")


def leaves(command: Any, *names: str) -> dict[tuple[str, ...], Any]:
    inner = getattr(command, "commands", None)
    if inner is None:
        return {names: command}
    return {words: leaf for name, one in inner.items() for words, leaf in leaves(one, *names, name).items()}


COMMANDS = leaves(get_command(APP))
STILL = {names: one for names, one in COMMANDS.items() if " ".join(names) not in RUNS_ON}


@pytest.fixture(autouse=True)
def _nobody_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "FUSION_BOOTSTRAP": "127.0.0.1:1",
        "FUSION_CONNECT_TIMEOUT_S": "0.05",
        "FUSION_HOME": str(tmp_path / "home"),
        "FUSION_DATABASE_URL": f"sqlite:///{tmp_path / 'threats.db'}",
    }.items():
        monkeypatch.setenv(name, value)


def refused(*words: str) -> tuple[int, str]:
    """Exit code and what is said, as `main` would; a traceback fails the test."""
    done = CliRunner().invoke(APP, list(words))
    sentence = None if done.exception is None else cli.told(done.exception)
    if sentence is not None:
        return cli.EXIT_FAULT, sentence
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def mandatory(command: Any) -> list[str]:
    """Words for what a command must be given, of the right form."""
    words: list[str] = []
    for one in command.params:
        if one.required:
            words += ["1"] if one.param_type_name == "argument" else [one.opts[0], "1"]
    return words


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_an_option_that_it_does_not_have_is_told(names: tuple[str, ...]) -> None:
    code, said = refused(*names, *mandatory(COMMANDS[names]), "--no-such-option")
    assert code == cli.EXIT_FAULT
    assert "no-such-option" in said or "Invalid" in said


@pytest.mark.parametrize("names", [names for names, one in COMMANDS.items() if mandatory(one)], ids=" ".join)
def test_what_is_missing_is_named(names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FUSION_DATABASE_URL")
    code, said = refused(*names)
    assert code == cli.EXIT_FAULT
    assert said.strip()


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("names", STILL, ids=" ".join)
def test_the_example_without_a_broker_ends_with_a_sentence(names: tuple[str, ...]) -> None:
    line = str(STILL[names].help).partition("Example: ")[2].partition("\n\n")[0].replace("\n", " ")
    words = shlex.split(line.removeprefix('eval "$(').removesuffix(')"'))[1:]
    code, said = refused(*words)
    assert said.strip()
    assert "Traceback" not in said
    assert code in range(5)


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("names", [names for names in STILL if names[0] not in INVENTS], ids=" ".join)
def test_no_value_of_any_option_or_argument_ends_in_a_traceback(names: tuple[str, ...]) -> None:
    command = STILL[names]
    for one in command.params:
        if one.name in {"help", "follow", "wait"} or getattr(one, "is_flag", False):
            continue
        for value in NASTY:
            given = [] if one.required else mandatory(command)
            words = [value] if one.param_type_name == "argument" else [one.opts[0], value]
            code, said = refused(*names, *given, *words)
            assert "Traceback" not in said
            assert code in range(5)
