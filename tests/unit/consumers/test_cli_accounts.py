"""The commands for accounts and tokens: what they print once, what they refuse, what they leave in the log."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fusionbus.consumers.cli_accounts import commands
from fusionbus.contract.errors import Misconfigured
from visitors import Visitor, an_empty_site

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("FUSION_DATABASE_URL", f"sqlite:{tmp_path}/threats.db")
    monkeypatch.setenv("FUSION_WEB_SCRYPT_LOG2_N", "4")

    def ran(*words: str) -> str:
        return CliRunner().invoke(commands, words, catch_exceptions=False).output

    return ran


def test_what_is_printed_once_opens_the_door_and_is_never_listed(run: Run, tmp_path: Path) -> None:
    password = run("add", "--agency", "ctd-kp", "--name", "watch-2", "--role", "analyst").split()[-1]
    token = run("token", "add", "--agency", "CTD-KP", "--name", "siem").split()[-1]
    listed = run("list") + run("token", "list") + run("log")
    assert password not in listed
    assert token not in listed
    site = an_empty_site(tmp_path)
    assert Visitor.at(site).sign_in("CTD-KP", "watch-2", password).status_code == 303
    assert Visitor.at(site).get("/api/v1/me", Authorization=f"Bearer {token}").json()["agency"] == "CTD-KP"
    (token_id,) = re.findall(r"[0-9a-f-]{36}", run("token", "list"))
    run("token", "revoke", token_id)
    run("disable", "--agency", "CTD-KP", "--name", "watch-2")
    assert Visitor.at(site).sign_in("CTD-KP", "watch-2", password).status_code == 401
    assert Visitor.at(site).get("/api/v1/me", Authorization=f"Bearer {token}").status_code == 401
    run("enable", "--agency", "CTD-KP", "--name", "watch-2")
    renewed = run("password", "--agency", "CTD-KP", "--name", "watch-2").split()[-1]
    assert Visitor.at(site).sign_in("CTD-KP", "watch-2", renewed).status_code == 303
    acts = [entry.what for entry in site.log.newest("CTD-KP", 20) if entry.who.endswith("(command)")]
    assert [str(act).split()[0] for act in acts] == ["add", "token", "token", "disable", "enable", "password"]
    site.database.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "--agency", "CTD KP", "--name", "x", "--role", "analyst"), "short name such as CTD-KP"),
        (("add", "--agency", "CTD-KP", "--name", "Not A Name", "--role", "analyst"), "such as watch-2"),
        (("add", "--agency", "CTD-KP", "--name", "x", "--role", "chief"), "use one of analyst"),
        (("disable", "--agency", "CTD-KP", "--name", "nobody"), "accounts list"),
        (("token", "revoke", "nothing"), "token list"),
    ],
)
def test_a_wrong_word_is_one_sentence_that_names_the_right_one(run: Run, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        run(*words)
