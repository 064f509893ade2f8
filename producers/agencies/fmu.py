"""FMU: a suspicious-transaction report: cash in pieces below the line; `fusionbus import` sends sheets of them."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract.handling import Handling
from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import FinanceSection, Transaction
from fusionbus.contract.vocabulary import TLP, Classification, EntityType, Province, Status, ThreatCategory
from fusionbus.producers import compose
from fusionbus.producers.script import my_key, send
from fusionbus.producers.tokens import tokenise_entity


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    account = tokenise_entity(EntityType.ACCOUNT, "0001-2345678-01", key=my_key()).token
    return compose.report(
        agency="FMU",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put Status.ACTUAL for what really happened.
        status=Status.EXERCISE,
        section=FinanceSection(
            str_reference="STR-2026-004411",
            suspicion="structuring",
            # Cash that is paid in comes from no account. FIA's script names the same account in an arrest.
            transactions=tuple(
                Transaction(at=now - timedelta(days=day), amount=1_940_000, to_account=account, channel="cash")
                for day in range(1, 5)
            ),
        ),
        category=ThreatCategory.FINANCING,
        place=Place(province=Province.PUNJAB, district="Faisalabad"),
        handling=Handling(tlp=TLP.AMBER, classification=Classification.CONFIDENTIAL),
        narrative="Cash just below what must be reported was paid into one account on four days, each time elsewhere.",
    )


if __name__ == "__main__":
    send(build())
