"""`fusionbus purge`, `hold` and `release`: how long a report is kept, by its originator or the hub's desk."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer
from pydantic import ValidationError

from fusionbus.contract import ids
from fusionbus.contract.errors import FixTheReport, Misconfigured
from fusionbus.contract.keeping import AnyOrder, LegalHold, Purge, ReleaseHold
from fusionbus.contract.records import ReceiptOutcome, RejectReason
from fusionbus.producers.ordering import ordered
from fusionbus.producers.outbox import Outbox, path_of
from fusionbus.producers.settings import ProducerSettings
from fusionbus.shell.settings import load

Report = Annotated[str | None, typer.Argument(metavar="REPORT", help="The report's id.")]
LocalRef = Annotated[str | None, typer.Option(help="Or the agency's own reference to it.")]
Agency = Annotated[str, typer.Option(envvar="FUSION_AGENCY", help="The originator; or NACTA, the hub's desk.")]
Reason = Annotated[str, typer.Option(help="Why, in a sentence; it is kept in the audit.")]
By = Annotated[str | None, typer.Option(help="The desk that orders it; not a person's name.")]


_WRONG: Final = {
    "agency": "--agency: an agency is written in upper case, such as CTD-KP.",
    "report_id": "REPORT is a report's id, such as 86db73e8-262a-5fa3-a2d6-33f240b4fb01, as receipts show it; "
    "for the agency's own reference give --local-ref.",
    "reason": "--reason: say why in 1 to 20,000 characters.",
    "by": "--by: name a desk in 1 to 300 characters.",
}


def purge(
    *, report_id: Report = None, local_ref: LocalRef = None, agency: Agency, reason: Reason, by: By = None
) -> None:
    """Purge a report: hub, recipients and this machine's outbox keep that it was there, and nothing of what it said.

    Example: fusionbus purge --agency CTD-KP --local-ref KP-2026-0417 --reason "No ground to keep it was found."
    """
    settings = load(ProducerSettings)
    order = _order(Purge, report_id, local_ref, agency, reason=reason, by=by)
    try:
        sentence = _told(order, settings)
    except _Unknown as exc:
        unsent = _purge_outbox(order, settings)
        if not unsent:
            raise
        typer.echo(f"It was never sent: {unsent} revisions of it were deleted from the outbox. {exc}")
        return
    unsent = _purge_outbox(order, settings)
    typer.echo(sentence + (f" {unsent} unsent revisions were deleted from the outbox." if unsent else ""))


def hold(
    *, report_id: Report = None, local_ref: LocalRef = None, agency: Agency, reason: Reason, by: By = None
) -> None:
    """Hold a report: nobody and no date purges it until whoever held it releases it (legal hold).

    Example: fusionbus hold 86db73e8-262a-5fa3-a2d6-33f240b4fb01 --agency NACTA --reason "Evidence in a case."
    """
    typer.echo(_told(_order(LegalHold, report_id, local_ref, agency, reason=reason, by=by), load(ProducerSettings)))


def release(
    *, report_id: Report = None, local_ref: LocalRef = None, agency: Agency, reason: Reason, by: By = None
) -> None:
    """Release this agency's hold on a report; its retention runs again.

    Example: fusionbus release 86db73e8-262a-5fa3-a2d6-33f240b4fb01 --agency NACTA --reason "The case is closed."
    """
    typer.echo(_told(_order(ReleaseHold, report_id, local_ref, agency, reason=reason, by=by), load(ProducerSettings)))


class _Unknown(FixTheReport):
    """The hub has no such report of this agency."""


def _told(order: AnyOrder, settings: ProducerSettings) -> str:
    """What the hub says to it. Raises: FixTheReport with its reason where it refuses."""
    receipt = ordered(order, settings)
    sentence = receipt.sentence or str(receipt.reason or receipt.outcome)
    if receipt.outcome is not ReceiptOutcome.REJECTED:
        return f"The hub says: {sentence}"
    unknown = receipt.reason is RejectReason.UNKNOWN_REPORT
    raise (_Unknown if unknown else FixTheReport)(f"The hub refused: {sentence}")


def _order(
    kind: Callable[..., AnyOrder], report_id: str | None, local_ref: str | None, agency: str, **said: str | None
) -> AnyOrder:
    if (report_id is None) == (local_ref is None):
        raise Misconfigured("Say which report: its id, or --local-ref.")
    name = report_id.strip().lower() if report_id is not None else ids.report_id(agency, str(local_ref))
    told: dict[str, Any] = {"agency": agency, "at": datetime.now(UTC), "report_id": name}
    try:
        return kind(**told, **said)
    except ValidationError as exc:
        wrong = str(exc.errors(include_url=False, include_input=False)[0]["loc"][0])
        raise Misconfigured(_WRONG[wrong]) from exc


def _purge_outbox(order: AnyOrder, settings: ProducerSettings) -> int:
    if not path_of(order.agency, settings).exists():
        return 0
    with Outbox(order.agency, settings) as outbox:
        return outbox.purge(order.report_id)
