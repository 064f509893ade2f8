"""`fusionbus redress correct`, `purge` and `answer`: the centre's desk asks originators, and they answer."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer
from pydantic import ValidationError

from fusionbus.contract.errors import FixTheReport, Misconfigured
from fusionbus.contract.keeping import AnswerRedress, AskRedress
from fusionbus.contract.records import ReceiptOutcome
from fusionbus.contract.redress import AskedFor, read_case, write_case
from fusionbus.producers.ordering import ordered
from fusionbus.producers.settings import ProducerSettings
from fusionbus.shell.settings import load

redress_commands = typer.Typer()

CaseFile = Annotated[Path, typer.Argument(metavar="CASE", help="The file that `redress find` wrote.")]
Days = Annotated[int, typer.Option(min=1, max=365, help="So long the originators have to answer.")]
Only = Annotated[list[str] | None, typer.Option("--report", help="Only this report of the case; any number.")]
CENTRE = "NACTA"
"""Who asks: the hub takes requests for redress from its own desk alone."""


@redress_commands.command()
def correct(case: CaseFile, *, days: Days = 14, report: Only = None) -> None:
    """Ask the originators of a case's reports to correct them; each gets a receipt with the deadline.

    Example: fusionbus redress correct case-17.json --days 14
    """
    _ask(case, "correct", days, report)


@redress_commands.command()
def purge(case: CaseFile, *, days: Days = 14, report: Only = None) -> None:
    """Ask the originators of a case's reports to purge them; each gets a receipt with the deadline.

    Example: fusionbus redress purge case-17.json --days 14
    """
    _ask(case, "purge", days, report)


@redress_commands.command()
def answer(
    report_id: Annotated[str, typer.Argument(metavar="REPORT", help="The report's id, as the receipt names it.")],
    *,
    case: Annotated[str, typer.Option(help="The case's id, as the receipt names it.")],
    agency: Annotated[str, typer.Option(envvar="FUSION_AGENCY", help="The originator.")],
    said: Annotated[str, typer.Option("--answer", help="corrected (after the update was sent) or refused.")],
    reason: Annotated[str, typer.Option(help="Why; the centre's desk reads it, the audit keeps it.")],
    by: Annotated[str | None, typer.Option(help="The desk that answers; not a person's name.")] = None,
) -> None:
    """Answer a request for redress: it was corrected, or it is refused and why. A purge answers by itself.

    Example: fusionbus redress answer 86db73e8-… --agency CTD-KP --case 5f0c9d2e-… --answer refused --reason "…"
    """
    told = {"agency": agency, "at": datetime.now(UTC), "report_id": report_id.strip().lower(), "case_id": case.strip()}
    try:
        order = AnswerRedress(**told, answer=said, reason=reason, by=by)  # type: ignore[arg-type]
    except ValidationError as exc:
        wrong = str(exc.errors(include_url=False, include_input=False)[0]["loc"][0])
        raise Misconfigured(
            f"`{wrong}` is not as it must be: REPORT and --case are ids as the receipt shows them, --agency is an "
            "agency's short name, --answer is corrected or refused, --reason says why."
        ) from exc
    typer.echo(f"The hub says: {_heard(order)}")


def _ask(path: Path, wanted: Literal["correct", "purge"], days: int, only: list[str] | None) -> None:
    case = read_case(path)
    known = {one.report_id for one in case.found if one.purged_at is None}
    names = [name.strip().lower() for name in only or sorted(known)]
    if missing := sorted(set(names) - known):
        raise Misconfigured(
            f"The case has no report {missing[0][:60]} that is not purged: see `fusionbus redress show`."
        )
    now = datetime.now(UTC)
    for name in names:
        order = AskRedress(
            agency=CENTRE,
            by=case.by,
            at=now,
            report_id=name,
            reason=f"{case.reason} (case {case.case_id})",
            case_id=case.case_id,
            wanted=wanted,
            answer_by=now + timedelta(days=days),
        )
        try:
            said = _heard(order)
        except FixTheReport as fault:
            said = str(fault)
        asked = AskedFor(report_id=name, wanted=wanted, at=now, answer_by=order.answer_by, said=said[:300])
        case = case.model_copy(update={"asked": (*case.asked, asked)})
        write_case(path, case)
        typer.echo(f"{name}: {said}")
    typer.echo(f"{len(names)} reports: answers come as receipts; `fusionbus redress show {path}` lists them.")


def _heard(order: AskRedress | AnswerRedress) -> str:
    """What the hub says to it. Raises: FixTheReport with its reason where it refuses."""
    receipt = ordered(order, load(ProducerSettings))
    sentence = receipt.sentence or str(receipt.reason or receipt.outcome)
    if receipt.outcome is ReceiptOutcome.REJECTED:
        raise FixTheReport(f"The hub refused: {sentence}")
    return sentence
