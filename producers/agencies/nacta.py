"""NACTA: a national warning before a holiday, for everybody."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract import vocabulary as voc
from fusionbus.contract.base import Interval
from fusionbus.contract.handling import Handling
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.sections import ThreatSection
from fusionbus.producers import compose
from fusionbus.producers.script import send


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="NACTA",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put voc.Status.ACTUAL for what really happened.
        status=voc.Status.EXERCISE,
        section=ThreatSection(
            expected=Interval(start=now, end=now + timedelta(days=10)),
            target_description="processions and large mosques in provincial capitals",
            confidence=voc.Confidence.MODERATE,
            response_types=(voc.ResponseType.PREPARE,),
        ),
        category=voc.ThreatCategory.SUICIDE_BOMBING,
        target_sector=voc.TargetSectorCode.MASS,
        urgency=voc.Urgency.FUTURE,
        severity=voc.Severity.SEVERE,
        handling=Handling(tlp=voc.TLP.GREEN),
        narrative="Several earlier warnings of this month taken together: expect attempts on processions.",
    )


if __name__ == "__main__":
    send(build())
