"""CUSTOMS: goods seized at a land crossing."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import BorderSection
from fusionbus.contract.vocabulary import EntityType, Province, Status, ThreatCategory, Weapon
from fusionbus.producers import compose
from fusionbus.producers.script import my_key, send
from fusionbus.producers.tokens import tokenise_entity


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="CUSTOMS",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put Status.ACTUAL for what really happened.
        status=Status.EXERCISE,
        section=BorderSection(
            crossing_point="Torkham",
            direction="in",
            event="seized",
            goods="40 drones of a consumer type, undeclared",
            counterpart_country="AF",
        ),
        occurred=now - timedelta(hours=3),
        place=Place(province=Province.KHYBER_PAKHTUNKHWA, district="Khyber", name="Torkham", lat=34.1, lon=71.1),
        category=ThreatCategory.SMUGGLING,
        weapon=Weapon.DRONE,
        entities=(tokenise_entity(EntityType.PLATE, "KBL 9012", key=my_key()),),
        narrative="Forty drones without cameras were found behind onions in a lorry; the driver knew of nothing.",
    )


if __name__ == "__main__":
    send(build())
