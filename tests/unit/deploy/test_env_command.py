"""`fusionbus env`: what it prints for an agency or a role, and what it refuses."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from fusionbus.contract.errors import Misconfigured
from fusionbus.deploy.broker_files import Folder, Member, as_properties
from fusionbus.deploy.broker_secured import secured_settings
from fusionbus.deploy.cli_rights import env_commands
from fusionbus.deploy.secret_files import Secrets, write_private


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a space in its name, as FUSION_HOME."""
    home = tmp_path / "my home"
    for name in ("FUSION_BOOTSTRAP", "FUSION_BROKER_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FUSION_HOME", str(home))
    return home


@pytest.fixture
def secrets(home: Path) -> Secrets:
    """The secrets of a secured broker in that folder."""
    made = Secrets(home / "secrets")
    write_private(Folder(home / "broker").settings, as_properties(secured_settings(Member(1, 29092, 29093), made)))
    return made


def printed(*words: str) -> str:
    done = CliRunner().invoke(env_commands, words, catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_an_agency_gets_lines_for_its_shell_with_paths_and_no_password(secrets: Secrets) -> None:
    password = secrets.made_password("CTD-KP")
    said = printed("--agency", "CTD-KP")
    assert password not in said
    lines = said.splitlines()
    assert "export FUSION_SECURITY=SASL_SSL" in lines
    assert "export FUSION_AGENCY=CTD-KP" in lines
    assert f"export FUSION_PASSWORD_FILE='{secrets.root}/CTD-KP.password'" in lines


def test_a_role_gets_its_own(secrets: Secrets) -> None:
    secrets.made_password("hub")
    assert "export FUSION_USERNAME=hub" in printed("--role", "hub")


def test_an_open_broker_needs_an_address_only(home: Path) -> None:
    assert not home.exists()
    assert printed("--role", "hub") == "export FUSION_BOOTSTRAP=127.0.0.1:19092\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "--agency or a role"),
        (("--agency", "IB", "--role", "hub"), "not both"),
        (("--role", "boss"), "there is hub"),
        (("--agency", "IB"), "no password yet"),
        (("--agency", "../admin"), "no name of an agency"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(secrets: Secrets, words: tuple[str, ...], sentence: str) -> None:
    assert secrets.password("IB") is None
    with pytest.raises(Misconfigured, match=sentence):
        printed(*words)
