"""`fusionbus purge`, `hold` and `release` before they reach a broker: a wrong word is one sentence."""

import pytest
from typer.testing import CliRunner

from fusionbus.contract.errors import Misconfigured
from fusionbus.producers.cli import commands


@pytest.mark.parametrize("command", ["purge", "hold", "release"])
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("86db73e8", "--agency", "CTD-KP", "--reason", "x"), "--local-ref"),
        (("--agency", "ctd", "--local-ref", "x", "--reason", "x"), "upper case"),
        (("--agency", "CTD-KP", "--local-ref", "x", "--reason", ""), "say why"),
        (("--agency", "CTD-KP", "--reason", "x"), "Say which report"),
    ],
)
def test_a_wrong_word_is_told_with_the_right_one(command: str, words: tuple[str, ...], sentence: str) -> None:
    done = CliRunner().invoke(commands, [command, *words])
    assert isinstance(done.exception, Misconfigured)
    assert sentence in str(done.exception)
