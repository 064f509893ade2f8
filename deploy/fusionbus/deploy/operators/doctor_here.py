"""What the doctor looks at on this machine: disks, installed versions, old state."""

import os
import platform
import shutil
from collections.abc import Iterator
from importlib import resources
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path
from typing import Final

from fusionbus.contract.base import SCHEMA_VERSION
from fusionbus.deploy.operators import doctor_parts
from fusionbus.deploy.operators.findings import Finding

TELLING: Final = ("kafka-python", "faust-streaming", "aiokafka", "confluent-kafka", "rocksdict", "pydantic")
"""Packages whose versions decide how the bus behaves; those not installed here are left out."""
PINS: Final = "constraints.txt"


def disks(home: Path) -> Iterator[Finding]:
    """Room on each disk that FUSION_HOME and its folders lie on, and whether they may be written."""
    first = home.absolute()
    while not first.exists():
        first = first.parent
    inside = sorted(path for path in first.iterdir() if path.is_dir()) if first == home.absolute() else []
    by_disk: dict[int, list[Path]] = {}
    for folder in (first, *inside):
        by_disk.setdefault(folder.stat().st_dev, []).append(folder)
        if not os.access(folder, os.W_OK | os.X_OK):
            yield doctor_parts.unwritable(str(folder))
    for folders in by_disk.values():
        usage = shutil.disk_usage(folders[0])
        what = f"FUSION_HOME ({home})" if first in folders else ", ".join(map(str, folders))
        yield doctor_parts.disk(what, usage.free, usage.total)


def versions() -> Iterator[Finding]:
    """Installed versions, against each other and against those that were tested."""
    ours = {d.name: d.version for d in distributions() if d.name.startswith("fusionbus")}
    needed = {"wire": SCHEMA_VERSION, "Python": platform.python_version()}
    for name in TELLING:
        try:
            needed[name] = version(name)
        except PackageNotFoundError:
            continue
    return doctor_parts.versions(ours, needed, pins())


def pins() -> dict[str, str]:
    """The versions that the tests ran with: packaged in a wheel, or the checkout's `constraints.txt`; else none."""
    packaged = Path(str(resources.files("fusionbus.deploy"))) / PINS
    checkout = Path(__file__).resolve().parents[4] / PINS
    found = next((path for path in (packaged, checkout) if path.is_file()), None)
    lines = found.read_text(encoding="utf-8").splitlines() if found else []
    return {name: pinned for name, _, pinned in (line.partition("==") for line in lines) if pinned}


def state_folders(home: Path) -> list[str]:
    """The folders of state in workers' homes, on this machine: `worker-1/v1`."""
    found = (*home.glob("worker-*/v*"), *home.glob("*/worker-*/v*"))  # a worker started alone, and one of a crew
    return [f"{path.parent.name}/{path.name}" for path in found if path.is_dir()]
