"""IB: a graded warning from a source known only by its token."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract import vocabulary as voc
from fusionbus.contract.base import Interval
from fusionbus.contract.handling import Handling, Source
from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import ThreatSection
from fusionbus.producers import compose
from fusionbus.producers.script import my_key, send
from fusionbus.producers.tokens import source_token


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="IB",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put voc.Status.ACTUAL for what really happened.
        status=voc.Status.EXERCISE,
        section=ThreatSection(
            expected=Interval(start=now, end=now + timedelta(days=7)),
            target_description="convoys on the Indus Highway",
            confidence=voc.Confidence.LOW,
        ),
        place=Place(province=voc.Province.KHYBER_PAKHTUNKHWA, district="Dera Ismail Khan", uncertainty_km=40),
        category=voc.ThreatCategory.VEHICLE_BOMBING,
        target_sector=voc.TargetSectorCode.DFNSE,
        urgency=voc.Urgency.FUTURE,
        severity=voc.Severity.SEVERE,
        source=Source(
            reliability=voc.Reliability.C,
            credibility=voc.Credibility.POSSIBLY_TRUE,
            nature=voc.NatureOfSource.TOLD,
            source_token=source_token("made-up source 12", key=my_key()),
        ),
        handling=Handling(
            tlp=voc.TLP.AMBER, classification=voc.Classification.SECRET, originator_control=True, mask_source=True
        ),
        narrative="A pick-up is being fitted with tanks in a workshop; the road it is meant for is not yet known.",
        tearline="Convoys south of Dera Ismail Khan: keep distance from parked pick-ups this week.",
    )


if __name__ == "__main__":
    send(build())
