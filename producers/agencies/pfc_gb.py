"""PFC-GB: an assessment made out of others' reports, so it names them: it is their echo."""

from datetime import UTC, datetime

from fusionbus.contract import ids
from fusionbus.contract import vocabulary as voc
from fusionbus.contract.handling import Source
from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import ThreatSection
from fusionbus.producers import compose
from fusionbus.producers.script import send


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="PFC-GB",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put voc.Status.ACTUAL for what really happened.
        status=voc.Status.EXERCISE,
        section=ThreatSection(target_description="not yet known", confidence=voc.Confidence.LOW),
        place=Place(province=voc.Province.GILGIT_BALTISTAN, district="Ghizer", uncertainty_km=30),
        category=voc.ThreatCategory.OTHER,
        urgency=voc.Urgency.FUTURE,
        source=Source(
            reliability=voc.Reliability.B,
            credibility=voc.Credibility.POSSIBLY_TRUE,
            nature=voc.NatureOfSource.INDUCED,
            # The ids of the reports it was made from: the hub counts no confirmation where there is none.
            derived_from=(ids.report_id("CTD-GB", "made-up/1"), ids.report_id("POLICE-GB", "made-up/2")),
        ),
        narrative="Two tips and one patrol speak of men asking for the way over the Shandur pass.",
    )


if __name__ == "__main__":
    send(build())
