"""CTD-BA: a bomb on a railway line, with the group that claimed it."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract import vocabulary as voc
from fusionbus.contract.report import Actor, Place, ThreatReport
from fusionbus.contract.sections import IncidentSection
from fusionbus.producers import compose
from fusionbus.producers.script import send


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="CTD-BA",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put voc.Status.ACTUAL for what really happened.
        status=voc.Status.EXERCISE,
        section=IncidentSection(course="over", claimed_by="BLA", damage="12 m of track"),
        occurred=now - timedelta(hours=2),
        place=Place(
            province=voc.Province.BALOCHISTAN, district="Kachhi", name="Mach", lat=29.86, lon=67.33, uncertainty_km=3
        ),
        category=voc.ThreatCategory.IED,
        weapon=voc.Weapon.EXPLOSIVE,
        target_sector=voc.TargetSectorCode.TRANS,
        actor=Actor(name="BLA", attribution_confidence=voc.Confidence.MODERATE, claimed=True),
        severity=voc.Severity.MODERATE,
        certainty=voc.Certainty.OBSERVED,
        casualties=compose.casualties(killed=0, injured=0),
        narrative="A charge of about 4 kg under the rail went off before the Quetta train; the train stopped in time.",
    )


if __name__ == "__main__":
    send(build())
