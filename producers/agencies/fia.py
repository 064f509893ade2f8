"""FIA: an arrest for sending money abroad without a licence."""

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
        agency="FIA",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put Status.ACTUAL for what really happened.
        status=Status.EXERCISE,
        section=RecordSection(
            record_type="arrest",
            record_number="FIA/CBC/61/26",
            law_sections=("FERA 1947 s. 5", "AMLA 2010 s. 3"),
            recovered=("PKR 4,200,000", "2 ledgers"),
        ),
        occurred=now - timedelta(hours=7),
        place=Place(province=Province.SINDH, district="Karachi South", name="Jodia Bazaar"),
        category=ThreatCategory.FINANCING,
        persons=(
            tokenise_person(key=key, role=SubjectRole.CRIMINAL_SUBJECT, name="Saleem Farzi", cnic="42301-0000005-5"),
        ),
        entities=(tokenise_entity(EntityType.ACCOUNT, "0001-2345678-01", key=key),),
        legal=compose.predicate("Named in a case under FERA 1947", "FIA/CBC/61/26"),
        narrative="A shop kept a hawala ledger with coded payees; the owner was arrested and the ledgers were seized.",
    )


if __name__ == "__main__":
    send(build())
