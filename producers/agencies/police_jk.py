"""POLICE-JK: leaflets that recruit, found at a college."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract import vocabulary as voc
from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import SuspiciousActivitySection
from fusionbus.producers import compose
from fusionbus.producers.script import send


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="POLICE-JK",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put voc.Status.ACTUAL for what really happened.
        status=voc.Status.EXERCISE,
        unit="PS Thothal, Mirpur",
        section=SuspiciousActivitySection(activity=voc.SuspiciousActivityCode.RECRUT),
        occurred=now - timedelta(hours=20),
        place=Place(province=voc.Province.AZAD_KASHMIR, district="Mirpur", name="a college hostel"),
        category=voc.ThreatCategory.RECRUITMENT,
        target_sector=voc.TargetSectorCode.EDU,
        narrative="About forty leaflets that call to join a proscribed group lay in the hostel's canteen.",
    )


if __name__ == "__main__":
    send(build())
