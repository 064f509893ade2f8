"""CTD-PB: a warning of a planned attack, from a source that stays masked."""

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
        agency="CTD-PB",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put voc.Status.ACTUAL for what really happened.
        status=voc.Status.EXERCISE,
        section=ThreatSection(
            expected=Interval(start=now, end=now + timedelta(days=3)),
            target_description="Friday gathering at a shrine in the old city",
            modus_operandi="one attacker on foot, vest",
            confidence=voc.Confidence.MODERATE,
            response_types=(voc.ResponseType.PREPARE, voc.ResponseType.MONITOR),
        ),
        place=Place(province=voc.Province.PUNJAB, district="Lahore", uncertainty_km=15),
        category=voc.ThreatCategory.SUICIDE_BOMBING,
        target_sector=voc.TargetSectorCode.CULTR,
        urgency=voc.Urgency.EXPECTED,
        severity=voc.Severity.EXTREME,
        source=Source(reliability=voc.Reliability.B, source_token=source_token("made-up source 7", key=my_key())),
        handling=Handling(tlp=voc.TLP.AMBER, mask_source=True),
        narrative="A group has asked for the times of the evening prayer and for the width of the side gate.",
        tearline="Shrines in Lahore: watch side gates at evening prayers until further notice.",
    )


if __name__ == "__main__":
    send(build())
