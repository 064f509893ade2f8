"""COAST-GUARDS: a boat stopped at sea."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import BorderSection
from fusionbus.contract.vocabulary import Province, Status, ThreatCategory
from fusionbus.producers import compose
from fusionbus.producers.script import send


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="COAST-GUARDS",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put Status.ACTUAL for what really happened.
        status=Status.EXERCISE,
        section=BorderSection(crossing_point="off Jiwani", direction="out", event="seized", goods="diesel, 9,000 l"),
        occurred=now - timedelta(hours=6),
        place=Place(
            province=Province.BALOCHISTAN, district="Gwadar", name="off Jiwani", lat=25.0, lon=61.7, uncertainty_km=20
        ),
        category=ThreatCategory.SMUGGLING,
        narrative="A launch without lights carried nine thousand litres of diesel; four men were brought ashore.",
    )


if __name__ == "__main__":
    send(build())
