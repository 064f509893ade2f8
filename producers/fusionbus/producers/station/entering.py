"""Rows of the register into book and outbox: a new row is a report, a corrected one its next revision."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from fusionbus.contract.codec import Undecodable, decode_report, encode
from fusionbus.contract.errors import FixTheReport
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import MsgType
from fusionbus.producers.outbox import Outbox
from fusionbus.producers.station.book import Book, said

AT_ONCE: Final = 100
"""Rows entered with one write to book and outbox each."""
REVISIONS_MAX: Final = 10_000
"""As the contract's."""


def enter_all(book: Book, outbox: Outbox, reports: Iterable[ThreatReport]) -> Counter[str]:
    """How many were entered as new, as a correction, or are known; all of them are on the disk.

    The book has each before the outbox does, so that no answer comes for what it does not know; a row that a power cut
    caught in between is shown as missing, and entering the register again mends it. Raises: RetryLater for a full disk.
    """
    counts = Counter[str]()
    for some in _batches(reports):
        with book.sole_pen():
            made = [_decide(book, report, counts) for report in some]
            book.enter(made)
            try:
                outbox.put_all(made)
            except FixTheReport:  # one of them; find out which
                for report in made:
                    _put(book, outbox, report)
    return counts


def _decide(book: Book, report: ThreatReport, counts: Counter[str]) -> ThreatReport:
    last = book.last(report.report_id)
    if last is None:
        counts["new"] += 1
        return report
    revision, content = last
    same = content == said(report)
    counts["known" if same else "corrected"] += 1
    return _as_revision(report, revision if same else revision + 1)


def _put(book: Book, outbox: Outbox, report: ThreatReport) -> None:
    """Puts it, as a later revision where the outbox knows another text: the book was lost or came from a backup."""
    while True:
        try:
            outbox.put(report)
        except FixTheReport:
            if report.revision >= REVISIONS_MAX:
                raise
            report = _as_revision(report, report.revision + 1)
            book.enter([report])
        else:
            return


def _as_revision(report: ThreatReport, revision: int) -> ThreatReport:
    if revision == 1:
        return report
    changed = report.model_copy(update={"revision": revision, "msg_type": MsgType.UPDATE})
    checked = decode_report(encode(changed))
    if isinstance(checked, Undecodable):
        raise FixTheReport(checked.sentence)
    return checked


def _batches(reports: Iterable[ThreatReport]) -> Iterator[tuple[ThreatReport, ...]]:
    left = iter(reports)
    while some := tuple(islice(left, AT_ONCE)):
        yield some
