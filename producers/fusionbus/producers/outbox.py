"""The outbox: what is put here is on disk, and is sent when the broker can take it; in order, once."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal, Self

from fusionbus.contract.codec import Undecodable, decode_report
from fusionbus.contract.errors import FixTheReport, Misconfigured, RetryLater
from fusionbus.contract.report import ThreatReport
from fusionbus.producers.outbox_faults import BUSY_S, code_of, explain_sqlite
from fusionbus.producers.outcomes import Delivered, Failed
from fusionbus.producers.publisher import checked
from fusionbus.producers.settings import ProducerSettings
from fusionbus.shell.metrics import OUTBOX_WAITING
from fusionbus.shell.sqlite_files import empty_log, overwrite_deleted

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    report_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    digest TEXT NOT NULL,
    body BLOB,
    put_at TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'refused')),
    sentence TEXT,
    sent_at TEXT,
    partition INTEGER,
    "offset" INTEGER,
    UNIQUE (report_id, revision)
);
CREATE INDEX IF NOT EXISTS by_state ON outbox (state, seq);
"""
_ADDED_BYTES: Final = 200  # a row beside its body, measured roughly; only keeps the limit honest

Put = Literal["stored", "waiting already", "sent already"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A report in the outbox."""

    seq: int
    report_id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """How many reports lie in an outbox, by state, and since when the oldest one waits."""

    waiting: int
    sent: int
    refused: int
    oldest_at: datetime | None
    refusals: tuple[tuple[str, str], ...]
    """Of at most ten refused reports the id, and why."""


class Outbox:
    """One agency's outbox: a SQLite file under `FUSION_HOME/outbox`. Used by the thread that opened it.

    Raises: Misconfigured when the file is damaged or cannot be written; RetryLater when the disk is full.
    """

    def __init__(self, agency: str, settings: ProducerSettings) -> None:
        self.agency = agency
        self.path = path_of(agency, settings)
        self._settings = settings
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as exc:
            raise Misconfigured(
                f"The outbox folder {self.path.parent} cannot be made ({exc.strerror}): set FUSION_HOME to another."
            ) from exc
        with self._explained():
            self._db = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None)
            # FULL: a report is on the disk, not in a cache, when `put` returns.
            self._db.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; {_SCHEMA}")
            overwrite_deleted(self._db)
            self._count()

    def put(self, report: ThreatReport) -> Put:
        """Whether it was stored now or lay here already; durable on return.

        Raises: FixTheReport for a report that would be refused, RetryLater when there is no room for it.
        """
        return self.put_all([report])[0]

    def put_all(self, reports: Sequence[ThreatReport]) -> list[Put]:
        """As `put`, all or none of them, with one write to the disk."""
        bodies = [_checked(report, self.agency) for report in reports]
        with self._explained(), self._transaction():
            self._make_room(sum(map(len, bodies)) + _ADDED_BYTES * len(bodies))
            done = [self._put(report, body) for report, body in zip(reports, bodies, strict=True)]
            self._count()
        return done

    def next_batch(self) -> list[Waiting]:
        """The reports that wait longest, in order; never two revisions of one report.

        If the first of two failed and the second arrived, sending the first again would put them out of order.
        """
        with self._explained():
            rows = self._db.execute(
                "SELECT seq, report_id, body FROM outbox WHERE state = 'waiting' ORDER BY seq LIMIT ?",
                (self._settings.outbox_batch,),
            ).fetchall()
        batch: dict[str, Waiting] = {}
        for seq, report_id, body in rows:
            if report_id in batch:
                break
            batch[report_id] = Waiting(seq, report_id, body)
        return list(batch.values())

    def mark(self, outcomes: Iterable[tuple[Waiting, Delivered | Failed]]) -> None:
        """Notes what became of a batch: sent, or refused for good; all else goes on waiting."""
        now = datetime.now(UTC).isoformat()
        with self._explained(), self._transaction():
            for one, outcome in outcomes:
                if isinstance(outcome, Delivered):
                    self._db.execute(
                        "UPDATE outbox SET state = 'sent', body = NULL, sent_at = ?, partition = ?, \"offset\" = ?"
                        " WHERE seq = ?",
                        (now, outcome.partition, outcome.offset, one.seq),
                    )
                elif not outcome.retry:
                    self._db.execute(
                        "UPDATE outbox SET state = 'refused', sentence = ? WHERE seq = ?", (outcome.sentence, one.seq)
                    )
            kept_from = datetime.now(UTC) - timedelta(days=self._settings.outbox_sent_days)
            self._db.execute("DELETE FROM outbox WHERE state = 'sent' AND sent_at < ?", (kept_from.isoformat(),))
            self._count()

    def standing(self) -> Standing:
        """How the outbox stands."""
        with self._explained():
            counts = dict(self._db.execute("SELECT state, count(*) FROM outbox GROUP BY state").fetchall())
            oldest = self._db.execute("SELECT min(put_at) FROM outbox WHERE state = 'waiting'").fetchone()[0]
            refusals = self._db.execute(
                "SELECT report_id, sentence FROM outbox WHERE state = 'refused' ORDER BY seq LIMIT 10"
            ).fetchall()
        return Standing(
            counts.get("waiting", 0),
            counts.get("sent", 0),
            counts.get("refused", 0),
            datetime.fromisoformat(oldest) if oldest else None,
            tuple(refusals),
        )

    def lies(self) -> dict[tuple[str, int], tuple[str, str | None]]:
        """Of every revision known here, by id and number, its state and why it was refused."""
        with self._explained():
            rows = self._db.execute("SELECT report_id, revision, state, sentence FROM outbox").fetchall()
        return {(row[0], row[1]): (row[2], row[3]) for row in rows}

    def purge(self, report_id: str) -> int:
        """How many revisions of a report that were not sent are deleted; that a revision was sent stays known."""
        with self._explained():
            with self._transaction():
                gone = self._db.execute("DELETE FROM outbox WHERE report_id = ? AND state <> 'sent'", (report_id,))
                self._count()
            empty_log(self._db)
        return gone.rowcount

    @contextmanager
    def sole_sender(self) -> Iterator[None]:
        """Holds the right to send from this outbox; the system takes it back when the process dies.

        Raises: RetryLater when another process is sending.
        """
        # SQLite's own lock: it works alike on Linux, macOS and Windows.
        with (
            self._explained(),
            closing(sqlite3.connect(_lock_path(self.path), timeout=0, isolation_level=None)) as lock,
        ):
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as exc:
                if code_of(exc) != sqlite3.SQLITE_BUSY:
                    raise
                raise RetryLater(
                    f"Another process is sending the outbox of {self.agency}: let it, or end it first."
                ) from exc
            yield

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _put(self, report: ThreatReport, body: bytes) -> Put:
        digest = _digest(body)
        row = (report.report_id, report.revision, digest, body, datetime.now(UTC).isoformat())
        added = self._db.execute(
            "INSERT INTO outbox (report_id, revision, digest, body, put_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            row,
        )
        if added.rowcount:
            return "stored"
        known, state = self._db.execute(
            "SELECT digest, state FROM outbox WHERE report_id = ? AND revision = ?", row[:2]
        ).fetchone()
        if state == "refused":
            self._db.execute(
                "UPDATE outbox SET state = 'waiting', sentence = NULL, digest = ?, body = ?"
                " WHERE report_id = ? AND revision = ?",
                (digest, body, *row[:2]),
            )
            return "stored"
        if known != digest:
            raise FixTheReport(
                f"Revision {report.revision} of {report.local_ref} was given before with another content: "
                f"send the change as an update with revision {report.revision + 1}.",
            )
        return "sent already" if state == "sent" else "waiting already"

    def _make_room(self, wanted: int) -> None:
        page, pages, free = (
            self._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count", "freelist_count")
        )
        used, limit = (pages - free) * page, self._settings.outbox_bytes_max
        if used + wanted > limit:
            raise RetryLater(
                f"The outbox of {self.agency} is full ({used:,} of {limit:,} bytes) and the report was not kept: "
                "send it with `fusionbus outbox send`, or raise FUSION_OUTBOX_BYTES_MAX.",
            )

    def _count(self) -> None:
        waiting = self._db.execute("SELECT count(*) FROM outbox WHERE state = 'waiting'").fetchone()[0]
        OUTBOX_WAITING.labels(self.agency).set(waiting)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._db.in_transaction:  # SQLite itself rolls back when the disk is full
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as exc:
            raise explain_sqlite(exc, self.path) from exc


def path_of(agency: str, settings: ProducerSettings) -> Path:
    """Where an agency's outbox lies."""
    return settings.home / "outbox" / f"{agency}.db"


def agencies_with_outbox(settings: ProducerSettings) -> list[str]:
    """The agencies that have an outbox here, sorted."""
    return sorted(path.stem for path in (settings.home / "outbox").glob("*.db"))


def _lock_path(path: Path) -> Path:
    return path.with_suffix(".sending")


def _checked(report: ThreatReport, agency: str) -> bytes:
    body = checked(report, agency)
    if isinstance(body, Failed):
        raise FixTheReport(body.sentence)
    return body


def _digest(body: bytes) -> str:
    """Of what the report says; when it was said does not count, or a script run twice would contradict itself."""
    said = {name: value for name, value in json.loads(body).items() if name not in ("reported_at", "signature")}
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def report_in(waiting: Waiting) -> ThreatReport:
    """The report that waits. Raises: Misconfigured when what was stored is no report any more."""
    found = decode_report(waiting.body)
    if isinstance(found, Undecodable):
        raise Misconfigured(f"Entry {waiting.seq} of the outbox cannot be read back: {found.sentence}")
    return found
