"""PASSPORTS: a traveller at an airport whose passport somebody looks for; `fusionbus import` sends a post's log."""

from datetime import UTC, datetime, timedelta

from fusionbus.contract.handling import Handling
from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import BorderSection
from fusionbus.contract.vocabulary import TLP, Classification, Province, Status
from fusionbus.producers import compose
from fusionbus.producers.script import my_key, send
from fusionbus.producers.tokens import tokenise_person


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="PASSPORTS",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put Status.ACTUAL for what really happened.
        status=Status.EXERCISE,
        unit="Immigration, Islamabad airport",
        section=BorderSection(
            crossing_point="Islamabad airport", direction="in", event="watch_list_hit", counterpart_country="AE"
        ),
        occurred=now - timedelta(minutes=30),
        place=Place(province=Province.ISLAMABAD, district="Islamabad", name="Islamabad airport"),
        persons=(tokenise_person(key=my_key(), name="Kamran Misaal", passport="XX0000007"),),
        handling=Handling(tlp=TLP.AMBER, classification=Classification.CONFIDENTIAL),
        narrative="A traveller's passport stands on the list of lost and stolen documents; he was let wait.",
    )


if __name__ == "__main__":
    send(build())
