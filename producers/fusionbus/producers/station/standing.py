"""How the station stands: what waits, what was sent, what came back. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from fusionbus.contract.records import ReceiptOutcome
from fusionbus.producers.station.book import Entry
from fusionbus.producers.station.card import Language

State = Literal["waiting", "refused here", "sent", "taken", "refused", "missing"]
Lies = Mapping[tuple[str, int], tuple[str, str | None]]
"""Of each revision its state in the outbox, and why it was refused there."""

SHORT: Final = 8
"""Hexadecimal digits of the report's id: of 10,000 reports two share them in one such station of 86."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry, where it is now, and what was said of it."""

    entry: Entry
    state: State
    sentence: str | None

    @property
    def reference(self) -> str:
        """The number that the station and the hub both know it by, short enough to be read out."""
        return f"{self.entry.report_id[:SHORT].upper()}-{self.entry.revision}"


def lines(entries: Iterable[Entry], lies: Lies) -> list[Line]:
    """Each entry with where it is: an answer says it where the outbox has forgotten what was sent long ago."""
    return [_line(entry, lies.get((entry.report_id, entry.revision))) for entry in entries]


def _line(entry: Entry, lies: tuple[str, str | None] | None) -> Line:
    end = entry.end
    if end is not None:
        return Line(entry, "refused" if end.outcome is ReceiptOutcome.REJECTED else "taken", end.sentence)
    if lies is None:
        return Line(entry, "missing", None)
    state, sentence = lies
    if state == "refused":
        return Line(entry, "refused here", sentence)
    return Line(entry, "waiting" if state == "waiting" else "sent", sentence)


WORDS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "title": "Receipt",
        "station": "Station",
        "agency": "Agency",
        "reference": "Reference",
        "our_ref": "Our number",
        "about": "About",
        "entered": "Entered",
        "state": "Standing",
        "answer": "The centre says",
        "waiting": "waiting to be sent",
        "refused here": "not fit to be sent: mend it and import again",
        "sent": "sent; no answer yet",
        "taken": "taken",
        "refused": "refused by the centre: mend it and import again",
        "missing": "not in the outbox: import the register again",
    },
    "ur": {
        "title": "رسید",
        "station": "تھانہ",
        "agency": "ادارہ",
        "reference": "حوالہ نمبر",
        "our_ref": "ہمارا نمبر",
        "about": "بابت",
        "entered": "اندراج",
        "state": "کیفیت",
        "answer": "مرکز کا جواب",
        "waiting": "بھیجے جانے کا منتظر",
        "refused here": "بھیجا نہیں جا سکتا: درست کر کے دوبارہ درج کریں",
        "sent": "بھیج دیا گیا؛ ابھی جواب نہیں آیا",
        "taken": "مرکز نے لے لیا",
        "refused": "مرکز نے رد کر دیا: درست کر کے دوبارہ درج کریں",
        "missing": "ترسیل میں نہیں: رجسٹر دوبارہ درج کریں",
    },
}
