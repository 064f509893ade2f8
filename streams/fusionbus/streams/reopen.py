"""A correction may say that a report was taken for the wrong event: then a person is asked. Pure."""

from dataclasses import replace

from fusionbus.contract.incident import Claim, Incident, Member
from fusionbus.contract.records import ReceiptOutcome
from fusionbus.streams import merging
from fusionbus.streams.correlate import OpenIncidents, no_longer_fits
from fusionbus.streams.values import Change, Enriched


def with_doubt(
    change: Change, enriched: Enriched, before: Member, held: Incident, open_incidents: OpenIncidents
) -> Change:
    """The change, and what a split would make where the report says anew when or where and fits the others no more."""
    told = change.outcome is ReceiptOutcome.UPDATE and not held.closed
    if not told or _when_and_where(before.claim) == _when_and_where(enriched.claim):
        return change
    out = merging.leaving(held, {before.report_id})
    doubt = no_longer_fits(enriched, held, open_incidents) if out else None
    return (
        change if doubt is None else replace(change, doubt=replace(doubt, incident_id=merging.new_id(held.zone, out)))
    )


def _when_and_where(claim: Claim) -> tuple[object, ...]:
    return claim.occurred, claim.place
