"""A receipt in sentences, for whoever reads what became of a report."""

from collections.abc import Iterator
from typing import Final

from fusionbus.contract.records import Receipt, ReceiptOutcome

TITLES: Final = {
    ReceiptOutcome.NEW_INCIDENT: "Taken as a new incident",
    ReceiptOutcome.CORROBORATION: "Taken as a further origin of a known incident",
    ReceiptOutcome.RELAY: "Taken as an echo of a known incident",
    ReceiptOutcome.UPDATE: "Taken as an update",
    ReceiptOutcome.CANCELLED: "Withdrawn",
    ReceiptOutcome.REPEAT: "Known already: an exact repeat",
    ReceiptOutcome.REJECTED: "Refused",
    ReceiptOutcome.ACKNOWLEDGED: "Answered by a recipient",
    ReceiptOutcome.CONTROL_DONE: "Done as asked",
    ReceiptOutcome.MOVED: "Moved to another incident",
    ReceiptOutcome.REVIEW_DUE: "Due for review",
    ReceiptOutcome.PURGED: "Purged",
    ReceiptOutcome.ESCALATED: "A recipient let its deadline pass",
    ReceiptOutcome.SHARING_ANSWERED: "A question about sharing was answered",
    ReceiptOutcome.REDRESS_ASKED: "To be corrected or purged: a person asks",
    ReceiptOutcome.REDRESS_ANSWERED: "A person's request was answered",
}


def told(receipt: Receipt) -> str:
    """What the receipt counts and says, in sentences; empty where that is nothing. A withheld agency is a number."""
    return " ".join((*_counts(receipt), receipt.sentence or "")).strip()


def _counts(receipt: Receipt) -> Iterator[str]:
    origins = receipt.independent_origins
    if origins is not None:
        yield f"The incident has {origins} independent {'origin' if origins == 1 else 'origins'}."
    if receipt.delivered_to is not None:
        forms = ", ".join(f"{count} in the form {form.value}" for form, count in receipt.forms.items())
        yield f"Delivered to {receipt.delivered_to}{f' ({forms})' if forms else ''}."
    if receipt.withheld:
        rules = ", ".join(f"{count} by the rule {rule.value}" for rule, count in receipt.withheld.items())
        yield f"Not sent to others: {rules}."
    answers = (
        (receipt.acknowledged_by, "acknowledged it"),
        (receipt.used_by, "used it"),
        (receipt.false_alarm_by, "found a false alarm"),
        (receipt.overdue, "did not answer in time"),
    )
    counted = [f"{count} {did}" for count, did in answers if count]
    if counted:
        yield f"Of its recipients {', '.join(counted)}."
