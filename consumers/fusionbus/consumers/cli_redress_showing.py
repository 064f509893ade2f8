"""How `fusionbus redress` shows a case at a terminal: ids, agencies, dates, grounds; never a word of a report."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

import typer

from fusionbus.consumers.cli_oversight_showing import show_table
from fusionbus.contract.records import Receipt, ReceiptOutcome
from fusionbus.contract.redress import AskedFor, Case, FoundReport

if TYPE_CHECKING:
    from fusionbus.consumers.redress.statement import Looked

FOUND: Final = ("report", "agency", "found in", "by", "legal basis", "predicate", "review due", "kept until", "state")


def show_found(case: Case) -> None:
    """Each report that names the person."""
    show_table(FOUND, (_found_row(one) for one in case.found))
    for place in case.not_searched:
        typer.echo(f"Not searched: {place}.", err=True)
    typer.echo(f"{len(case.found)} reports name the person; searched: {', '.join(case.searched)}.")


def show_case(case: Case, receipts: Sequence[Receipt], now: datetime) -> None:
    """What was asked about each report, and what became of it."""
    answers = {one.report_id: one for one in receipts if one.outcome is ReceiptOutcome.REDRESS_ANSWERED}
    asked = {one.report_id: one for one in case.asked}
    rows = []
    for one in case.found:
        request, answer = asked.get(one.report_id), answers.get(one.report_id)
        rows.append((one.report_id, one.agency, *_state(one, request, answer, now)))
    show_table(("report", "agency", "asked", "answer by", "what became of it"), rows)
    for name, answer in answers.items():
        if answer.sentence is not None and " says refused: " in answer.sentence:
            typer.echo(
                f"{name} was refused. On appeal, by the centre or a court's order: fusionbus purge {name} "
                f'--agency NACTA --reason "Case {case.case_id}: court order …"'
            )


def show_looked(looked: "Iterable[Looked]") -> None:
    """Each place that was searched again."""
    rows = [
        (one.place, "not searched" if one.records is None else str(one.records), one.remark or "")
        for one in looked
        if one.records != 0
    ]
    if rows:
        show_table(("place", "records that hold it", "remark"), rows)


def _found_row(one: FoundReport) -> tuple[str, ...]:
    state = f"purged {one.purged_at:%Y-%m-%d}" if one.purged_at else ""
    held = f"held by {', '.join(one.held_by)}: no purge" if one.held_by else ""
    return (
        one.report_id,
        one.agency,
        ", ".join(one.found_in),
        one.by,
        one.legal_basis or "not stated",
        one.predicate or "not stated",
        f"{one.review_due:%Y-%m-%d}" if one.review_due else "",
        f"{one.retention_until:%Y-%m-%d}" if one.retention_until else "",
        state or held,
    )


def _state(one: FoundReport, request: AskedFor | None, answer: Receipt | None, now: datetime) -> tuple[str, str, str]:
    if request is None:
        return "", "", "purged before" if one.purged_at else "not asked"
    due = f"{request.answer_by:%Y-%m-%d}"
    if answer is not None:
        return request.wanted, due, answer.sentence or "answered"
    if "refused" in request.said:
        return request.wanted, due, request.said
    return request.wanted, due, "overdue: call the agency" if request.answer_by < now else "waits for its answer"
