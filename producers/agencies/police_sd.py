"""POLICE-SD: an extortion call reported at a station, with the caller's number as a hash."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import RecordSection
from fusionbus.contract.vocabulary import EntityType, Province, Status, TargetSectorCode, ThreatCategory
from fusionbus.producers import compose
from fusionbus.producers.script import my_key, send
from fusionbus.producers.tokens import tokenise_entity


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="POLICE-SD",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put Status.ACTUAL for what really happened.
        status=Status.EXERCISE,
        unit="PS A Section, Sukkur",
        section=RecordSection(record_type="fir", record_number="207/26", police_station="A Section"),
        occurred=now - timedelta(days=1),
        place=Place(province=Province.SINDH, district="Sukkur", name="Barrage Road"),
        category=ThreatCategory.FINANCING,
        target_sector=TargetSectorCode.RETL,
        entities=(tokenise_entity(EntityType.PHONE, "+92 300 0000021", key=my_key()),),
        narrative="A shopkeeper was called three times and told to pay two million rupees within a week.",
    )


if __name__ == "__main__":
    send(build())
