"""FMU: a suspicious-transaction report: one account fed by many."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract.handling import Handling
from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import FinanceSection, Transaction
from fusionbus.contract.vocabulary import TLP, Classification, EntityType, Province, Status, ThreatCategory
from fusionbus.producers import compose
from fusionbus.producers.script import my_key, send


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    key = my_key()

    def account(number: int) -> str:
        return key.token(EntityType.ACCOUNT, f"99000000{number:04}")

    return compose.report(
        agency="FMU",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put Status.ACTUAL for what really happened.
        status=Status.EXERCISE,
        section=FinanceSection(
            str_reference="STR-2026-004411",
            suspicion="fan_in",
            transactions=tuple(
                Transaction(
                    at=now - timedelta(days=day), amount=490_000, from_account=account(day), to_account=account(0)
                )
                for day in range(1, 6)
            ),
        ),
        category=ThreatCategory.FINANCING,
        place=Place(province=Province.PUNJAB, district="Faisalabad"),
        handling=Handling(tlp=TLP.AMBER, classification=Classification.CONFIDENTIAL),
        narrative="Five accounts opened in one week paid amounts just below the reporting limit into a sixth.",
    )


if __name__ == "__main__":
    send(build())
