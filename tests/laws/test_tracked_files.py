"""Laws over what is committed: nothing of the machine it was written on."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The words are put together here, so that this file is not what it forbids.
MACHINE_PATH = re.compile(
    r"(?<![\w.~<>}-])/(?:" + "|".join(("wo" + "rk", "ho" + "me", "ro" + "ot", "Us" + "ers")) + r")/\w"
)
REGISTRY = re.compile(
    r"(?:extra-)?index-" + r"url|trusted-" + r"host|https?://[^/\s\"']*(?:pypi|pythonhosted|artifactory|nexus|maven)",
    re.IGNORECASE,
)
PRIVATE_ADDRESS = re.compile(r"\b(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}\b")
FILE_BYTES_MAX = 2_000_000


def tracked() -> list[Path]:
    """What git tracks, or in an unpacked archive whatever lies here."""
    if not (ROOT / ".git").exists():
        return [path for path in ROOT.rglob("*") if path.is_file() and ".venv" not in path.parts]
    listed = subprocess.run(("git", "ls-files", "-z"), cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def found(pattern: re.Pattern[str]) -> list[str]:
    """Where a pattern stands, as file and line."""
    places = []
    for path in tracked():
        text = path.read_bytes()
        if b"\0" in text:
            continue
        for number, line in enumerate(text.decode("utf-8", "replace").splitlines(), start=1):
            if pattern.search(line):
                places.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    return places


def test_no_path_of_a_machine_is_committed() -> None:
    assert found(MACHINE_PATH) == []


def test_no_package_registry_is_named() -> None:
    assert found(REGISTRY) == []


def test_no_private_network_address_is_committed() -> None:
    assert found(PRIVATE_ADDRESS) == []


def test_no_file_is_large() -> None:
    assert [path.name for path in tracked() if path.stat().st_size > FILE_BYTES_MAX] == []
