"""LIAISON-1: what a foreign partner passes on, for named recipients only."""

from datetime import UTC, datetime

from fusionbus.contract import vocabulary as voc
from fusionbus.contract.handling import Handling, Source
from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import ThreatSection
from fusionbus.producers import compose
from fusionbus.producers.script import send


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="LIAISON-1",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put voc.Status.ACTUAL for what really happened.
        status=voc.Status.EXERCISE,
        section=ThreatSection(
            target_description="airline office abroad and, by the same group, offices in Karachi",
            confidence=voc.Confidence.MODERATE,
        ),
        place=Place(province=voc.Province.SINDH, district="Karachi South", uncertainty_km=20),
        category=voc.ThreatCategory.ARMED_ASSAULT,
        target_sector=voc.TargetSectorCode.TRANS,
        source=Source(reliability=voc.Reliability.B, credibility=voc.Credibility.PROBABLY_TRUE),
        handling=Handling(tlp=voc.TLP.RED, releasable_to=("NACTA", "IB", "CTD-SD"), originator_control=True),
        narrative="The group asked a contact for photographs of both offices' entrances.",
    )


if __name__ == "__main__":
    send(build())
