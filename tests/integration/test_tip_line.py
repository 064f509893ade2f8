"""From the public to an alert: a tip by the form and by mail, the desk, the outbox, the hub, and back by the code."""

import re
import smtplib
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

from fusionbus.contract.codec import encode
from fusionbus.contract.records import ReceiptOutcome
from fusionbus.contract.vocabulary import Province, ThreatCategory
from fusionbus.producers.tips.decisions import Decisions
from fusionbus.producers.tips.queue import TipQueue
from fusionbus.producers.tips.reporting import Judged, accept
from fusionbus.producers.tips.settings import TipSettings
from fusionbus.producers.tokens import demo_key
from running_hub import Bus, running, until
from tip_house import TipHouse, tip_house

pytestmark = pytest.mark.broker

LINE = "NACTA-TIPS"
AGENCIES: dict[str, dict[str, Any]] = {
    LINE: {
        "group": "public",
        "organisation": "NACTA",
        "kinds": ["tip"],
        "clearance": "unclassified",
        "serves": ["CTD-KP"],
    },
    "CTD-KP": {"group": "ctd", "organisation": "KP Police", "provinces": ["PK-KP"], "kinds": ["tip", "incident"]},
}
TOLD = "A white van full of boxes stands behind the old mill in Charsadda, and men say bomb."


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with running(tmp_path_factory.mktemp("bus"), AGENCIES) as running_bus:
        running_bus.start()
        yield running_bus


@pytest.fixture(scope="module")
def house(bus: Bus, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TipHouse]:
    with tip_house(tmp_path_factory.mktemp("tips"), bus.bootstrap) as open_house:
        yield open_house


def mailed(house: TipHouse, text: str) -> str:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Message-ID"] = "somebody@example.pk", "tips@example.pk", "<m1@example.pk>"
    mail.set_content(text)
    with smtplib.SMTP("127.0.0.1", house.mail_port, timeout=30) as server:
        server.ehlo()
        server.mail("somebody@example.pk")
        server.rcpt("tips@example.pk")
        code, said = server.data(mail.as_bytes(policy=SMTP))
    assert code == 250
    return said.decode()


def accept_beside_it(house: TipHouse, *tip_ids: int) -> None:
    """Another process at the same queue, as a second desk is."""
    with closing(TipQueue(TipSettings(home=house.folder / "home"))) as queue:
        judged = Judged(Province.KHYBER_PAKHTUNKHWA, "Charsadda", ThreatCategory.BOMBING)
        for tip_id in tip_ids:
            tip = queue.get(tip_id)
            assert tip is not None
            accept(Decisions(queue), tip, judged, by="Tip desk", now=datetime.now(UTC), key=demo_key())


def test_a_tip_becomes_a_report_an_alert_and_a_receipt_through_a_kill_and_confirms_nothing_by_itself(
    bus: Bus, house: TipHouse
) -> None:
    page = house.tell(text=TOLD, place="Old mill", code="7QK0-9XWD-41MZ")
    assert "7QK0-9XWD-41MZ" in page
    house.kill()
    house.start()
    mailed(house, TOLD.replace("white van", "van that is white"))
    house.tell(text=f"{TOLD} I saw it myself.", place="Old mill")
    listed = house.command("list")
    assert [line.split()[0] for line in listed.splitlines()[:-1]] == ["1", "2", "3"]
    assert listed.count("DANGER") == 3
    words = ("--by", "Tip desk", "--province", "PK-KP", "--district", "Charsadda", "--category", "bombing")
    assert "in the outbox of NACTA-TIPS" in house.command("accept", "1", *words)
    accept_beside_it(house, 2, 3)
    until(lambda: len(bus.receipts_of(LINE)) >= 3, "each tip has its receipt")
    receipts = {receipt.local_ref: receipt for receipt in bus.receipts_of(LINE)}
    outcomes = sorted(receipt.outcome for receipt in receipts.values())
    assert outcomes == sorted([ReceiptOutcome.NEW_INCIDENT, ReceiptOutcome.RELAY, ReceiptOutcome.RELAY])
    assert {receipt.independent_origins for receipt in receipts.values()} == {1}, "three tips of nobody confirm nothing"
    until(lambda: bus.alerts_of("CTD-KP"), "the CTD is told")
    for alert in bus.alerts_of("CTD-KP"):
        assert "Tip desk" not in encode(alert).decode(), "who decided stays at the tip line"


def test_what_waits_is_measured_and_nothing_tells_who_came(house: TipHouse) -> None:
    house.tell(text="Somebody photographs the dam every Friday.")

    def waits() -> bool:
        return re.search(r'fusion_tips_waiting\{age="up to 5 min"\} 1\.0', house.metrics()) is not None

    until(waits, "the waiting tip is counted")
    assert 'fusion_tips_taken_total{kind="email"} 1.0' in house.metrics()
    held = house.log + "".join(
        path.read_bytes().decode("latin-1") for path in Path(house.folder).rglob("*") if path.is_file()
    )
    for trace in ("a rare telephone", "somebody@example.pk", "m1@example.pk"):
        assert trace not in held
    assert "127.0.0.1:" not in house.log.replace(f"{house.url}", "").replace(house.desk_url, "").replace(
        house.bootstrap, ""
    )
