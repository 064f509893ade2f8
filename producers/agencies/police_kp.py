"""POLICE-KP: an explosion, told in Urdu by the station that was first there."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import IncidentSection
from fusionbus.contract.vocabulary import CasualtyGroup, Province, Severity, Status, ThreatCategory, Weapon
from fusionbus.producers import compose
from fusionbus.producers.script import send


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="POLICE-KP",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put Status.ACTUAL for what really happened.
        status=Status.EXERCISE,
        unit="PS Mingora, Swat",
        section=IncidentSection(course="over"),
        occurred=now - timedelta(minutes=35),
        place=Place(province=Province.KHYBER_PAKHTUNKHWA, district="Swat", name="مینگورہ، گرین چوک"),
        category=ThreatCategory.BOMBING,
        weapon=Weapon.EXPLOSIVE,
        severity=Severity.SEVERE,
        casualties=compose.casualties(killed=2, injured=7, group=CasualtyGroup.CIVILIAN),
        language="ur",
        narrative="گرین چوک میں ایک موٹر سائیکل میں نصب بارودی مواد پھٹنے سے دو افراد جاں بحق اور سات زخمی ہوئے۔",
    )


if __name__ == "__main__":
    send(build())
