"""POLICE-PB: a station's FIR, with the accused as hashes."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import RecordSection
from fusionbus.contract.vocabulary import EntityType, Province, Status, SubjectRole, ThreatCategory
from fusionbus.producers import compose
from fusionbus.producers.script import my_key, send
from fusionbus.producers.tokens import tokenise_entity, tokenise_person


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    key = my_key()
    return compose.report(
        agency="POLICE-PB",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put Status.ACTUAL for what really happened.
        status=Status.EXERCISE,
        unit="PS Sadar, Multan",
        section=RecordSection(record_type="fir", record_number="412/26", police_station="Sadar", recorded_at=now),
        occurred=now - timedelta(hours=4),
        place=Place(province=Province.PUNJAB, district="Multan", name="Chowk Shaheedan"),
        category=ThreatCategory.ARMED_ASSAULT,
        persons=(
            tokenise_person(key=key, role=SubjectRole.CRIMINAL_SUBJECT, name="Bilal Farzi", cnic="36302-0000001-1"),
        ),
        entities=(tokenise_entity(EntityType.PLATE, "MNA-0123", key=key),),
        legal=compose.predicate("Named as accused in the FIR", "412/26"),
        language="ur-Latn",
        narrative="Do mulzim motor cycle par aaye, dukan par firing ki aur bypass ki taraf bhag gaye.",
    )


if __name__ == "__main__":
    send(build())
