"""For tests of stations: registers of made-up rows, and stations that keep them."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from fusionbus.contract.report import ThreatReport
from fusionbus.producers.importing import Importer
from fusionbus.producers.mapping import load_mapping
from fusionbus.producers.outbox import Outbox
from fusionbus.producers.rows import open_sheet
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.station.book import Book
from fusionbus.producers.station.entering import enter_all
from fusionbus.producers.station.standing import Line, lines
from fusionbus.producers.station.syncing import Synced, sync
from fusionbus.producers.tokens import demo_key

SAMPLE = Path(str(files("fusionbus.producers") / "mappings" / "station-register.sample.csv"))
FILE_AT = datetime(2026, 11, 20, tzinfo=UTC)
STATION = load_mapping("station-register")


def register(folder: Path, changes: Sequence[Mapping[str, str]], name: str = "register.csv") -> Path:
    """A register with these rows; what a row does not say is made up, and no two tell of one thing."""
    first = next(iter(csv.DictReader(SAMPLE.read_text(encoding="utf-8").splitlines())))
    file = folder / name
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(first))
        writer.writeheader()
        for number, change in enumerate(changes):
            told = {"FIR No": f"{number}/26", "Narrative": f"Matter {number}: nothing else is like word{number}."}
            row: dict[str, str] = {"Date": "14-11-2026", "Police Station": "Sadar"} | told | dict(change)
            writer.writerow({heading: row.get(heading, "") for heading in first})
    return file


@dataclass
class Station:
    """A station in a folder."""

    settings: ProducerSettings
    agency: str = "POLICE-PB"

    @classmethod
    def at(cls, folder: Path, bootstrap: str = "127.0.0.1:1", agency: str = "POLICE-PB", **more: Any) -> "Station":
        told = {"connect_timeout_s": 3.0, "delivery_timeout_s": 4.0, "close_timeout_s": 1.0} | more
        return cls(ProducerSettings(home=folder, bootstrap=bootstrap, **told), agency)

    def enter(self, file: Path) -> dict[str, int]:
        importer = Importer(STATION, self.agency, demo_key(), FILE_AT)
        made = (one[1] for one in importer.reports(open_sheet(file, STATION)) if not isinstance(one, list))
        return self.enter_reports(list(made))

    def enter_reports(self, reports: Sequence[ThreatReport]) -> dict[str, int]:
        with Book(self.agency, self.settings) as book, Outbox(self.agency, self.settings) as outbox:
            return dict(enter_all(book, outbox, reports))

    def sync(self, wait_s: float = 0.0) -> Synced:
        with Book(self.agency, self.settings) as book:
            return sync(book, self.settings, wait_s)

    def lines(self) -> list[Line]:
        with Book(self.agency, self.settings) as book, Outbox(self.agency, self.settings) as outbox:
            return lines(book.entries(), outbox.lies())

    def states(self) -> list[str]:
        return [line.state for line in self.lines()]
