"""Keys that sign: made, replaced with an overlap, revoked; and what a wrong file or name comes to."""

import json
import stat
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from typer.testing import CliRunner

from builders import NOW, an_agency, minutes
from fusionbus.contract.errors import Misconfigured
from fusionbus.deploy import cli_keys, signing_keys
from fusionbus.deploy.agencies import Federation
from fusionbus.deploy.cli_keys import keys_commands
from fusionbus.deploy.provision_kafka import ProvisionSettings
from fusionbus.deploy.signing_keys import Keys, PublicKeys, added, revoked, rotated
from fusionbus.streams.verify import _stale
from signatures import a_key, a_key_file, listed

PUBLIC = [a_key(number).public_key().public_bytes_raw() for number in range(4)]
WEEK = timedelta(days=7)


def counting(keys: Keys, at: datetime) -> list[int]:
    """Which of the test's keys the hub would take at this time."""
    ids = [listed(a_key(number)).key_id for number in range(4)]
    return [ids.index(key.key_id) for key in keys if _stale(key, at) is None]


def test_a_new_key_counts_at_once_also_for_a_broker_whose_clock_is_behind() -> None:
    keys = added((), PUBLIC[0], NOW)
    assert counting(keys, NOW - minutes(4)) == [0]
    assert counting(keys, NOW - minutes(6)) == []
    with pytest.raises(Misconfigured, match="listed already"):
        added(keys, PUBLIC[0], NOW)


def test_a_rotation_takes_both_for_a_while_and_then_the_new_one() -> None:
    keys = rotated(added((), PUBLIC[0], NOW - WEEK), PUBLIC[1], NOW, WEEK)
    assert counting(keys, NOW) == [0, 1]
    assert counting(keys, NOW + WEEK) == [1]


def test_a_rotation_lengthens_no_key_that_ends_sooner_and_revives_none() -> None:
    keys = added(added(added((), PUBLIC[0], NOW), PUBLIC[1], NOW), PUBLIC[2], NOW)
    keys = (keys[0].model_copy(update={"valid_until": NOW + minutes(5)}), *revoked(keys, keys[1].key_id, NOW)[1:])
    turned = rotated(keys, PUBLIC[3], NOW, WEEK)
    assert counting(turned, NOW + minutes(1)) == [0, 2, 3]
    assert counting(turned, NOW + minutes(6)) == [2, 3]


def test_an_earlier_revocation_stands() -> None:
    keys = added((), PUBLIC[0], NOW)
    once = revoked(keys, keys[0].key_id, NOW)
    assert revoked(once, keys[0].key_id, NOW + WEEK) == once
    assert revoked(once, keys[0].key_id, NOW - WEEK)[0].revoked_at == NOW - WEEK
    with pytest.raises(Misconfigured, match="no key abc"):
        revoked(keys, "abc", NOW)


def test_public_keys_are_kept_read_back_and_joined_to_the_federation(tmp_path: Path) -> None:
    kept, keys = PublicKeys.under(tmp_path), added((), PUBLIC[0], NOW)
    kept.keep("CTD-KP", keys)
    assert kept.of("CTD-KP") == keys
    assert kept.of("IB") == ()
    in_file = listed(a_key(1))
    newer = keys[0].model_copy(update={"valid_from": NOW - WEEK})
    joined = kept.joined_to(Federation((an_agency(keys=(in_file, newer)), an_agency(agency="IB")), ()))
    assert [agency.keys for agency in joined.agencies] == [(in_file, *keys), ()]


def test_a_damaged_list_and_a_tricky_name_are_one_sentence(tmp_path: Path) -> None:
    kept = PublicKeys.under(tmp_path)
    kept.keep("CTD-KP", ())
    (kept.root / "CTD-KP.json").write_text('[{"key_id": 1}]', encoding="utf-8")
    with pytest.raises(Misconfigured, match="no list of keys"):
        kept.of("CTD-KP")
    with pytest.raises(Misconfigured, match="no name of an agency"):
        kept.of("../CTD-KP")


def test_provisioning_makes_a_key_for_who_has_none_and_only_once(tmp_path: Path) -> None:
    settings = ProvisionSettings(home=tmp_path)
    agencies = (an_agency(), an_agency(agency="IB", keys=(listed(a_key()),)), an_agency(agency="OLD", active=False))
    made = cli_keys.bring(Federation(agencies, ()), settings)
    assert [len(agency.keys) for agency in made.agencies] == [1, 1, 0]
    assert made.agencies[1].keys == agencies[1].keys
    assert cli_keys.bring(Federation(agencies, ()), settings) == made
    private = tmp_path / "secrets" / "CTD-KP.signing.pem"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    (tmp_path / "keys" / "CTD-KP.json").unlink()  # the list was lost, the agency signs on
    assert (
        cli_keys.bring(Federation(agencies, ()), settings).agencies[0].keys[0].key_id == made.agencies[0].keys[0].key_id
    )


def run(home: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    monkeypatch.setenv("FUSION_HOME", str(home))
    done = CliRunner().invoke(keys_commands, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_commands_make_rotate_revoke_and_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def known() -> Keys:
        return PublicKeys.under(tmp_path).of("CTD-KP")

    assert "fusionbus provision" in run(tmp_path, monkeypatch, "new", "CTD-KP")
    private = (tmp_path / "secrets" / "CTD-KP.signing.pem").read_text(encoding="utf-8")
    run(tmp_path, monkeypatch, "rotate", "CTD-KP", "--overlap-days", "1")
    assert (tmp_path / "secrets" / "CTD-KP.signing.pem").read_text(encoding="utf-8") != private
    run(tmp_path, monkeypatch, "revoke", "CTD-KP", known()[0].key_id, "--since", "2026-01-01T00:00:00+0500")
    assert f"{known()[0].revoked_at:%Y-%m-%d %H:%M}" == "2025-12-31 19:00"
    listed_now = json.loads(run(tmp_path, monkeypatch, "list", "--json"))
    assert [(row["agency"], row["key_id"]) for row in listed_now] == [("CTD-KP", key.key_id) for key in known()]
    assert private.splitlines()[1] not in run(tmp_path, monkeypatch, "list")
    with pytest.raises(Misconfigured, match="keys rotate"):
        CliRunner().invoke(keys_commands, ["new", "CTD-KP"], catch_exceptions=False)


def test_an_agency_hands_over_its_public_half_and_never_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = a_key_file(tmp_path, a_key())
    public = tmp_path / "public.pem"
    public.write_bytes(a_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    run(tmp_path, monkeypatch, "new", "IB", "--public", str(public))
    assert PublicKeys.under(tmp_path).of("IB")[0].key_id == listed(a_key()).key_id
    with pytest.raises(Misconfigured, match="stays with the agency"):
        signing_keys.read_public(private)
