"""RANGERS-SD: a target killing in the city."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract.base import Range
from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import IncidentSection
from fusionbus.contract.vocabulary import Province, Status, TargetSectorCode, ThreatCategory, Urgency, Weapon
from fusionbus.producers import compose
from fusionbus.producers.script import send


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="RANGERS-SD",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put Status.ACTUAL for what really happened.
        status=Status.EXERCISE,
        section=IncidentSection(course="over", attackers=Range(low=2, high=2)),
        occurred=now - timedelta(minutes=25),
        place=Place(province=Province.SINDH, district="Karachi East", name="Gulistan-e-Jauhar"),
        category=ThreatCategory.ASSASSINATION,
        weapon=Weapon.FIREARM,
        target_sector=TargetSectorCode.PRSN,
        urgency=Urgency.IMMEDIATE,
        casualties=compose.casualties(killed=1),
        narrative="Two men on a motorcycle shot a man at a traffic light and drove off against the traffic.",
    )


if __name__ == "__main__":
    send(build())
