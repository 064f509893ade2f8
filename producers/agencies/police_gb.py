"""POLICE-GB: shots at a convoy of lorries on the Karakoram Highway."""

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
        agency="POLICE-GB",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put voc.Status.ACTUAL for what really happened.
        status=voc.Status.EXERCISE,
        unit="PS City, Chilas",
        section=IncidentSection(course="over"),
        occurred=now - timedelta(hours=2),
        place=Place(province=voc.Province.GILGIT_BALTISTAN, district="Diamer", name="Chilas", uncertainty_km=12),
        category=voc.ThreatCategory.ARMED_ASSAULT,
        weapon=voc.Weapon.FIREARM,
        target_sector=voc.TargetSectorCode.TRANS,
        casualties=compose.casualties(killed=0, injured=2, group=voc.CasualtyGroup.CIVILIAN),
        narrative="Shots from the slope hit two lorries; both drivers were wounded; the road was closed.",
    )


if __name__ == "__main__":
    send(build())
