"""A package of evidence: a stranger's script of fifty lines finds and names whatever was done to it."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence import EXPORT_KEY, Case, changed, check, files_of, repacked
from fusionbus.contract.errors import Misconfigured, RetryLater
from fusionbus.contract.seals import Seal
from fusionbus.contract.signing import key_id_of
from fusionbus.deploy.evidence.cli import script
from fusionbus.deploy.evidence.collecting import covering
from sealed_audit import KEY, OTHER_KEY
from signatures import a_key

EXPORTER: Final = key_id_of(EXPORT_KEY.public_key().public_bytes_raw())
LINES_MAX: Final = 50


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case.told(tmp_path_factory.mktemp("case"))


def test_the_script_has_fifty_lines_and_needs_nothing_but_python_and_cryptography() -> None:
    text = script().read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LINES_MAX
    assert "fusionbus." not in text
    imports = [line for line in text.splitlines() if line.startswith(("import", "from"))]
    assert imports == [
        "import base64, hashlib, io, json, sys, zipfile",
        "from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey",
    ]


def test_a_package_as_it_was_exported_has_no_fault(case: Case, tmp_path: Path) -> None:
    assert check(case.package(), tmp_path) == (0, [])
    assert check(case.package(), tmp_path, EXPORTER, KEY.key_id) == (0, [])
    files = files_of(case.package())
    assert len([name for name in files if name.startswith("reports/")]) == len(case.collected.incident.members)
    assert len(files["audit.jsonl"].splitlines()) == len(case.collected.audit) > 2
    assert len(case.collected.seals) > 1
    assert "What it does not" in files["README.txt"].decode()


def test_the_same_things_make_the_same_bytes(case: Case) -> None:
    assert case.package() == case.package()


def test_the_keys_that_are_asked_for_must_be_those_that_signed(case: Case, tmp_path: Path) -> None:
    code, faults = check(case.package(), tmp_path, "0" * 16)
    assert (code, [fault.split(":")[0] for fault in faults]) == (1, ["manifest.json"])
    code, faults = check(case.package(), tmp_path, EXPORTER, OTHER_KEY.key_id)
    assert code == 1
    assert {fault.split(",")[0] for fault in faults} == {"seals.jsonl"}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_byte_that_is_changed_anywhere_is_found(case: Case, tmp_path: Path, data: st.DataObject) -> None:
    raw = bytearray(case.package())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    code, faults = check(bytes(raw), tmp_path)
    assert (code, bool(faults)) == (1, True)


def one_line_less(raw: bytes) -> bytes:
    return b"".join(raw.splitlines(keepends=True)[1:])


def other_way_round(raw: bytes) -> bytes:
    return b"".join(reversed(raw.splitlines(keepends=True)))


def one_line_twice(raw: bytes) -> bytes:
    return raw.splitlines(keepends=True)[0] + raw


@pytest.mark.parametrize("how", [one_line_less, other_way_round, one_line_twice])
@pytest.mark.parametrize("name", ["audit.jsonl", "seals.jsonl"])
def test_a_record_that_is_dropped_moved_or_inserted_is_found_in_its_file(
    case: Case, tmp_path: Path, name: str, how: Callable[[bytes], bytes]
) -> None:
    code, faults = check(changed(case.package(), name, how), tmp_path)
    assert code == 1
    assert f"{name}: there, and as it was exported" in faults


def test_a_file_that_is_missing_or_more_is_named(case: Case, tmp_path: Path) -> None:
    files = files_of(case.package())
    report = next(name for name in files if name.startswith("reports/"))
    code, faults = check(repacked({name: raw for name, raw in files.items() if name != report}), tmp_path)
    assert (code, report in faults[0]) == (1, True)
    code, faults = check(repacked(files | {"reports/more.json": b"{}"}), tmp_path)
    assert (code, faults) == (1, ["reports/more.json: there, and as it was exported"])
    for name in ("manifest.json", "manifest.sig", "keys.json", "seals.jsonl"):
        code, faults = check(repacked({one: raw for one, raw in files.items() if one != name}), tmp_path)
        assert (code, any(name in fault for fault in faults)) == (1, True), name


def test_who_signs_anew_what_he_changed_has_another_key_and_cannot_sign_for_the_agency(
    case: Case, tmp_path: Path
) -> None:
    first = case.collected.originals[0]
    told = first.raw.replace(b"handcart", b"motorbike")
    assert told != first.raw
    forged = case.without(originals=(type(first)(first.report, told), *case.collected.originals[1:]))
    code, faults = check(forged.package(a_key(8)), tmp_path, EXPORTER)
    assert code == 1
    assert [fault.split(":")[0] for fault in faults] == ["manifest.json", f"reports/{first.report.report_id}.r1.json"]


def test_an_exporter_who_changes_moves_or_adds_a_decision_is_found_by_the_hubs_seals(
    case: Case, tmp_path: Path
) -> None:
    first, *rest = case.collected.audit
    told = (first.value or b"").replace(b"CTD-KP", b"CTD-PB")
    assert told != first.value
    for forged in (replace(first, value=told), replace(first, offset=first.offset + 1), replace(first, offset=999)):
        code, faults = check(case.without(audit=(forged, *rest)).package(), tmp_path)
        assert (code, faults) == (1, ["audit.jsonl, line 1: sealed"])


def test_a_seal_that_is_left_out_or_was_made_by_another_key_is_found(case: Case, tmp_path: Path) -> None:
    seals = case.collected.seals
    code, faults = check(case.without(seals=(*seals[:1], *seals[2:])).package(), tmp_path)
    assert code == 1
    assert any(fault.startswith(("seals.jsonl, line 2", "audit.jsonl, line 3")) for fault in faults)
    told = json.loads(seals[0])
    told["head"]["signature"] = OTHER_KEY.sign(b"something")
    code, faults = check(case.without(seals=(json.dumps(told).encode(), *seals[1:])).package(), tmp_path)
    assert (code, [fault.split(":")[0] for fault in faults]) == (1, ["seals.jsonl, line 1"])


def test_a_bomb_a_name_that_leads_elsewhere_and_what_is_no_package_are_found_without_harm(
    case: Case, tmp_path: Path
) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in files_of(case.package()).items():
            archive.writestr(name, raw)
        archive.writestr("reports/bomb.json", bytes(50_000_000))
    code, faults = check(bomb.getvalue(), tmp_path)
    assert (code, faults[0].split(":")[0]) == (1, "archive")
    for name in ("../outside.txt", "/etc/outside.txt", "reports/../../outside.txt"):
        code, faults = check(repacked(files_of(case.package()) | {name: b"x"}), tmp_path)
        assert (code, faults[0].split(":")[0]) == (1, "archive"), name
    for raw in (b"", b"no package", case.package()[:-40], case.package() + b"more"):
        assert check(raw, tmp_path)[0] == 1
    assert not list(tmp_path.rglob("outside.txt"))
    assert not list(tmp_path.parent.glob("outside.txt"))


def test_of_a_purged_report_there_is_a_tombstone_and_no_word(tmp_path: Path) -> None:
    case = Case.told(tmp_path, purged=True)
    raw = case.package()
    assert check(raw, tmp_path) == (0, [])
    assert b"went off near the spice sellers" not in raw
    (stone,) = [files_of(raw)[name] for name in files_of(raw) if name.endswith(".purged.json")]
    assert set(json.loads(stone)) == {"report_id", "agency", "revision", "purged_at"}


def test_a_report_whose_original_is_gone_is_said_to_be_missing(case: Case, tmp_path: Path) -> None:
    raw = case.without(originals=case.collected.originals[1:]).package()
    assert check(raw, tmp_path) == (0, [])
    assert [name for name in files_of(raw) if name.endswith(".missing.json")]


def test_what_is_not_sealed_yet_or_by_another_is_not_exported(case: Case) -> None:
    keys = {KEY.key_id: KEY.private.public_key()}
    seals = [(raw, Seal.model_validate_json(raw)) for raw in case.collected.seals]
    with pytest.raises(RetryLater, match="wait for a seal"):
        list(covering(case.collected.audit, seals[:-1], keys))
    with pytest.raises(Misconfigured, match="audit verify"):
        list(covering(case.collected.audit, seals, {OTHER_KEY.key_id: OTHER_KEY.private.public_key()}))
