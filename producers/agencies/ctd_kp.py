"""CTD-KP: an attack on a check post, told by those who were there."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract import vocabulary as voc
from fusionbus.contract.base import Range
from fusionbus.contract.handling import Source
from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import IncidentSection
from fusionbus.producers import compose
from fusionbus.producers.script import send


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="CTD-KP",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put voc.Status.ACTUAL for what really happened.
        status=voc.Status.EXERCISE,
        section=IncidentSection(course="over", attackers=Range(low=4, high=6)),
        occurred=now - timedelta(minutes=50),
        place=Place(
            province=voc.Province.KHYBER_PAKHTUNKHWA, district="Bannu", name="Mandan check post", lat=33.01, lon=70.63
        ),
        category=voc.ThreatCategory.ARMED_ASSAULT,
        weapon=voc.Weapon.FIREARM,
        target_sector=voc.TargetSectorCode.EMRG,
        severity=voc.Severity.SEVERE,
        certainty=voc.Certainty.OBSERVED,
        source=Source(
            reliability=voc.Reliability.A,
            credibility=voc.Credibility.PROBABLY_TRUE,
            nature=voc.NatureOfSource.WITNESSED,
        ),
        casualties=compose.casualties(killed=1, injured=3, group=voc.CasualtyGroup.POLICE),
        narrative="Four to six men fired on the check post from the fields to the east and fled when it was returned.",
    )


if __name__ == "__main__":
    send(build())
