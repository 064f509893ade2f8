"""NCCIA: an attack on a power company's mail, with its indicators."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract.handling import Handling
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.sections import CyberSection, Indicator
from fusionbus.contract.vocabulary import TLP, Status, TargetSectorCode, ThreatCategory, Weapon
from fusionbus.producers import compose
from fusionbus.producers.script import send


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="NCCIA",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put Status.ACTUAL for what really happened.
        status=Status.EXERCISE,
        section=CyberSection(
            vector="phishing",
            indicators=(
                Indicator(type="domain", value="billing-update.example"),
                Indicator(type="ipv4", value="192.0.2.44"),
                Indicator(type="sha256", value="0" * 64),
            ),
            affected_service="mail of a power distribution company",
            impact="two accounts taken over, reset within the hour",
        ),
        occurred=now - timedelta(hours=8),
        category=ThreatCategory.CYBER,
        weapon=Weapon.MALWARE,
        target_sector=TargetSectorCode.ENRG,
        handling=Handling(tlp=TLP.GREEN),
        narrative="Staff got a bill with a link to a copy of the company's sign-in page; two gave their passwords.",
    )


if __name__ == "__main__":
    send(build())
