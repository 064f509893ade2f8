"""What the desk does with a tip; each act is in the audit in the same breath."""

from datetime import datetime
from typing import Any, Final

from fusionbus.contract.errors import FixTheReport
from fusionbus.contract.report import ThreatReport
from fusionbus.producers.tips.queue import TipQueue
from fusionbus.producers.tips.told import clean

NOTE_MAX: Final = 1_000
"""Characters of a reason or a question: a paragraph."""


class Decisions:
    """Acts on tips of this queue; a tip is decided once, whoever comes second is told."""

    def __init__(self, queue: TipQueue) -> None:
        self._queue = queue
        self.settings = queue.settings

    def look(self, tip_id: int, by: str, now: datetime) -> None:
        """Notes that somebody opened it; its teller sees that it is being looked at."""
        with self._queue.file.changing() as db:
            db.execute("UPDATE tip SET looked_at = 1 WHERE tip_id = ?", (tip_id,))
            self._queue.note(db, now, tip_id, by, "looked at", None)

    def mark_urgent(self, tip_id: int, by: str, now: datetime, *, urgent: bool) -> None:
        """Says by hand whether danger is imminent."""
        action = "marked urgent" if urgent else "marked not urgent"
        self._decide(tip_id, by, action, None, now, urgent=urgent, marked=urgent)

    def ask(self, tip_id: int, question: str, by: str, now: datetime) -> None:
        """Puts a question that the teller reads when he asks with his code."""
        said = _reason(question)
        self._decide(tip_id, by, "asked", said, now, state="asked", question=said, looked_at=1)

    def refuse(self, tip_id: int, reason: str, by: str, now: datetime) -> None:
        """Refuses it; after `tips_refused_days` it is deleted."""
        said = _reason(reason)
        changes = {"state": "refused", "reason": said, "decided_at": now.isoformat(), "decided_by": by}
        self._decide(tip_id, by, "refused", said, now, **changes)

    def accept(self, tip_id: int, body: bytes, report: ThreatReport, by: str, now: datetime) -> None:
        """Accepts it: the report's bytes lie beside the tip until the outbox has them (`handing_over`)."""
        changes: dict[str, object] = {"state": "accepted", "decided_at": now.isoformat(), "decided_by": by}
        changes |= {"report_id": report.report_id, "handover": body}
        self._decide(tip_id, by, "accepted", report.report_id, now, **changes)

    def handing_over(self) -> list[tuple[int, bytes]]:
        """Accepted tips whose report is not known to lie in the outbox."""
        rows = self._queue.file.rows("SELECT tip_id, handover FROM tip WHERE handover IS NOT NULL ORDER BY tip_id")
        return [(int(number), body) for number, body in rows]

    def handed_over(self, tip_id: int) -> None:
        """Notes that the outbox has the report."""
        with self._queue.file.changing() as db:
            db.execute("UPDATE tip SET handover = NULL WHERE tip_id = ?", (tip_id,))

    def number_of(self, tip_id: int, by: str, now: datetime) -> str | None:
        """The number to call back, once for this look; the look is in the audit."""
        row = self._queue.file.one("SELECT sealed FROM contact WHERE tip_id = ?", tip_id)
        if row is None:
            return None
        number = self._queue.contacts.open(tip_id, row[0])
        with self._queue.file.changing() as db:
            self._queue.note(db, now, tip_id, by, "read the number", None)
        return number

    def _decide(self, tip_id: int, by: str, action: str, note: str | None, now: datetime, **changes: Any) -> None:
        """Raises: FixTheReport where there is no such tip, or it was decided already."""
        names = ", ".join(f"{name} = ?" for name in changes)
        with self._queue.file.changing() as db:
            done = db.execute(
                f"UPDATE tip SET {names} WHERE tip_id = ? AND state IN ('waiting', 'asked')",  # noqa: S608 - our names
                (*changes.values(), tip_id),
            )
            if not done.rowcount:
                raise FixTheReport(f"Tip {tip_id} does not wait for a decision: somebody decided it, or there is none.")
            self._queue.note(db, now, tip_id, by, action, note)


def _reason(text: str) -> str:
    said = clean(text)
    if not said or len(said) > NOTE_MAX:
        raise FixTheReport(f"Say it in 1 to {NOTE_MAX:,} characters.")
    return said
