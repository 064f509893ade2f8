"""RANGERS-PB: an irregular crossing at the eastern border."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import BorderSection
from fusionbus.contract.vocabulary import Certainty, Province, Severity, Status
from fusionbus.producers import compose
from fusionbus.producers.script import send


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="RANGERS-PB",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put Status.ACTUAL for what really happened.
        status=Status.EXERCISE,
        section=BorderSection(direction="in", event="irregular_crossing", counterpart_country="IN"),
        occurred=now - timedelta(hours=5),
        place=Place(province=Province.PUNJAB, district="Kasur", name="near Ganda Singh Wala", uncertainty_km=6),
        severity=Severity.MINOR,
        certainty=Certainty.OBSERVED,
        narrative="Tracks of two persons crossed the fence line before dawn; the search goes on.",
    )


if __name__ == "__main__":
    send(build())
