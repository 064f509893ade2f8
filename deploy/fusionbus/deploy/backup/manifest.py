"""What a backup holds and how it is known to be whole: `manifest.json`, written last."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fusionbus.contract.base import SCHEMA_VERSION, UtcDatetime
from fusionbus.contract.errors import Misconfigured

NAME: Final = "manifest.json"
FORMAT: Final = 1
MANIFEST_BYTES_MAX: Final = 2**20
CHUNK_BYTES: Final = 2**20
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=r"^[^./\\\x00][^/\\\x00]{0,200}$")]
"""A name in the backup's own folder: no path."""


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Part(_Strict):
    """One file of a backup."""

    name: FileName
    kind: Literal["registry", "database"]
    sha256: Digest
    size: Annotated[int, Field(ge=0)]
    counts: dict[str, int]
    """What is in it: entries by type, or rows by table."""
    origin: str
    """Where it came from: the broker's address, or the database's path."""


class Manifest(_Strict):
    """All of a backup."""

    format: Literal["fusionbus-backup"] = "fusionbus-backup"
    format_version: Annotated[int, Field(ge=1)] = FORMAT
    made_at: UtcDatetime
    software: str
    wire: str = SCHEMA_VERSION
    cluster: str | None = None
    """The id of the Kafka cluster that the registry came from."""
    parts: Annotated[tuple[Part, ...], Field(min_length=1)]

    def of_kind(self, kind: str) -> Iterator[Part]:
        """The parts of this kind."""
        return (part for part in self.parts if part.kind == kind)


def software() -> str:
    """The version of this software."""
    try:
        return version("fusionbus")
    except PackageNotFoundError:
        return "unknown"


def part_of(path: Path, kind: Literal["registry", "database"], counts: dict[str, int], origin: str) -> Part:
    """What the manifest says of a file that was written."""
    return Part(name=path.name, kind=kind, sha256=_digest(path), size=path.stat().st_size, counts=counts, origin=origin)


def write(folder: Path, cluster: str | None, parts: list[Part], now: datetime) -> Manifest:
    """The manifest, on the disk."""
    made = Manifest(made_at=now, software=software(), cluster=cluster, parts=tuple(parts))
    (folder / NAME).write_text(made.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return made


def read(folder: Path) -> Manifest:
    """The manifest of a whole backup. Raises: Misconfigured, a sentence that says what is damaged or foreign."""
    path = folder / NAME
    try:
        if path.stat().st_size > MANIFEST_BYTES_MAX:
            raise Misconfigured(f"{path} is larger than a manifest can be: {folder} is no backup of fusionbus.")
        text = path.read_bytes()
    except OSError as exc:
        raise Misconfigured(
            f"{folder} holds no backup: {NAME} cannot be read ({exc.strerror}). Name the folder that "
            "`fusionbus backup` made."
        ) from exc
    try:
        found = Manifest.model_validate_json(text)
    except ValidationError as exc:
        fault = exc.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, fault["loc"])) or "its text"
        raise Misconfigured(
            f"{path} is damaged or not of fusionbus ({where}: {fault['msg']}): take another backup."
        ) from exc
    _check_versions(found, folder)
    for part in found.parts:
        _check(folder / part.name, part)
    return found


def made_at(path: Path) -> datetime | None:
    """When the backup with this manifest was made; None where it is no manifest of ours."""
    try:
        return Manifest.model_validate_json(path.read_bytes()).made_at
    except (OSError, ValidationError):
        return None


def _check_versions(found: Manifest, folder: Path) -> None:
    if found.format_version > FORMAT:
        raise Misconfigured(
            f"{folder} was made by a newer fusionbus ({found.software}, format {found.format_version}): restore it "
            "with that one."
        )
    if found.wire.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise Misconfigured(
            f"{folder} holds wire {found.wire} and this software speaks {SCHEMA_VERSION}: restore it with "
            f"fusionbus {found.software}."
        )


def _check(path: Path, part: Part) -> None:
    try:
        size, digest = path.stat().st_size, _digest(path)
    except OSError as exc:
        raise Misconfigured(f"The backup lacks {path} ({exc.strerror}): take another backup.") from exc
    if (size, digest) != (part.size, part.sha256):
        raise Misconfigured(
            f"{path} is damaged: it has {size:,} bytes and not the SHA-256 that the manifest says, with {part.size:,} "
            "bytes; take another backup."
        )


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
