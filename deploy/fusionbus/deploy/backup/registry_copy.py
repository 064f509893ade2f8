"""The registry as a file, and what restoring it would write. Pure but for reading and writing that file."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fusionbus.contract.codec import Undecodable, decode_registry
from fusionbus.contract.errors import Misconfigured

FILE: Final = "registry.jsonl"
AGENCY: Final = "agency:"

Entries = Mapping[str, bytes]
"""The newest value of each key, as it lies on the topic."""


@dataclass(frozen=True, slots=True)
class RegistryPlan:
    """What a restore would do: keys, agencies before subscriptions."""

    missing: tuple[str, ...]
    differing: tuple[str, ...]
    same: int
    only_there: int
    """Entries that the broker has and the backup does not: they stay."""


def counts(entries: Entries) -> dict[str, int]:
    """How many entries there are of each type; what this version cannot read counts as `unreadable`."""
    found: Counter[str] = Counter()
    for value in entries.values():
        entry = decode_registry(value)
        found["unreadable" if isinstance(entry, Undecodable) else entry.type] += 1
    return dict(found)


def write(path: Path, entries: Entries) -> None:
    """One entry a line, in the order of the keys. Raises: Misconfigured where a value is no text."""
    try:
        lines = [
            json.dumps({"key": key, "value": entries[key].decode()}, ensure_ascii=False) for key in sorted(entries)
        ]
    except UnicodeDecodeError as exc:
        raise Misconfigured(
            "An entry of the registry is no UTF-8 text: `fusionbus provision --dry-run` tells more of what is there."
        ) from exc
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())


def read(path: Path, expected: Mapping[str, int]) -> dict[str, bytes]:
    """The entries of a backup. Raises: Misconfigured where they are not those that the manifest counted."""
    entries: dict[str, bytes] = {}
    try:
        for line in path.read_bytes().split(b"\n")[:-1]:
            told = json.loads(line)
            entries[str(told["key"])] = str(told["value"]).encode()
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise Misconfigured(
            f"{path} cannot be read as a registry ({type(exc).__name__}): take another backup."
        ) from exc
    if counts(entries) != dict(expected):
        raise Misconfigured(f"{path} does not hold what its manifest counts: take another backup.")
    return entries


def plan(kept: Entries, there: Entries) -> RegistryPlan:
    """What restoring `kept` over `there` would write."""
    keys = sorted(kept)
    differing = tuple(key for key in keys if key in there and not _same(kept[key], there[key]))
    missing = tuple(key for key in keys if key not in there)
    same = len(keys) - len(missing) - len(differing)
    return RegistryPlan(missing, differing, same, len(there.keys() - kept.keys()))


def is_foreign(kept: Entries, there: Entries) -> bool:
    """Whether the two are of different federations: both have agencies, and none is in both."""
    ours, theirs = ({key for key in entries if key.startswith(AGENCY)} for entries in (kept, there))
    return bool(ours and theirs) and not ours & theirs


def _same(one: bytes, other: bytes) -> bool:
    """Whether two values mean the same, however they are written."""
    if one == other:
        return True
    left, right = decode_registry(one), decode_registry(other)
    return not isinstance(left, Undecodable) and left == right
