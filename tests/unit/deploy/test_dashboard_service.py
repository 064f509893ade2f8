"""Keeper and web server as one service: who they are on a secured bus, and where the pages are said to be."""

from pathlib import Path

import pytest

from fusionbus.deploy.broker_settings import LocalBrokerSettings
from fusionbus.deploy.cli_dashboard import DATABASE, processes, told
from fusionbus.deploy.secret_files import Secrets

ADDRESS = "127.0.0.1:29092"


def test_on_a_secured_bus_each_is_a_principal_of_its_own(tmp_path: Path) -> None:
    shared = {DATABASE: "sqlite:threats.db"}
    keeper, web = processes(ADDRESS, Secrets(tmp_path), shared)
    assert (keeper.settings["FUSION_USERNAME"], web.settings["FUSION_USERNAME"]) == ("threat-database", "dashboard")
    assert keeper.settings["FUSION_PASSWORD_FILE"] != web.settings["FUSION_PASSWORD_FILE"]
    assert keeper.settings[DATABASE] == web.settings[DATABASE] == "sqlite:threats.db"


def test_on_an_open_bus_they_sign_in_as_nobody() -> None:
    for one in processes(ADDRESS, None, {}):
        assert one.settings == {"FUSION_BOOTSTRAP": ADDRESS}


def test_a_database_that_the_user_named_is_not_repeated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = LocalBrokerSettings(home=tmp_path)
    monkeypatch.delenv(DATABASE, raising=False)
    assert f"--database sqlite:{tmp_path}/threats.db" in told(settings)
    monkeypatch.setenv(DATABASE, "postgresql://fusion:secret@db/threats")
    assert "secret" not in told(settings)
    assert "http://127.0.0.1:8410/" in told(settings)
