"""CTD-IS: a raid that is planned, so that nobody else goes there at the same hour."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract.base import Interval
from fusionbus.contract.handling import Handling
from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import OperationSection
from fusionbus.contract.vocabulary import TLP, Classification, Province, Status
from fusionbus.producers import compose
from fusionbus.producers.script import send


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="CTD-IS",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put Status.ACTUAL for what really happened.
        status=Status.EXERCISE,
        section=OperationSection(
            operation="raid",
            planned=Interval(start=now + timedelta(hours=10), end=now + timedelta(hours=14)),
            radius_km=1.5,
            contact="CTD Islamabad duty officer, extension 000",
        ),
        place=Place(province=Province.ISLAMABAD, district="Islamabad", name="Tarnol", lat=33.65, lon=72.9),
        handling=Handling(tlp=TLP.AMBER, classification=Classification.CONFIDENTIAL),
    )


if __name__ == "__main__":
    send(build())
