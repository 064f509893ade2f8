"""One sync: what waits goes out, what came back comes in. Cut at any moment, the next one goes on."""

from dataclasses import dataclass
from datetime import timedelta

from fusionbus.contract.errors import RetryLater
from fusionbus.producers.outbox import Outbox
from fusionbus.producers.publisher import Publisher
from fusionbus.producers.sender import Drained, drain
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.station.answers import Answers, Heard
from fusionbus.producers.station.book import Book
from fusionbus.shell.kafka import BrokerDown


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did."""

    sent: int
    refused: int
    answers: int
    held_by: str | None
    """Why it ended early, in one sentence; None where all was done."""
    clock_off: timedelta | None


def sync(book: Book, settings: ProducerSettings, wait_s: float) -> Synced:
    """Sends what waits and reads what came back, for so long at most; nothing is ever lost by its ending early.

    Raises: Misconfigured, NotAllowed: what waiting does not mend.
    """
    done, heard, held_by = Drained(), Heard(), None
    try:
        with Outbox(book.agency, settings) as outbox, Answers(book, settings) as answers:
            before = _sent(outbox)
            try:
                with Publisher(book.agency, settings) as publisher:
                    done = drain(outbox, publisher, settings=settings)
            except RetryLater as exc:  # another operator is sending, or the line broke: read what came all the same
                held_by = str(exc)
            fresh = frozenset(report_id for report_id, _ in _sent(outbox) - before)
            heard = answers.listen(wait_s, lambda: not _unanswered(book, outbox), fresh)
    except BrokerDown:
        held_by = held_by or f"There is no line to the centre ({settings.bootstrap})."
    except RetryLater as exc:
        held_by = held_by or str(exc)
    return Synced(done.sent, done.refused, heard.new, done.held_by or held_by, heard.clock_off)


def _sent(outbox: Outbox) -> set[tuple[str, int]]:
    return {name for name, (state, _) in outbox.lies().items() if state == "sent"}


def _unanswered(book: Book, outbox: Outbox) -> bool:
    sent = _sent(outbox)
    return any(entry.end is None and (entry.report_id, entry.revision) in sent for entry in book.entries())
