"""CTD-SD: the arrest of a wanted man, with what was found on him."""

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
        agency="CTD-SD",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put Status.ACTUAL for what really happened.
        status=Status.EXERCISE,
        section=RecordSection(
            record_type="arrest",
            record_number="CTD/88/26",
            police_station="CTD Civil Lines",
            recorded_at=now,
            law_sections=("ATA 1997 s. 7", "Explosives Act s. 4"),
            recovered=("2 hand grenades", "1 pistol"),
        ),
        occurred=now - timedelta(hours=3),
        place=Place(province=Province.SINDH, district="Karachi West", name="Manghopir"),
        category=ThreatCategory.GRENADE_ATTACK,
        persons=(
            tokenise_person(key=key, role=SubjectRole.CRIMINAL_SUBJECT, name="Jahangir Farzi", cnic="42401-0000001-1"),
        ),
        entities=(tokenise_entity(EntityType.PHONE, "0300-0000011", key=key, role=SubjectRole.CRIMINAL_SUBJECT),),
        legal=compose.predicate("Named in an FIR under the Anti-Terrorism Act 1997", "CTD/88/26"),
        narrative="Arrested on a tip at a bus stop in Manghopir; two hand grenades and a pistol were found on him.",
    )


if __name__ == "__main__":
    send(build())
