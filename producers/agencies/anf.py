"""ANF: a lorry with drugs, stopped on a highway."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import RecordSection
from fusionbus.contract.vocabulary import EntityType, Province, Severity, Status, ThreatCategory
from fusionbus.producers import compose
from fusionbus.producers.script import my_key, send
from fusionbus.producers.tokens import tokenise_entity


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="ANF",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put Status.ACTUAL for what really happened.
        status=Status.EXERCISE,
        section=RecordSection(record_type="recovery", record_number="ANF/26/140", recovered=("82 kg heroin",)),
        occurred=now - timedelta(hours=11),
        place=Place(province=Province.BALOCHISTAN, district="Gwadar", name="Uthal toll plaza", uncertainty_km=5),
        category=ThreatCategory.SMUGGLING,
        entities=(tokenise_entity(EntityType.PLATE, "TKC-0456", key=my_key()),),
        severity=Severity.MODERATE,
        narrative="82 kg of heroin were found in the double floor of a lorry bound for the coast.",
    )


if __name__ == "__main__":
    send(build())
