"""The queue of tips: what is told here is on disk, waits for a person, and is forgotten when its time is over."""

import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Self

from fusionbus.contract.errors import FixTheReport, RetryLater
from fusionbus.producers.kept_file import KeptFile
from fusionbus.producers.tips.alike import Alike, alike, words_of
from fusionbus.producers.tips.contacts import Contacts
from fusionbus.producers.tips.schema import SCHEMA
from fusionbus.producers.tips.settings import TipSettings
from fusionbus.producers.tips.tip import COLUMNS, Act, State, Tip, tip_of
from fusionbus.producers.tips.told import Told, clean, digest_of_code, new_code, to_the_minute

ALIKE_DAYS: Final = 14
ALIKE_LOOKED_AT: Final = 2_000
"""Of the newest so many tips of two weeks are looked for that tell the same: 20 ms."""
_OPEN: Final = "state IN ('waiting', 'asked')"
ADDITIONS_MAX: Final = 20
"""A code opens no way around the bounds: so many additions, then a new tip."""


class TipQueue:
    """All tips of this machine, in `tips/tips.db` under FUSION_HOME.

    Raises: Misconfigured when the file cannot be used; RetryLater when the disk is full or the file busy.
    """

    def __init__(self, settings: TipSettings) -> None:
        self.settings = settings
        self.file = KeptFile(settings.tips_folder / "tips.db", SCHEMA, "queue of tips")
        self.contacts = Contacts(settings)

    # -- what tellers do
    def take(self, told: Told, now: datetime, *, by: str, code: str | None = None) -> str:
        """The code of a tip that is on the disk now. Given with a code and brought twice, it is kept once.

        So a form that is sent again because the line broke, or a gateway that delivers twice, makes no second tip;
        another text under a code that is taken gets a code of its own. Raises: RetryLater when too many tips wait.
        """
        code = code if code and digest_of_code(code) else new_code()
        with self.file.changing() as db:
            row = db.execute("SELECT text FROM tip WHERE code_digest = ?", (digest_of_code(code),)).fetchone()
            if row and row[0] == told.text:
                return code
            if row:
                code = new_code()
            self._make_room(db)
            at = to_the_minute(now).isoformat()
            added = db.execute(
                "INSERT INTO tip (code_digest, channel, received_at, language, text, place, happens,"
                " plate_token, caller_token, urgent, marked) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(digest_of_code(code), told.channel, at, told.language, told.text, told.place, told.happens),
                    *(told.plate_token, told.caller_token, told.urgent, told.marked),
                ),
            )
            tip_id = int(added.lastrowid or 0)
            if told.callback is not None:
                until = (now + timedelta(days=self.settings.tips_contact_days)).isoformat()
                sealed = self.contacts.seal(tip_id, told.callback)
                db.execute("INSERT INTO contact VALUES (?, ?, ?)", (tip_id, sealed, until))
            self.note(db, now, tip_id, by, "received", told.channel)
        return code

    def by_code(self, code: str) -> Tip | None:
        """The tip of this code; None where there is none, or it is deleted."""
        digest = digest_of_code(code)
        row = self.file.one("SELECT tip_id FROM tip WHERE code_digest = ?", digest) if digest else None
        return self.get(int(row[0])) if row else None

    def add(self, code: str, text: str, now: datetime) -> bool:
        """Whether what the teller says further was kept: only while the tip waits for a decision.

        Raises: FixTheReport where it is too long, or too much was added.
        """
        said, tip = clean(text, lines=True), self.by_code(code)
        if tip is None or not tip.is_open or not said:
            return False
        if len(said) > self.settings.tips_text_max or len(tip.additions) >= ADDITIONS_MAX:
            most = self.settings.tips_text_max
            raise FixTheReport(f"This is too much: write {most:,} characters or fewer, or tell a new tip.")
        with self.file.changing() as db:
            db.execute("INSERT INTO addition VALUES (?, ?, ?)", (tip.tip_id, to_the_minute(now).isoformat(), said))
            db.execute("UPDATE tip SET state = 'waiting' WHERE tip_id = ? AND state = 'asked'", (tip.tip_id,))
            self.note(db, now, tip.tip_id, "teller", "added", None)
        return True

    # -- what the desk sees
    def get(self, tip_id: int) -> Tip | None:
        """The tip of this number."""
        return next(iter(self._tips("tip_id = ?", tip_id)), None)

    def open_tips(self, limit: int = 200) -> list[Tip]:
        """What waits for a decision: imminent danger first, then the oldest first."""
        return self._tips(f"{_OPEN} ORDER BY urgent DESC, received_at, tip_id LIMIT ?", limit)

    def decided(self, state: State, limit: int = 200) -> list[Tip]:
        """What was accepted or refused, the newest first."""
        return self._tips("state = ? ORDER BY decided_at DESC LIMIT ?", state, limit)

    def alike(self, tip: Tip, now: datetime) -> list[Alike]:
        """Other tips of the last two weeks that tell much the same."""
        since = (now - timedelta(days=ALIKE_DAYS)).isoformat()
        rows = self.file.rows(
            "SELECT tip_id, text FROM tip WHERE tip_id <> ? AND received_at >= ? ORDER BY tip_id DESC LIMIT ?",
            tip.tip_id, since, ALIKE_LOOKED_AT,
        )  # fmt: skip
        return alike(words_of(tip.text), [(number, words_of(text)) for number, text in rows])

    def waiting(self) -> list[tuple[datetime, bool]]:
        """Of each tip that waits for the desk, since when and whether danger is imminent; not of those asked back."""
        rows = self.file.rows("SELECT received_at, urgent FROM tip WHERE state = 'waiting'")
        return [(datetime.fromisoformat(at), bool(urgent)) for at, urgent in rows]

    def acts(self, tip_id: int | None = None, limit: int = 500) -> list[Act]:
        """The audit, oldest first: of one tip, or the newest of all."""
        where, values = ("WHERE tip_id = ?", (tip_id,)) if tip_id is not None else ("", ())
        query = f"SELECT * FROM act {where} ORDER BY seq DESC LIMIT ?"  # noqa: S608 - constants
        rows = self.file.rows(query, *values, limit)
        return [Act(row[0], datetime.fromisoformat(row[1]), *row[2:]) for row in reversed(rows)]

    def forget(self, now: datetime) -> int:
        """How many tips and numbers were deleted because their time is over."""
        kept = self.settings
        with self.file.changing() as db:
            gone = [
                row[0]
                for state, days in (("refused", kept.tips_refused_days), ("accepted", kept.tips_passed_days))
                for row in db.execute(
                    "SELECT tip_id FROM tip WHERE state = ? AND decided_at < ? AND handover IS NULL",
                    (state, (now - timedelta(days=days)).isoformat()),
                ).fetchall()
            ]
            for tip_id in gone:
                db.execute("DELETE FROM tip WHERE tip_id = ?", (tip_id,))
                self.note(db, now, tip_id, "retention", "deleted", None)
            late = db.execute("SELECT tip_id FROM contact WHERE delete_at < ?", (now.isoformat(),)).fetchall()
            for (tip_id,) in late:
                db.execute("DELETE FROM contact WHERE tip_id = ?", (tip_id,))
                self.note(db, now, tip_id, "retention", "deleted the number", None)
        if gone or late:
            self.file.forget_deleted()
        return len(gone) + len(late)

    def close(self) -> None:
        """Closes the file."""
        self.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def note(self, db: sqlite3.Connection, now: datetime, tip_id: int | None, by: str, *told: str | None) -> None:
        """Adds a line to the audit, action and note, with whatever else the transaction does."""
        db.execute(
            "INSERT INTO act (at, tip_id, by, action, note) VALUES (?, ?, ?, ?, ?)",
            (to_the_minute(now).isoformat(), tip_id, by, *told),
        )

    def _tips(self, where: str, *values: object) -> list[Tip]:
        rows = self.file.rows(f"SELECT {COLUMNS} FROM tip WHERE {where}", *values)  # noqa: S608 - constants
        return [self._with_more(tip_of(row)) for row in rows]

    def _with_more(self, tip: Tip) -> Tip:
        more = self.file.rows("SELECT at, text FROM addition WHERE tip_id = ? ORDER BY rowid", tip.tip_id)
        contact = self.file.one("SELECT 1 FROM contact WHERE tip_id = ?", tip.tip_id)
        additions = tuple((datetime.fromisoformat(at), text) for at, text in more)
        return replace(tip, additions=additions, has_contact=contact is not None)

    def _make_room(self, db: sqlite3.Connection) -> None:
        (waiting,) = db.execute(f"SELECT count(*) FROM tip WHERE {_OPEN}").fetchone()  # noqa: S608 - a constant
        if waiting >= self.settings.tips_waiting_max:
            raise RetryLater("Too many tips wait to be read, and no more can be kept: call instead.")
