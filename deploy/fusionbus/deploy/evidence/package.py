"""Makes the package out of what was collected: its files, the signed manifest, the archive. Pure."""

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fusionbus.contract.agency import Agency
from fusionbus.contract.incident import Incident, Member
from fusionbus.contract.report import ThreatReport
from fusionbus.deploy.evidence.readme import readme
from fusionbus.deploy.operators.bus import Written

FORMAT: Final = "fusionbus evidence 1"
PURPOSE: Final = f"{FORMAT}\n".encode()
"""Goes before the manifest, so that no signature made for something else fits it."""


@dataclass(frozen=True, slots=True)
class Original:
    """A revision of a report, byte by byte as its agency wrote it."""

    report: ThreatReport
    raw: bytes


@dataclass(frozen=True, slots=True)
class Collected:
    """All that belongs to one incident."""

    incident: Incident
    originals: tuple[Original, ...]
    """Of purged reports there is none."""
    audit: tuple[Written, ...]
    """The hub's decisions on it, in the order of their places."""
    seals: tuple[bytes, ...]
    """The signed seals that cover these decisions, without a hole from the first to the last of each partition."""
    agencies: Mapping[str, Agency]
    seal_keys: Mapping[str, bytes]
    """The hub's public keys, 32 bytes each, by their ids."""


def package(
    collected: Collected, exporter: str, key: Ed25519PrivateKey, at: datetime, script: bytes
) -> tuple[bytes, int]:
    """The archive, and how many files are in it. The same things at the same moment make the same bytes."""
    files = _files(collected, script)
    files["README.txt"] = readme(collected.incident, [*files], exporter, at).encode()
    manifest = _json(
        {
            "format": FORMAT,
            "incident_id": collected.incident.incident_id,
            "exporter": exporter,
            "exported_at": at.isoformat(),
            "key": base64.b64encode(key.public_key().public_bytes_raw()).decode(),
            "files": {name: hashlib.sha256(raw).hexdigest() for name, raw in sorted(files.items())},
            "reports": [
                [name_of(one.report), one.report.agency, one.report.signature.model_dump()]
                for one in collected.originals
                if one.report.signature is not None
            ],
        }
    )
    files |= {"manifest.json": manifest, "manifest.sig": key.sign(PURPOSE + manifest).hex().encode()}
    return packed(files), len(files)


def packed(files: Mapping[str, bytes]) -> bytes:
    """The one way to write a package: not compressed, in the order of names, without times; verify.py does the same."""
    with zipfile.ZipFile(out := io.BytesIO(), "w") as archive:
        for info in map(zipfile.ZipInfo, sorted(files)):
            info.create_system = 3  # as on Unix, wherever it is made
            archive.writestr(info, files[info.filename])
    return out.getvalue()


def name_of(report: ThreatReport) -> str:
    """The file of a revision."""
    return f"reports/{report.report_id}.r{report.revision}.json"


def _files(collected: Collected, script: bytes) -> dict[str, bytes]:
    keys = {
        "reports": {
            name: {key.key_id: key.public_key for key in agency.keys}
            for name, agency in sorted(collected.agencies.items())
            if agency.keys
        },
        "seals": {name: base64.b64encode(raw).decode() for name, raw in sorted(collected.seal_keys.items())},
    }
    return {
        "incident.json": _json(collected.incident.model_dump(mode="json", exclude_none=True)),
        "keys.json": _json(keys),
        "audit.jsonl": _lines(map(_record, collected.audit)),
        "seals.jsonl": b"".join(seal + b"\n" for seal in collected.seals),
        "verify.py": script,
        **{name_of(one.report): one.raw for one in collected.originals},
        **_without_originals(collected),
    }


def _without_originals(collected: Collected) -> dict[str, bytes]:
    """Of a report that was purged a tombstone; of one whose original the bus keeps no more that it is missing."""
    there = {one.report.report_id for one in collected.originals}
    found = {}
    for member in collected.incident.members:
        purged = purged_at(member)
        about = {"report_id": member.report_id, "agency": member.agency, "revision": member.revision}
        if purged is not None:
            found[f"reports/{member.report_id}.purged.json"] = _json(about | {"purged_at": purged.isoformat()})
        elif member.report_id not in there:
            found[f"reports/{member.report_id}.missing.json"] = _json(about)
    return found


def purged_at(member: Member) -> datetime | None:
    """When nothing of the report was to be kept any more."""
    return member.keeping.purged_at if member.keeping is not None else None


def _record(one: Written) -> dict[str, Any]:
    return {
        "partition": one.partition,
        "offset": one.offset,
        "timestamp_ms": round(one.at.timestamp() * 1000),
        "key": (one.key or b"").decode(),
        "value": (one.value or b"").decode(),
    }


def _lines(told: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in told)


def _json(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
