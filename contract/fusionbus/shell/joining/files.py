"""What `fusionbus agency new` writes: templates filled with the agency's name. Nothing that is there is overwritten."""

from collections.abc import Mapping
from enum import StrEnum
from importlib import resources
from pathlib import Path
from string import Template
from typing import Final

from fusionbus.contract.errors import Misconfigured


class Part(StrEnum):
    """What the agency will do."""

    PRODUCER = "producer"
    CONSUMER = "consumer"
    BOTH = "both"


_COMMON: Final = {
    "README.md": "readme.md",
    "settings.env": "settings.env",
    "agencies-entry.yaml": "agencies-entry.yaml",
}
_PRODUCER: Final = {
    "send_report.py": "send_report.py",
    "test_send_report.py": "test_send_report.py",
    "fusionbus-outbox-$agency.service": "outbox.service",
    "producers-$agency.json": "producers.json",
}
_CONSUMER: Final = {
    "receive_alerts.py": "receive_alerts.py",
    "test_receive_alerts.py": "test_receive_alerts.py",
    "fusionbus-receiver-$agency.service": "receiver.service",
    "alerts-$agency.json": "alerts.json",
}


def files(agency: str, part: Part, bootstrap: str) -> dict[str, str]:
    """The text of each file by its name."""
    wanted: dict[str, str] = dict(_COMMON)
    wanted |= _PRODUCER if part is not Part.CONSUMER else {}
    wanted |= _CONSUMER if part is not Part.PRODUCER else {}
    words = {"agency": agency, "bootstrap": bootstrap, "begin": _begin(part)}
    return {Template(name).substitute(words): _filled(template, words) for name, template in wanted.items()}


def write(folder: Path, texts: Mapping[str, str]) -> None:
    """Writes the files into a folder that is made where it is not there.

    Raises: Misconfigured; then none is written.
    """
    there = sorted(name for name in texts if (folder / name).exists())
    if there:
        raise Misconfigured(f"{folder} has {', '.join(there)} already: name another folder with --into.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as exc:
        raise Misconfigured(f"{folder} cannot be written ({exc.strerror}): name another folder with --into.") from exc


def _filled(template: str, words: Mapping[str, str]) -> str:
    text = (resources.files(__package__) / "templates" / f"{template}.txt").read_text(encoding="utf-8")
    return Template(text).substitute(words)


def _begin(part: Part) -> str:
    lines = []
    if part is not Part.CONSUMER:
        lines += [
            "python -m unittest test_send_report      # your report follows the contract",
            "python send_report.py",
        ]
    if part is not Part.PRODUCER:
        lines += [
            "python -m unittest test_receive_alerts   # your handler takes an alert once",
            "python receive_alerts.py",
        ]
    return "\n".join(f"    {line}" for line in lines)
