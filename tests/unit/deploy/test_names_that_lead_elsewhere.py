"""Names that become file names, topics or groups: none leads out of its place."""

from pathlib import Path

import pytest
import typer
from pydantic import TypeAdapter, ValidationError
from typer.testing import CliRunner

from fusionbus.consumers import words
from fusionbus.contract.base import AgencyId
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.handling import Attachment
from fusionbus.deploy.secret_files import Secrets
from fusionbus.deploy.signing_keys import PublicKeys
from fusionbus.shell.cli import build
from fusionbus.streams.settings import WorkerSettings

TRICKS = (
    "../../IB",
    "/etc/passwd",
    "IB/../CTD-KP",
    "IB\\..\\x",
    "IB\n",
    "IB\x00",
    "..",
    "%2e%2e",
    "IB x",
    "-IB",
    "IB\u202e",
)


@pytest.mark.parametrize("trick", TRICKS)
def test_no_name_of_an_agency_or_role_leads_out_of_its_folder(trick: str, tmp_path: Path) -> None:
    secrets, keys = Secrets(tmp_path), PublicKeys.under(tmp_path)
    for use in (secrets.password_file, secrets.signing_file, secrets.made_password, keys.of):
        with pytest.raises(Misconfigured):
            use(trick)
    with pytest.raises(Misconfigured):
        words.agency_id(trick)
    with pytest.raises(ValidationError):
        TypeAdapter(AgencyId).validate_python(trick)
    with pytest.raises(ValidationError):
        WorkerSettings(worker_id=trick)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize(
    "words_before",
    [
        ("env", "--agency"),
        ("keys", "new"),
        ("keys", "rotate"),
        ("alerts", "--once", "--agency"),
        ("receipts", "--agency"),
    ],
    ids=" ".join,
)
def test_no_command_takes_such_a_name(
    words_before: tuple[str, ...], trick: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUSION_HOME", str(tmp_path))
    monkeypatch.setenv("FUSION_BOOTSTRAP", "127.0.0.1:1")
    monkeypatch.setenv("FUSION_CONNECT_TIMEOUT_S", "0.1")
    app: typer.Typer = build()
    done = CliRunner().invoke(app, [*words_before, trick])
    assert done.exit_code != 0
    assert "Traceback" not in done.output
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", ["../x", "a/b", "a\\b", "x\n", "\x00", ""])
def test_the_name_of_an_attachment_is_no_path(name: str) -> None:
    with pytest.raises(ValidationError):
        Attachment(sha256="0" * 64, name=name, mime_type="text/plain", size_bytes=1)
