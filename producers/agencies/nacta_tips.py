"""NACTA-TIPS: a caller's tip, before anybody looked at it."""

from datetime import UTC, datetime

from fusionbus.contract import vocabulary as voc
from fusionbus.contract.handling import Handling, Source
from fusionbus.contract.report import Place, ThreatReport
from fusionbus.contract.sections import TipSection
from fusionbus.producers import compose
from fusionbus.producers.normalise import normalise
from fusionbus.producers.script import my_key, send


def build() -> ThreatReport:
    """The report, made up here."""
    now = datetime.now(UTC)
    return compose.report(
        agency="NACTA-TIPS",
        local_ref=f"{now:%Y-%m-%d}/{now:%H%M%S}",
        # An exercise meets no real traffic. Put voc.Status.ACTUAL for what really happened.
        status=voc.Status.EXERCISE,
        section=TipSection(
            channel="phone",
            caller_token=my_key().token(voc.EntityType.PHONE, normalise(voc.EntityType.PHONE, "0300-0000099")),
            tip_class=voc.TipClassCode.EXPL,
        ),
        place=Place(province=voc.Province.KHYBER_PAKHTUNKHWA, district="Peshawar", name="Ring Road"),
        source=Source(reliability=voc.Reliability.F, nature=voc.NatureOfSource.TOLD),
        handling=Handling(tlp=voc.TLP.AMBER, mask_source=True),
        language="ur-Latn",
        narrative="Ring Road par ek band godown mein raat ko log drum utar rahe hain, badboo bhi aati hai.",
    )


if __name__ == "__main__":
    send(build())
