"""CTD-GB: suspicious photographing of a bridge; no person is named, so no justification is needed."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract import vocabulary as voc
from fusionbus.contract.handling import Source
from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import SuspiciousActivitySection
from fusionbus.producers import compose
from fusionbus.producers.script import send


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="CTD-GB",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put voc.Status.ACTUAL for what really happened.
        status=voc.Status.EXERCISE,
        section=SuspiciousActivitySection(activity=voc.SuspiciousActivityCode.PHOTO),
        occurred=now - timedelta(hours=5),
        place=Place(province=voc.Province.GILGIT_BALTISTAN, district="Diamer", name="Raikot bridge"),
        target_sector=voc.TargetSectorCode.TRANS,
        severity=voc.Severity.MINOR,
        source=Source(
            reliability=voc.Reliability.C, credibility=voc.Credibility.POSSIBLY_TRUE, nature=voc.NatureOfSource.TOLD
        ),
        narrative="Two men photographed the bearings of the bridge for twenty minutes and left in a white pick-up.",
    )


if __name__ == "__main__":
    send(build())
