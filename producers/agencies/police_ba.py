"""POLICE-BA: men abducted from a bus."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract import vocabulary as voc
from fusionbus.contract.base import Range
from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import IncidentSection
from fusionbus.producers import compose
from fusionbus.producers.script import send


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="POLICE-BA",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put voc.Status.ACTUAL for what really happened.
        status=voc.Status.EXERCISE,
        unit="PS City, Khuzdar",
        section=IncidentSection(course="ongoing", attackers=Range(low=8, high=15)),
        occurred=now - timedelta(hours=1),
        place=Place(province=voc.Province.BALOCHISTAN, district="Khuzdar", name="N-25 near Wadh", uncertainty_km=10),
        category=voc.ThreatCategory.KIDNAPPING,
        weapon=voc.Weapon.FIREARM,
        target_sector=voc.TargetSectorCode.TRANS,
        urgency=voc.Urgency.IMMEDIATE,
        severity=voc.Severity.SEVERE,
        narrative="Armed men stopped a bus, looked at identity cards and took three passengers into the hills.",
    )


if __name__ == "__main__":
    send(build())
