"""CTD-JK: weapons found in an empty house."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import RecordSection
from fusionbus.contract.vocabulary import EntityType, Province, Status, ThreatCategory, Weapon
from fusionbus.producers import compose
from fusionbus.producers.script import my_key, send
from fusionbus.producers.tokens import tokenise_entity


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="CTD-JK",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put Status.ACTUAL for what really happened.
        status=Status.EXERCISE,
        section=RecordSection(record_type="recovery", record_number="19/26", recovered=("3 rifles", "900 rounds")),
        occurred=now - timedelta(hours=9),
        place=Place(province=Province.AZAD_KASHMIR, district="Kotli", name="Khuiratta"),
        category=ThreatCategory.SMUGGLING,
        weapon=Weapon.FIREARM,
        entities=(tokenise_entity(EntityType.WEAPON_SERIAL, "AK-56-000123", key=my_key()),),
        narrative="A patrol found three rifles and ammunition under the floor of an empty house. Nobody was met there.",
    )


if __name__ == "__main__":
    send(build())
