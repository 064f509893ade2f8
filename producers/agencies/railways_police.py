"""RAILWAYS-POLICE: an unattended bag at a station, blown up by the bomb squad."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import IncidentSection
from fusionbus.contract.vocabulary import Province, ResponseType, Status, TargetSectorCode, ThreatCategory, Weapon
from fusionbus.producers import compose
from fusionbus.producers.script import send


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="RAILWAYS-POLICE",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put Status.ACTUAL for what really happened.
        status=Status.EXERCISE,
        unit="PS Lahore Junction",
        section=IncidentSection(course="foiled", response_types=(ResponseType.EVACUATE,)),
        occurred=now - timedelta(minutes=70),
        place=Place(province=Province.PUNJAB, district="Lahore", name="Lahore Junction, platform 4"),
        category=ThreatCategory.BOMBING,
        weapon=Weapon.EXPLOSIVE,
        target_sector=TargetSectorCode.TRANS,
        casualties=compose.casualties(killed=0, injured=0),
        narrative="A bag under a bench held a pressure cooker with wires; the bomb squad destroyed it on the spot.",
    )


if __name__ == "__main__":
    send(build())
