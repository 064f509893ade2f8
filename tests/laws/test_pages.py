"""Laws over the pages in docs: what they tell others is what the code does, and no dependency comes without its row."""

import base64
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from packaging.requirements import Requirement

from fusionbus.contract import codec, ids, signing
from fusionbus.contract.handling import Signature
from fusionbus.contract.records import ReceiptOutcome, RejectReason
from fusionbus.contract.report import REPORT_BYTES_MAX, ThreatReport
from fusionbus.contract.topics import ONE_MESSAGE_BYTES_MAX
from fusionbus.contract.vocabulary import EntityType
from fusionbus.producers.tokens import demo_key, tokenise_entity

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = ("pyproject.toml", "contract/pyproject.toml", "producers/pyproject.toml", "consumers/pyproject.toml")
UNUSED_REASONS = {RejectReason.REVISION_GAP}
"""On the wire for later; no hub of this version gives them."""


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def wire_format() -> str:
    return (ROOT / "docs" / "wire-format.md").read_text(encoding="utf-8")


def direct_dependencies() -> set[str]:
    found: set[str] = set()
    for project in PROJECTS:
        tree: dict[str, Any] = tomllib.loads((ROOT / project).read_text(encoding="utf-8"))
        told = [*tree["project"]["dependencies"], *tree["build-system"]["requires"]]
        for extra in tree["project"].get("optional-dependencies", {}).values():
            told += extra
        found |= {canonical(Requirement(one).name) for one in told}
    return {name for name in found if not name.startswith("fusionbus")}


DIRECT = sorted(direct_dependencies())


@pytest.mark.parametrize("name", DIRECT)
def test_a_direct_dependency_has_a_full_row_and_a_pin(name: str) -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("|")]
    (row,) = [row for row in rows if canonical(row[0]) == name]
    assert len(row) == 4
    assert all(row)
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [pin for pin in pins if canonical(pin.split("==")[0]) == name and "==" in pin]


def test_no_row_is_left_of_a_dependency_that_is_gone() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = {canonical(line.split("|")[1].strip()) for line in page.splitlines() if line.startswith("| ")}
    assert rows - {"package"} == set(DIRECT)


def test_every_dependency_is_pinned_exactly_and_to_no_address() -> None:
    for pin in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9._+!-]+", pin), pin


def test_the_report_on_the_wire_format_page_is_one() -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", wire_format(), re.DOTALL)
    assert isinstance(codec.decode_report(shown.encode()), ThreatReport)


def test_the_worked_examples_on_the_wire_format_page_are_right() -> None:
    page = wire_format()
    assert str(ids.NAMESPACE) in page
    assert ids.report_id("CTD-KP", "KP-2026-0417") in page
    assert tokenise_entity(EntityType.PHONE, "0300-1234567", key=demo_key()).token in page


def test_the_signature_on_the_wire_format_page_is_right_and_only_that_one() -> None:
    vector = dict(re.findall(r"^(private key|public key|key_id|report|appended) *= (\S+)", wire_format(), re.MULTILINE))
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["private key"]))
    public, unsigned = key.public_key().public_bytes_raw(), vector["report"].encode()
    value = base64.b64encode(key.sign(b"fusionbus report 1\n" + unsigned)).decode()
    signature = Signature(key_id=signing.key_id_of(public), value=value)
    assert (public.hex(), signature.key_id) == (vector["public key"], vector["key_id"])
    whole = signing.sealed(unsigned, signature)
    assert whole.decode() == vector["report"][:-1] + vector["appended"]
    assert signing.unsealed(whole, signature) == unsigned
    report = codec.decode_report(whole)
    assert isinstance(report, ThreatReport)
    assert report.signature == signature


def test_the_wire_format_page_tells_every_outcome_reason_and_limit() -> None:
    page = wire_format()
    wanted = [*ReceiptOutcome, *(reason for reason in RejectReason if reason not in UNUSED_REASONS)]
    assert [value for value in wanted if f"`{value}`" not in page] == []
    assert f"{REPORT_BYTES_MAX:,}" in page
    assert f"{ONE_MESSAGE_BYTES_MAX:,}" in page
