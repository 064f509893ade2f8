"""FC-KP: rockets at a fort."""

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
        agency="FC-KP",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put voc.Status.ACTUAL for what really happened.
        status=voc.Status.EXERCISE,
        section=IncidentSection(course="over"),
        occurred=now - timedelta(minutes=80),
        place=Place(
            province=voc.Province.KHYBER_PAKHTUNKHWA, district="South Waziristan", name="Sararogha", uncertainty_km=4
        ),
        category=voc.ThreatCategory.ROCKET_MORTAR,
        weapon=voc.Weapon.ROCKET,
        target_sector=voc.TargetSectorCode.DFNSE,
        certainty=voc.Certainty.OBSERVED,
        casualties=compose.casualties(killed=0, injured=1, group=voc.CasualtyGroup.MILITARY),
        narrative="Two rockets fell near the fort's east wall at dusk; one soldier was hurt by stones.",
    )


if __name__ == "__main__":
    send(build())
