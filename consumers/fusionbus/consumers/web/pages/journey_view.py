"""One report's way as HTML: a list of steps, oldest first."""

from collections.abc import Iterable
from html import escape
from typing import Final

from fusionbus.consumers.receipt_words import TITLES
from fusionbus.consumers.threats.found import Step
from fusionbus.consumers.web.pages.marks import PKT
from fusionbus.contract.records import ReceiptOutcome
from fusionbus.contract.vocabulary import AlertKind

TONES: Final = {
    ReceiptOutcome.REJECTED: "bad",
    ReceiptOutcome.ESCALATED: "warn",
    ReceiptOutcome.REVIEW_DUE: "warn",
    ReceiptOutcome.REDRESS_ASKED: "warn",
    ReceiptOutcome.ACKNOWLEDGED: "good",
}
ALERTS: Final[dict[str, str]] = {
    AlertKind.INCIDENT: "Your agency was alerted to an incident",
    AlertKind.THREAT: "Your agency was warned of a threat",
    AlertKind.RECALL: "It was withdrawn, and your agency was told",
    AlertKind.RELATED: "The centre told your agency what hangs together",
    AlertKind.SURGE: "The centre told your agency of a surge",
    AlertKind.FORECAST: "The centre sent your agency a forecast",
    AlertKind.FINANCE_PATTERN: "The centre told your agency of a pattern of payments",
    AlertKind.WATCH_HIT: "The centre told your agency of somebody who is looked for",
    AlertKind.DECONFLICTION: "Your agency was pointed to another’s desk",
    AlertKind.ESCALATION: "Your agency was told of a missed deadline",
    AlertKind.SHARING_REQUEST: "Your agency was asked whether it may be passed on",
}
TIES: Final = {
    "possible": "Its incident may be one with another",
    "possible_split": "It may not belong to its incident",
    "same": "Its incident was found to be one with another",
    "split": "Its incident was taken apart",
}


def form(asked: str) -> str:
    """What asks for a report: by its id, or the reference that the agency gave it."""
    return (
        '<form class="ask" method="get" action="/journey"><label>Report’s id, or your own reference of it'
        f'<input class="field" name="report" value="{escape(asked)}" maxlength="300" required data-search dir="auto">'
        '</label><button class="do" type="submit">Show its way</button></form>'
    )


def steps(told: Iterable[Step]) -> str:
    """The steps as a list."""
    return f'<ol class="walk">{"".join(_step(step) for step in told)}</ol>'


def nothing(asked: str, agency: str) -> str:
    """What is said where the agency knows nothing of it: whether there is such a report is not told."""
    return (
        f'<p class="nothing">{escape(agency)} has no receipt and no alert of a report <bdi>{escape(asked)}</bdi>. '
        "A report is found by its id, or by the reference your own agency gave it.</p>"
    )


def start() -> str:
    """What is said before anything was asked."""
    return (
        '<p class="nothing">A report’s way is told from the receipts of your agency’s own reports, the alerts that '
        "your agency was sent, and what it said of them.</p>"
    )


def _step(step: Step) -> str:
    title, tone = _title(step.what)
    revision = f" · revision {step.revision}" if step.revision and step.revision > 1 else ""
    at = step.at.astimezone(PKT)
    why = "Why: " if step.what.startswith("alert") and step.sentence else ""
    said = f'<p dir="auto">{why}{escape(step.sentence)}</p>' if step.sentence else ""
    link = ""
    if step.incident_id:
        link = f'<p><a href="/incidents/{escape(step.incident_id)}">Incident {escape(step.incident_id[:8])}</a></p>'
    return (
        f'<li class="{tone}"><time datetime="{at.isoformat()}">{at.strftime("%d %b %Y %H:%M:%S PKT")}</time>'
        f"<div><strong>{escape(title)}</strong>{revision}</div>{said}{link}</li>"
    )


def _title(what: str) -> tuple[str, str]:
    """A step in words, and its tone."""
    source, _, kind = what.partition(": ")
    words = kind.replace("_", " ")
    match source:
        case "receipt" if kind in set(ReceiptOutcome):
            outcome = ReceiptOutcome(kind)
            return TITLES[outcome], TONES.get(outcome, "")
        case "alert":
            return ALERTS.get(kind, f"Your agency was told: {words}"), ""
        case "said":
            return f"Your agency said: {words}", "good"
        case "tie":
            return TIES.get(kind, f"Its incident is tied to another: {words}"), ""
        case _:
            return what, ""
