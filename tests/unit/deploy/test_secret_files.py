"""Passwords and certificates: made once, the owner's alone, renewed in time; and the settings that ask for them."""

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from fusionbus.contract.errors import Misconfigured
from fusionbus.deploy import certificates
from fusionbus.deploy.broker_files import Folder, Member, as_properties
from fusionbus.deploy.broker_secured import (
    check_profile,
    environment,
    first_users,
    is_secured,
    secured_settings,
    signed_in,
)
from fusionbus.deploy.secret_files import Secrets, write_private

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


@pytest.fixture
def files(tmp_path: Path) -> Secrets:
    return Secrets(tmp_path / "secrets")


def test_a_password_is_made_once_and_is_long(files: Secrets) -> None:
    first = files.made_password("CTD-KP")
    assert len(first) >= 43
    assert files.made_password("CTD-KP") == first == files.password("CTD-KP")
    assert files.made_password("IB") != first


def test_every_file_is_its_owners_alone_and_nothing_unfinished_is_left(files: Secrets) -> None:
    first_users(files)
    files.renewed_password("admin")
    certificates.ensure(files, NOW)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files.root.iterdir()} == {0o600}
    assert stat.S_IMODE(files.root.stat().st_mode) == 0o700
    assert sorted(path.name for path in files.root.iterdir()) == [
        "admin.password", "broker.password", "broker.pem", "ca.key", "ca.pem",
    ]  # fmt: skip


def test_a_new_password_is_another_one(files: Secrets) -> None:
    old = files.made_password("IB")
    assert files.renewed_password("IB") != old
    assert files.password("IB") != old


@pytest.mark.parametrize("name", ["../admin", "a/b", "", ".", "CTD KP", "x\n", "-x"])
def test_a_name_that_leads_elsewhere_is_refused(files: Secrets, name: str) -> None:
    with pytest.raises(Misconfigured, match="no name of an agency"):
        files.password_file(name)


def test_an_empty_password_file_is_no_password(files: Secrets) -> None:
    write_private(files.password_file("IB"), "\n")
    with pytest.raises(Misconfigured, match="is empty"):
        files.made_password("IB")


def test_the_authority_stays_and_the_nodes_certificate_is_renewed_in_time(files: Secrets) -> None:
    assert certificates.ensure(files, NOW)
    authority, node = files.ca_file.read_bytes(), files.node_file.read_bytes()
    assert not certificates.ensure(files, NOW + certificates.NODE_LIFE - certificates.RENEW_BEFORE - timedelta(days=1))
    assert files.node_file.read_bytes() == node
    assert certificates.ensure(files, NOW + certificates.NODE_LIFE - certificates.RENEW_BEFORE)
    assert files.node_file.read_bytes() != node
    assert files.ca_file.read_bytes() == authority
    with pytest.raises(Misconfigured, match="ends on"):
        certificates.ensure(files, NOW + certificates.CA_LIFE)


def test_a_new_authority_makes_a_new_node_certificate(files: Secrets) -> None:
    certificates.ensure(files, NOW)
    files.ca_file.unlink()
    assert certificates.ensure(files, NOW)
    node = x509.load_pem_x509_certificate(files.node_file.read_bytes())
    node.verify_directly_issued_by(x509.load_pem_x509_certificate(files.ca_file.read_bytes()))


def test_a_key_of_another_authority_is_told(files: Secrets, tmp_path: Path) -> None:
    other = Secrets(tmp_path / "other")
    certificates.ensure(files, NOW)
    certificates.ensure(other, NOW)
    files.ca_key.write_bytes(other.ca_key.read_bytes())
    with pytest.raises(Misconfigured, match="is not the key of"):
        certificates.ensure(files, NOW)


def test_tls_clients_take_the_files(files: Secrets) -> None:
    certificates.ensure(files)
    context = ssl.create_default_context(cafile=str(files.ca_file))
    context.load_cert_chain(files.node_file)


def test_kafka_is_told_to_let_nobody_in_unnamed_and_give_nobody_a_right_unasked(files: Secrets) -> None:
    told = secured_settings(Member(1, 29092, 29093), files)
    assert "PLAINTEXT" not in as_properties(told)
    assert told["allow.everyone.if.no.acl.found"] == "false"
    assert told["super.users"] == "User:broker;User:admin"
    assert told["listener.name.controller.ssl.client.auth"] == "required"
    assert (files.password("admin") or "none") not in as_properties(told)


def test_the_environment_names_files_and_holds_no_password(files: Secrets) -> None:
    password = files.made_password("CTD-KP")
    told = environment("127.0.0.1:29092", "CTD-KP", files)
    assert not [value for value in told.values() if password in value]
    assert told["FUSION_PASSWORD_FILE"] == str(files.root / "CTD-KP.password")
    assert signed_in("127.0.0.1:29092", "CTD-KP", files).secret() == password
    assert password not in repr(signed_in("127.0.0.1:29092", "CTD-KP", files))
    with pytest.raises(Misconfigured, match="no password of IB"):
        signed_in("127.0.0.1:29092", "IB", files)


def test_data_of_one_profile_is_not_started_in_the_other(tmp_path: Path, files: Secrets) -> None:
    folder = Folder(tmp_path / "broker")
    folder.data.mkdir(parents=True)
    check_profile(folder, secured=True)
    (folder.data / "meta.properties").write_text("version=1\n", encoding="utf-8")
    with pytest.raises(Misconfigured, match="without security"):
        check_profile(folder, secured=True)
    write_private(folder.settings, as_properties(secured_settings(Member(1, 29092, 29093), files)))
    assert is_secured(folder)
    check_profile(folder, secured=True)
    with pytest.raises(Misconfigured, match="is secured"):
        check_profile(folder, secured=False)
