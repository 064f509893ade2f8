"""The station's book: what it has entered, and what came back. One writer at a time, whoever else is at work."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, Self

from fusionbus.contract.codec import encode
from fusionbus.contract.records import Receipt, ReceiptOutcome
from fusionbus.contract.report import ThreatReport
from fusionbus.producers.kept_file import KeptFile
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.station.card import folder_of

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS entry (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    report_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    local_ref TEXT NOT NULL,
    headline TEXT,
    said TEXT NOT NULL,
    entered_at TEXT NOT NULL,
    UNIQUE (report_id, revision)
);
CREATE TABLE IF NOT EXISTS answer (
    receipt_id TEXT PRIMARY KEY,
    report_id TEXT NOT NULL,
    revision INTEGER,
    at TEXT NOT NULL,
    outcome TEXT NOT NULL,
    sentence TEXT
);
CREATE INDEX IF NOT EXISTS answer_by_report ON answer (report_id, at);
CREATE TABLE IF NOT EXISTS position (partition INTEGER PRIMARY KEY, next_offset INTEGER NOT NULL);
"""
ENDS: Final = frozenset(
    {
        *(ReceiptOutcome.NEW_INCIDENT, ReceiptOutcome.CORROBORATION, ReceiptOutcome.RELAY, ReceiptOutcome.UPDATE),
        *(ReceiptOutcome.CANCELLED, ReceiptOutcome.REPEAT, ReceiptOutcome.REJECTED),
    }
)
"""How a report can end at the hub; all other receipts tell what happened later."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hub said of a report."""

    at: datetime
    outcome: ReceiptOutcome
    sentence: str | None
    revision: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A report as the station entered it, with what came back, oldest first."""

    number: int
    report_id: str
    revision: int
    local_ref: str
    headline: str | None
    entered_at: datetime
    answers: tuple[Answer, ...] = ()

    @property
    def end(self) -> Answer | None:
        """How it ended at the hub; None while it did not."""
        own = (one for one in self.answers if one.outcome in ENDS and one.revision in {None, self.revision})
        return next(own, None)


class Book:
    """The book of this machine's station: `station/<agency>.db`. Used by the thread that opened it.

    Raises: Misconfigured when it is damaged or cannot be written; RetryLater when the disk is full.
    """

    def __init__(self, agency: str, settings: ProducerSettings) -> None:
        self.agency = agency
        self.file = KeptFile(folder_of(settings) / f"{agency}.db", _SCHEMA, "station's book")

    @contextmanager
    def sole_pen(self) -> Iterator[None]:
        """Nobody else enters until the block is over; the system takes the pen back when the process dies.

        Raises: RetryLater when another operator has it for longer than ten seconds.
        """
        lock = KeptFile(self.file.path.with_suffix(".entering"), "", "station's pen")
        try:
            with lock.changing():
                yield
        finally:
            lock.close()

    def last(self, report_id: str) -> tuple[int, str] | None:
        """Revision and content of what was entered last under this id."""
        row = self.file.one(
            "SELECT revision, said FROM entry WHERE report_id = ? ORDER BY revision DESC LIMIT 1", report_id
        )
        return (int(row[0]), str(row[1])) if row else None

    def enter(self, reports: Iterable[ThreatReport]) -> None:
        """Enters all of them or none; what is there already stays as it is."""
        now = datetime.now(UTC).isoformat()
        with self.file.changing() as db:
            db.executemany(
                "INSERT OR IGNORE INTO entry (report_id, revision, local_ref, headline, said, entered_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [(one.report_id, one.revision, one.local_ref, one.headline, said(one), now) for one in reports],
            )

    def entries(self) -> list[Entry]:
        """Everything that was entered, in order."""
        answers: dict[str, list[Answer]] = {}
        for report_id, *told in self.file.rows(
            "SELECT report_id, at, outcome, sentence, revision FROM answer ORDER BY at, receipt_id"
        ):
            at, outcome, sentence, revision = told
            made = Answer(datetime.fromisoformat(at), ReceiptOutcome(outcome), sentence, revision)
            answers.setdefault(report_id, []).append(made)
        rows = self.file.rows(
            "SELECT number, report_id, revision, local_ref, headline, entered_at FROM entry ORDER BY number"
        )
        return [
            Entry(*row[:5], datetime.fromisoformat(row[5]), tuple(answers.get(row[1], ())))  # type: ignore[call-arg]
            for row in rows
        ]

    def ids(self) -> frozenset[str]:
        """The ids of all reports that were entered."""
        return frozenset(row[0] for row in self.file.rows("SELECT DISTINCT report_id FROM entry"))

    def positions(self) -> dict[int, int]:
        """By partition of the receipts' topic, what is to be read next."""
        return dict(self.file.rows("SELECT partition, next_offset FROM position"))

    def keep(self, receipts: Iterable[Receipt], positions: Mapping[int, int]) -> int:
        """How many answers are new; with how far was read, in one write: a kill loses none and doubles none."""
        with self.file.changing() as db:
            new = 0
            for receipt in receipts:
                added = db.execute(
                    "INSERT OR IGNORE INTO answer VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        *(receipt.receipt_id, receipt.report_id, receipt.revision, receipt.at.isoformat()),
                        *(receipt.outcome.value, receipt.sentence),
                    ),
                )
                new += added.rowcount
            for partition, following in positions.items():
                db.execute(
                    "INSERT INTO position VALUES (?, ?) ON CONFLICT DO UPDATE SET next_offset ="
                    " max(next_offset, excluded.next_offset)",
                    (partition, following),
                )
        return new

    def close(self) -> None:
        """Closes the file."""
        self.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def said(report: ThreatReport) -> str:
    """A digest of what a report says, whichever revision it is and whenever it was said."""
    told = {
        name: value
        for name, value in json.loads(encode(report)).items()
        if name not in {"reported_at", "signature", "revision", "msg_type", "schema_version"}
    }
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
