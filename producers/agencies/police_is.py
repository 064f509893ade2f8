"""POLICE-IS: a parked vehicle with the wrong plate near an embassy."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import SuspiciousActivitySection
from fusionbus.contract.vocabulary import EntityType, Province, Status, SuspiciousActivityCode, TargetSectorCode
from fusionbus.producers import compose
from fusionbus.producers.script import my_key, send
from fusionbus.producers.tokens import tokenise_entity


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="POLICE-IS",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put Status.ACTUAL for what really happened.
        status=Status.EXERCISE,
        unit="PS Secretariat, Islamabad",
        section=SuspiciousActivitySection(
            activity=SuspiciousActivityCode.MISREP,
            justification="The plate is that of another model, and the car stood beside a blast wall for six hours.",
        ),
        occurred=now - timedelta(hours=6),
        place=Place(province=Province.ISLAMABAD, district="Islamabad", name="Diplomatic enclave, gate 2"),
        target_sector=TargetSectorCode.GVTBLDG,
        entities=(tokenise_entity(EntityType.PLATE, "IDL 0077", key=my_key()),),
        narrative="A grey saloon with the plate of another model stood at gate 2; nobody came for it.",
    )


if __name__ == "__main__":
    send(build())
