"""FC-BAL: a mine under a patrol's vehicle."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract import vocabulary as voc
from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import IncidentSection
from fusionbus.producers import compose
from fusionbus.producers.script import send


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="FC-BAL",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put voc.Status.ACTUAL for what really happened.
        status=voc.Status.EXERCISE,
        section=IncidentSection(course="over", damage="one vehicle"),
        occurred=now - timedelta(hours=1),
        place=Place(
            province=voc.Province.BALOCHISTAN, district="Awaran", name="Jhao", lat=26.3, lon=65.5, uncertainty_km=8
        ),
        category=voc.ThreatCategory.IED,
        weapon=voc.Weapon.EXPLOSIVE,
        target_sector=voc.TargetSectorCode.DFNSE,
        severity=voc.Severity.SEVERE,
        casualties=compose.casualties(killed=1, injured=4, group=voc.CasualtyGroup.MILITARY),
        narrative="The second vehicle of a patrol drove over a mine on the track to Jhao.",
    )


if __name__ == "__main__":
    send(build())
