"""An incident on paper as evidence: what the bus would hold of it, and what a stranger's check says of the package."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from analysts import OTHER_WORDS
from builders import NOW, a_report
from fakes import FakeTable
from fusionbus.contract.agency import Agency
from fusionbus.contract.codec import decode
from fusionbus.contract.keeping import Purge
from fusionbus.contract.seals import Seal
from fusionbus.contract.topics import AUDIT, SEALED_TABLE, reports_topic
from fusionbus.deploy.evidence.cli import script
from fusionbus.deploy.evidence.collecting import covering
from fusionbus.deploy.evidence.package import Collected, Original, package, packed, purged_at
from fusionbus.deploy.operators.bus import Written
from fusionbus.streams.engine import Event
from fusionbus.streams.seal import Sealer
from hub import HubOnPaper, a_federation
from sealed_audit import KEY
from signatures import a_key, a_seal, listed, signed

REPORT_KEY: Final = a_key(3)
EXPORT_KEY: Final = a_key(5)
CHECK_S_MAX: Final = 60
SEALS_OF: Final = 2
"""Records a seal, so that there are several."""


@dataclass(frozen=True)
class Case:
    """What was collected of an incident."""

    collected: Collected

    @classmethod
    def told(cls, folder: Path, *, purged: bool = False) -> "Case":
        """Two signed reports of one blast and one without signature, as the hub fused and audited them."""
        listed_key = listed(REPORT_KEY)
        members: list[Any] = [
            one.model_copy(update={"keys": (listed_key,)})
            if isinstance(one, Agency) and one.agency in {"CTD-KP", "IB"}
            else one
            for one in a_federation()
        ]
        hub, seal = HubOnPaper.of(members), a_seal(folder, REPORT_KEY)
        first, second = a_report(), a_report(agency="IB", local_ref="IB-1", **OTHER_WORDS)
        third = a_report(agency="CTD-PB", local_ref="PB-1", narrative="A third account, by telephone.")
        raws = [signed(first, seal), signed(second, seal), None]
        originals = []
        for report, raw in zip((first, second, third), raws, strict=True):
            body = raw or encoded(report)
            hub.put(reports_topic(report.agency), report.report_id.encode(), body)
            found = decode(type(report), body)
            assert isinstance(found, type(report))
            originals.append(Original(found, body))
        if purged:
            order = Purge(agency="CTD-KP", at=hub.now, report_id=first.report_id, reason="Ordered by the court.")
            hub.put(reports_topic("CTD-KP"), first.report_id.encode(), encoded(order))
        return cls(cls._collected(hub, originals))

    @staticmethod
    def _collected(hub: HubOnPaper, originals: list[Original]) -> Collected:
        incident = next(one for one in hub.incidents().values() if len(one.members) > 1)
        gone = {member.report_id for member in incident.members if purged_at(member) is not None}
        audit = tuple(
            Written(AUDIT, 0, offset, NOW, output.key, output.value)
            for offset, output in enumerate(one for one in hub.sent if one.topic == AUDIT)
        )
        raws = sealed(audit)
        keys = {KEY.key_id: KEY.private.public_key()}
        seals = [(raw, seal) for raw in raws if isinstance(seal := decode(Seal, raw), Seal)]
        agencies = hub.registry.agencies
        return Collected(
            incident=incident,
            originals=tuple(one for one in originals if one.report.report_id not in gone),
            audit=audit,
            seals=tuple(covering(audit, seals, keys)),
            agencies={member.agency: agencies[member.agency] for member in incident.members},
            seal_keys={KEY.key_id: KEY.private.public_key().public_bytes_raw()},
        )

    def without(self, **changes: Any) -> "Case":
        """The same with other parts."""
        return Case(replace(self.collected, **changes))

    def package(self, key: Any = EXPORT_KEY) -> bytes:
        """The archive."""
        at = datetime(2026, 3, 6, tzinfo=UTC)
        return package(self.collected, "NACTA", key, at, script().read_bytes())[0]


def encoded(message: Any) -> bytes:
    """The message as an agency writes it that does not sign."""
    raw: bytes = message.model_dump_json(exclude_none=True).encode()
    return raw


def sealed(audit: tuple[Written, ...]) -> list[bytes]:
    """The seals of these records, two a seal."""
    table = FakeTable(SEALED_TABLE)
    sealer, found = Sealer(table, KEY, lambda: NOW), []
    for start in range(0, len(audit), SEALS_OF):
        some = audit[start : start + SEALS_OF]
        millis = int(NOW.timestamp() * 1000)
        decision = sealer.decide([Event(AUDIT, 0, one.offset, millis, one.key or b"", one.value) for one in some])
        found += [output.value or b"" for output in decision.outputs]
        table.keep(decision)
    return found


def files_of(raw: bytes) -> dict[str, bytes]:
    """The files of a package."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed(raw: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The package with one file changed, and everything else as it was."""
    files = files_of(raw)
    return packed(files | {name: change(files[name])})


def repacked(files: Mapping[str, bytes]) -> bytes:
    """These files as a package."""
    return packed(files)


def check(raw: bytes, folder: Path, *keys: str) -> tuple[int, list[str]]:
    """What the script of fifty lines says in a bare interpreter: its code, and the faults it names."""
    path = folder / "case.zip"
    path.write_bytes(raw)
    line = [sys.executable, "-I", str(script()), str(path), *keys]
    done = subprocess.run(line, capture_output=True, text=True, timeout=CHECK_S_MAX, check=False, cwd=folder)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, [one.removeprefix("FAULT ") for one in done.stdout.splitlines() if one.startswith("FAULT")]
