"""IFC-IS: a correction of its own earlier report: the second revision, sent as an update."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import IncidentSection
from fusionbus.contract.vocabulary import Province, Status, ThreatCategory, Weapon
from fusionbus.producers import compose
from fusionbus.producers.script import send


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="IFC-IS",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put Status.ACTUAL for what really happened.
        status=Status.EXERCISE,
        section=IncidentSection(course="over"),
        occurred=now - timedelta(hours=2),
        place=Place(province=Province.ISLAMABAD, district="Islamabad", name="G-11 Markaz"),
        category=ThreatCategory.GRENADE_ATTACK,
        weapon=Weapon.GRENADE,
        casualties=compose.casualties(killed=0, injured=5),
        narrative="A hand grenade was thrown at a bank; five were hurt.",
    )


def correct(first: ThreatReport) -> ThreatReport:
    """The second revision, with what has changed."""
    return compose.revised(
        first,
        casualties=compose.casualties(killed=0, injured=3),
        narrative="A hand grenade was thrown at a bank; three were hurt, not five as first told.",
    )


if __name__ == "__main__":
    first = build()
    send(first)
    send(correct(first))
