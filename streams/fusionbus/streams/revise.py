"""Part of the third step: a later revision of a report that its zone knows. Pure."""

from datetime import datetime

from fusionbus.contract.incident import Incident, Member
from fusionbus.contract.records import RejectReason
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.vocabulary import MsgType
from fusionbus.streams import incidents
from fusionbus.streams.change import cancelled, updated
from fusionbus.streams.keeping import is_purged
from fusionbus.streams.registry import Registry
from fusionbus.streams.shelf import is_too_large
from fusionbus.streams.values import Change, Enriched, Rejection


class Refused(Exception):  # noqa: N818 - it says what is the matter
    """A revision that does not go with what its zone knows of the report; its writer must know."""

    def __init__(self, report: ThreatReport, reason: RejectReason, sentence: str, at: str | None = None) -> None:
        super().__init__(sentence)
        self.rejection = Rejection(reason, sentence, at, report.report_id, report.local_ref, report.revision)


def later_revision(
    registry: Registry, now: datetime, enriched: Enriched, held: Incident, before: Member
) -> Change | None:
    """What a later revision of a report that is here leads to; nothing where it was here before. Raises: Refused."""
    report = enriched.report
    if before.revision >= report.revision:
        return None
    if is_purged(before):
        raise Refused(report, RejectReason.PURGED, "This report was purged: send a new one under a new local_ref.")
    if report.status is not held.status:
        why = f"This report is {held.status} and stays so: withdraw it and send another as {report.status}."
        raise Refused(report, RejectReason.CONTENT_CHANGED, why, "status")
    if report.msg_type is MsgType.CANCEL:
        after = incidents.withdrawn(held, report.report_id, report.revision, now)
        return cancelled(enriched, after, before, registry)
    after = incidents.revised(held, enriched, now)
    if is_too_large(after):
        after = incidents.unlisted(after, report.report_id)
    return updated(enriched, after, before, registry)
