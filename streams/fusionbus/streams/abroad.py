"""What a partner abroad may read of the fate of its own reports: nothing of the reports of others. Pure.

Every receipt passes here last, whichever step wrote it, so that a step that is added later needs no rule of its own.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from fusionbus.contract import ids, topics
from fusionbus.contract.codec import Undecodable, decode, encode
from fusionbus.contract.records import Receipt, ReceiptOutcome
from fusionbus.streams.engine import Output
from fusionbus.streams.registry import Registry

_FUSED: Final = frozenset({ReceiptOutcome.NEW_INCIDENT, ReceiptOutcome.CORROBORATION, ReceiptOutcome.RELAY})
"""Which of these it was says whether others told of the event: abroad all of them read alike."""
TAKEN: Final = "Taken. What it was fused with, if anything, is not told abroad."


def narrowed(outputs: Iterable[Output], registry: Registry) -> Iterator[Output]:
    """The outputs, of receipts for partners abroad only what they may know."""
    abroad = frozenset(topics.receipts_topic(name) for name, one in registry.agencies.items() if one.foreign)
    for output in outputs:
        if output.topic not in abroad:
            yield output
            continue
        receipt = decode(Receipt, output.value or b"")
        told = None if isinstance(receipt, Undecodable) else _told(receipt)
        if told is not None:
            yield output._replace(value=encode(told))


def _told(receipt: Receipt) -> Receipt | None:
    """The receipt without what tells of others: an incident's id is made from its first report, whoever wrote that.

    That it moved is news of other reports alone.
    """
    if receipt.outcome is ReceiptOutcome.MOVED:
        return None
    hidden: dict[str, object] = {"incident_id": None, "independent_origins": None, "forms": {}, "withheld": {}}
    if receipt.outcome in _FUSED and receipt.report_id is not None:
        outcome = ReceiptOutcome.NEW_INCIDENT
        hidden |= {
            "outcome": outcome,
            "receipt_id": ids.receipt_id(receipt.report_id, outcome, str(receipt.revision)),
            "sentence": TAKEN,
        }
    return receipt.model_copy(update=hidden)
